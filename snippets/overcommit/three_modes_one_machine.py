# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["lab", "lab-newer"]
# facts = ["ram", "total", "limit", "asked", "granted", "held", "free", "promised", "after_switch"]
# lab = { memory = "512M", swap = "128M", log = ['__vm_enough_memory: pid: \d+, comm: python3'] }
# timeout = 90
# ///
"""Three modes on one machine refuse three different things.

Makes the same requests in modes 0, 1 and 2 and uses none of the memory. Then changes the mode
while more is promised than the new one allows.
"""

import errno
import mmap
import os
import re
from pathlib import Path

MiB, NORESERVE = 2**20, 0x4000  # Python has mmap.MAP_NORESERVE since 3.13
PRIVATE, WRITE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ | mmap.PROT_WRITE


def meminfo(name):
    return int(re.search(rf"^{name}: +(\d+)", Path("/proc/meminfo").read_text(), re.M)[1]) * 1024


def set_mode(mode):
    Path("/proc/sys/vm/overcommit_memory").write_text(str(mode))


def may(action, *arguments):
    """Whether it is granted; everything but ENOMEM would be a mistake of this program."""
    try:
        result = action(*arguments)
    except OSError as error:
        if error.errno != errno.ENOMEM:
            raise
        return False
    if isinstance(result, mmap.mmap):
        result.close()
    return True


def map_many(size, times):
    areas = [mmap.mmap(-1, size, PRIVATE) for _ in range(times)]
    for area in areas:
        area.close()


def fork():
    if (child := os.fork()) == 0:
        os._exit(0)
    os.waitpid(child, 0)


def spawn():
    os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)  # vfork: nothing is copied


ram, limit = meminfo("MemTotal"), meminfo("CommitLimit")
total, held = ram + meminfo("SwapTotal"), limit * 6 // 10 // MiB * MiB
asked = {
    "half": ("half of CommitLimit", mmap.mmap, -1, limit // 2, PRIVATE),
    "limit": ("CommitLimit", mmap.mmap, -1, limit, PRIVATE),
    "total": ("RAM and swap", mmap.mmap, -1, total, PRIVATE),
    "more": ("RAM, swap and 1 MiB", mmap.mmap, -1, total + MiB, PRIVATE),
    "many": ("10 times RAM, in 10 pieces", map_many, ram, 10),
    "noreserve": ("10 times RAM, MAP_NORESERVE", mmap.mmap, -1, 10 * ram, PRIVATE | NORESERVE),
    "none": ("10 times RAM, PROT_NONE", mmap.mmap, -1, 10 * ram, PRIVATE, 0),
    "fork": (f"hold {held / MiB:.0f} MiB and fork", fork),
    "spawn": (f"hold {held / MiB:.0f} MiB and spawn", spawn),
}
print(f"RAM {ram / MiB:.0f}, RAM and swap {total / MiB:.0f}, CommitLimit {limit / MiB:.0f} MiB\n")
print(f"{'':<30}mode 0  mode 1  mode 2")
granted, free = {}, 0
for name, (what, action, *arguments) in asked.items():
    granted[name] = []
    area = mmap.mmap(-1, held, PRIVATE) if action in (fork, spawn) else None
    for mode in (0, 1, 2):
        set_mode(mode)
        granted[name].append(may(action, *arguments))
        free = meminfo("MemFree") if name == "fork" else free
    set_mode(0)
    area = None  # unmapped
    print(f"{what:<30}" + "  ".join(f"{('ENOMEM', 'yes')[yes]:<6}" for yes in granted[name]))
asked = {name: what for name, (what, *_) in asked.items()}
area = mmap.mmap(-1, total, PRIVATE)
set_mode(2)
promised, after_switch = meminfo("Committed_AS"), may(mmap.mmap, -1, MiB, PRIVATE)
area[0] = 1  # what was promised stays usable
set_mode(0)  # or this program could get nothing more itself
print(f"\nMode 2 with {promised / MiB:.0f} MiB promised: 1 MiB more is refused, the old stays")

alike = [name for name in granted if granted[name] == [True, True, True]]
strict = [name for name in granted if granted[name] == [True, True, False]]
assert set(alike) == {"half", "none", "spawn"}, f"granted in each mode: {', '.join(alike)}"
assert granted["more"] == [False, True, False], "one request above RAM and swap: in mode 1 only"
assert set(strict) == {"limit", "total", "many", "noreserve", "fork"}, (
    f"refused in mode 2 only: {', '.join(strict)}"
)
assert free > held and not granted["fork"][2], (
    f"a fork is refused to who holds {held / MiB:.0f} MiB, with {free / MiB:.0f} MiB of RAM free"
)
assert promised > limit and not after_switch, (
    f"{promised / MiB:.0f} MiB stay promised where the limit is {limit / MiB:.0f} MiB"
)
