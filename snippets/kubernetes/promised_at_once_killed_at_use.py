# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["lab", "lab-newer"]
# facts = ["ram", "asked", "limit", "sum_of_limits", "modes", "touched", "events", "peak", "left"]
# lab = { memory = "512M", log = ['Memory cgroup out of memory: Killed process'] }
# timeout = 90
# ///
"""A promise is granted at once; a container's limit is met at use.

Asks the kernel for ten times the RAM in modes 0 and 1 of vm.overcommit_memory. Then, in mode 1 as
on a Kubernetes node, asks for 256 MiB in a control group with memory.max at 64 MiB and uses them.
"""

import contextlib
import errno
import mmap
import os
import signal
from pathlib import Path

MiB, PAGE = 2**20, os.sysconf("SC_PAGE_SIZE")
groups, mode = Path("/sys/fs/cgroup"), Path("/proc/sys/vm/overcommit_memory")
ram, limit, asked = os.sysconf("SC_PHYS_PAGES") * PAGE, 64 * MiB, 256 * MiB


def ask(size):
    """Only promised: no page of it is there until somebody uses it."""
    area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with contextlib.suppress(OSError):  # a kernel without transparent huge pages
        area.madvise(mmap.MADV_NOHUGEPAGE)
    return area


def answer(size):
    try:
        ask(size).close()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "granted"


def container(name, limit):
    group = groups / name
    group.mkdir()
    (group / "memory.max").write_text(str(limit))
    return group


def keys(path):
    return {key: int(value) for key, value in map(str.split, path.read_text().splitlines())}


# region promise
modes = {}
for value in ("0", "1"):
    mode.write_text(value)
    modes[value] = answer(10 * ram)
# endregion

# region limits
small = container("small", limit)
pods = [small, *(container(f"idle-{number}", ram // 2) for number in (1, 2, 3))]
sum_of_limits = sum(int((group / "memory.max").read_text()) for group in pods)
# endregion

# region use
told, tell = os.pipe()
child = os.fork()
if child == 0:
    (small / "cgroup.procs").write_text("0")
    area = ask(asked)
    os.write(tell, b"granted".ljust(8))
    for offset in range(0, asked, PAGE):
        area[offset] = 1
        if offset % MiB == 0:
            os.write(tell, offset.to_bytes(8, "little"))
    os._exit(0)
os.close(tell)
first, *offsets = iter(lambda: os.read(told, 8), b"")
end = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
touched = int.from_bytes(offsets[-1], "little") if offsets else 0
# endregion
events, peak = keys(small / "memory.events"), int((small / "memory.peak").read_text())
meminfo = Path("/proc/meminfo").read_text()
left = int(meminfo.split("MemAvailable:")[1].split()[0]) * 1024

print(f"RAM of the node                {ram / MiB:8.0f} MiB")
for value, said in modes.items():
    print(f"promise of {10 * ram / MiB:,.0f} MiB, mode {value}  {said:>8}")
print(f"limits of four containers      {sum_of_limits / MiB:8.0f} MiB")
print(f"\nin the one with a limit of {limit / MiB:.0f} MiB:")
print(f"promise of {asked / MiB:.0f} MiB            {first.decode():>11}")
print(f"used when it ended             {touched / MiB:8.0f} MiB, by {signal.Signals(-end).name}")
print(f"its control group              {peak / MiB:8.1f} MiB at most, {events}")
print(f"available on the node          {left / MiB:8.0f} MiB")

assert modes["0"] == "ENOMEM", f"mode 0 refused one promise of {10 * ram / MiB:,.0f} MiB"
assert modes["1"] == "granted", f"mode 1 granted it, with {ram / MiB:.0f} MiB of RAM"
assert sum_of_limits > ram, f"limits may add up to {sum_of_limits / ram:.2f} times the RAM"
assert first.strip() == b"granted", (
    f"{asked / MiB:.0f} MiB were promised under a limit of a quarter"
)
assert end == -signal.SIGKILL, f"use of them ended in SIGKILL, at {touched / MiB:.0f} MiB"
assert events["oom_kill"] == 1, "by the kernel, on account of the control group alone"
assert peak <= limit, f"it never held more than {peak / MiB:.1f} MiB"
assert left > 2 * limit, f"though {left / MiB:.0f} MiB were available on the node"
