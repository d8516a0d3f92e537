# /// script
# requires-python = ">=3.11"
# [tool.live]
# facts = ["rows", "max_map_count", "machine", "mode"]
# timeout = 90
# ///
"""Each cause of ENOMEM shows in a file that can be read from outside.

Five children run into one limit each and wait. For each the parent finds the cause from what /proc
says and from what was asked for. No limit of this process or of the machine is changed.
"""

import errno
import mmap
import os
import re
import resource
import signal
from pathlib import Path

MiB, HUGETLB = 2**20, 0x40000
page, PRIVATE = os.sysconf("SC_PAGE_SIZE"), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
vm = Path("/proc/sys/vm")
max_map_count, mode = (int((vm / n).read_text()) for n in ("max_map_count", "overcommit_memory"))


def kib(path, name):
    found = re.search(rf"^{name}:\s+(\d+)", Path(path).read_text(), re.M)
    return int(found[1]) * 1024 if found else 0


machine = kib("/proc/meminfo", "MemTotal") + kib("/proc/meminfo", "SwapTotal")


def leave(limit, size):
    """Lowers a limit of this process to what it has and this much more."""
    name = {resource.RLIMIT_AS: "VmSize", resource.RLIMIT_DATA: "VmData"}[limit]
    resource.setrlimit(limit, (kib("/proc/self/status", name) + size,) * 2)


def map_one(size, flags):
    held.append(mmap.mmap(-1, size, flags))


def map_many(size, flags):
    """Neighbours with different rights cannot become one mapping."""
    rights = mmap.PROT_READ, mmap.PROT_READ | mmap.PROT_EXEC
    for number in range(max_map_count + 1):
        held.append(mmap.mmap(-1, size, flags, rights[number % 2]))


def child(before, ask, *arguments):
    """Starts it, and returns its number and the error that it met."""
    (answers, answer), pid = os.pipe(), os.fork()
    if pid == 0:
        before()
        try:
            ask(*arguments)
            met = 0
        except OSError as error:
            met = error.errno
        os.write(answer, b"%d" % met)
        signal.pause()
    return pid, int(os.read(answers, 10))


def diagnose(pid, size, flags):
    """The cause, in the order in which it is cheap to look."""
    proc = Path(f"/proc/{pid}")
    limits = dict(re.findall(r"^Max (.+?)  +(\w+)", (proc / "limits").read_text(), re.M))
    top = {name: int(n) if n.isdigit() else 2**63 for name, n in limits.items()}
    if kib(proc / "status", "VmSize") + size > top["address space"]:
        return "RLIMIT_AS"
    if kib(proc / "status", "VmData") + size > top["data size"]:
        return "RLIMIT_DATA"
    if (proc / "maps").read_text().count("\n") >= max_map_count - 2:
        return "max_map_count"
    if flags & HUGETLB:
        return "pool of huge pages"
    return "more than RAM and swap" if size > machine else f"mode {mode}"


address_space, data, held = resource.RLIMIT_AS, resource.RLIMIT_DATA, []
huge = machine // (2 * MiB) * 2 * MiB
cases = {  # the cause that is arranged: how, and what is then asked for
    "RLIMIT_AS": (lambda: leave(address_space, 64 * MiB), map_one, 128 * MiB, PRIVATE),
    "RLIMIT_DATA": (lambda: leave(data, 64 * MiB), map_one, 128 * MiB, PRIVATE),
    "max_map_count": (lambda: None, map_many, page, PRIVATE),
    "pool of huge pages": (lambda: None, map_one, huge, PRIVATE | HUGETLB),
    "more than RAM and swap": (lambda: None, map_one, 2**62, PRIVATE),
}
if not kib("/proc/meminfo", "Hugepagesize"):
    del cases["pool of huge pages"]  # a kernel without them
print(f"{'arranged':<24}{'error':<8}{'VmSize, MiB':>12}{'mappings':>10}  found")
rows = {}
for cause, (before, ask, size, flags) in cases.items():
    pid, met = child(before, ask, size, flags)
    maps = Path(f"/proc/{pid}/maps").read_text().count("\n")
    error, vsz = errno.errorcode.get(met, "none"), kib(f"/proc/{pid}/status", "VmSize")
    rows[cause] = {"error": error, "found": diagnose(pid, size, flags), "mappings": maps}
    print(f"{cause:<24}{error:<8}{vsz / MiB:12.1f}{maps:10,}  {rows[cause]['found']}")
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)

for cause, row in rows.items():
    told = row["error"], row["found"]
    assert told == ("ENOMEM", cause), f"arranged: {cause}; met: {told[0]}; found: {told[1]}"
count = rows["max_map_count"]["mappings"]
# mmap allows one more, and x86 lists [vsyscall], which is no mapping of the process.
assert abs(count - max_map_count) <= 2, f"refused with {count:,} mappings of {max_map_count:,}"
