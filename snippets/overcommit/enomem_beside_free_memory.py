# /// script
# requires-python = ">=3.11"
# [tool.live]
# host = ["build", "lab"]
# facts = ["mode", "errors", "available", "asked", "survived", "mappings", "map_limit", "total"]
# timeout = 60
# ///
"""Three limits answer Cannot allocate memory while memory is available.

Runs into a limit of its own address space, into the number of mappings and into the size of the
machine. Each time compares what is in use with the limit, and goes on. Uses 16 MiB.
"""

import ctypes
import errno
import mmap
import os
import re
import resource
from pathlib import Path

MiB, PAGE = 2**20, os.sysconf("SC_PAGE_SIZE")
PRIVATE, asked = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 64 * MiB
libc, vm = ctypes.CDLL(None, use_errno=True), Path("/proc/sys/vm")
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
mode, map_limit = (int((vm / name).read_text()) for name in ("overcommit_memory", "max_map_count"))


def meminfo(name):
    return int(re.search(rf"^{name}: +(\d+)", Path("/proc/meminfo").read_text(), re.M)[1]) * 1024


def may_map(size):
    """0 if it is granted, otherwise errno."""
    try:
        mmap.mmap(-1, size, PRIVATE).close()
    except OSError as error:
        return error.errno
    return 0


def note(cause, error, what, used, limit):
    errors[cause], available[cause] = error, meminfo("MemAvailable")
    said = os.strerror(error) if error else "granted"
    row = f"{cause:<15}{what:>14}{used:>11}{limit:>12}{available[cause] / MiB:>11,.0f} MiB  {said}"
    print(row)


def split(size):
    """Makes every second page readable: each is a mapping then, and so is what is between."""
    area = libc.mmap(None, size, 0, PRIVATE, -1, 0)  # without any right: nothing is promised
    for page in range(area + PAGE, area + size - PAGE, 2 * PAGE):
        if libc.mprotect(page, PAGE, mmap.PROT_READ):
            return ctypes.get_errno()
    return 0


errors, available = {}, {}
print(f"{'refused by':<15}{'asked for':>14}{'in use':>11}{'limit':>12}{'available':>15}")
soft, hard = resource.getrlimit(resource.RLIMIT_AS)
size = int(Path("/proc/self/statm").read_text().split()[0]) * PAGE
limit = size + asked // 2
resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
error, survived = may_map(asked), ""
try:
    bytearray(asked)
except MemoryError as raised:  # what Python makes of NULL from malloc
    survived = type(raised).__name__
less = len(bytearray(asked // 4))
note("RLIMIT_AS", error, f"{asked // MiB} MiB", f"{size // MiB} MiB", f"{limit // MiB} MiB")
resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
again = may_map(asked)
mappings, room = 0, (map_limit + 16) * PAGE
counted = map_limit <= 300_000 and not 0 <= soft < size + 2 * room  # more would take too long
if counted:
    (wait, go), (answers, answer) = os.pipe(), os.pipe()
    if os.fork() == 0:  # it is looked at from outside: it has no mapping to spare
        os.close(go)
        os.write(answer, b"%d %d" % (os.getpid(), split(room)))
        os.read(wait, 1)
        os._exit(0)
    child, error = map(int, os.read(answers, 99).split())
    maps = Path(f"/proc/{child}/maps").read_text().splitlines()
    mappings = sum("[vsyscall]" not in line for line in maps)  # that one is not the process's
    note("max_map_count", error, "one more", f"{mappings:,}", f"{map_limit:,}")
    os.close(go)
    os.wait()
# sysconf asks the kernel; in some containers /proc/meminfo is made to say less.
total = max(os.sysconf("SC_PHYS_PAGES") * PAGE, meminfo("MemTotal")) + meminfo("SwapTotal")
error = may_map(2 * total)
note("RAM and swap", error, f"{2 * total // MiB:,} MiB", "any", f"{total // MiB:,} MiB")
print(f"\nThe last one in vm.overcommit_memory={mode}")

free, machine = available["RLIMIT_AS"], errors["RAM and swap"]
assert errors["RLIMIT_AS"] == errno.ENOMEM and free > asked, (
    f"RLIMIT_AS refuses {asked / MiB:.0f} MiB beside {free / MiB:,.0f} MiB available"
)
assert survived, f"Python got {survived}, then {less / MiB:.0f} MiB, and went on"
assert not again, "with the limit as it was before the same request is granted"
if counted:  # one change of rights may need two more, so the last may stop short of the limit
    assert errors["max_map_count"] == errno.ENOMEM and abs(mappings - map_limit) <= 2, (
        f"with {mappings:,} mappings, where {map_limit:,} may be, another one is refused"
    )
# Mode 1 refuses no promise, but RLIMIT_AS does in each mode.
assert machine == (0 if mode == 1 and soft < 0 else errno.ENOMEM), (
    f"twice RAM and swap at once: {'refused' if machine else 'granted'} in mode {mode}"
)
