# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["lab", "lab-newer"]
# facts = ["size", "available", "swap", "runs", "mglru", "kernel"]
# lab = { memory = "512M", swap = "256M", log = ['Out of memory: Killed process'] }
# timeout = 90
# ///
"""With swappiness 0 the kernel may kill while swap is free.

Three times a child fills more memory than the machine has available, with vm.swappiness at 60, at
1 and at 0. Sees how the child ends, who reclaimed, and how much of swap was left.
"""

import mmap
import os
import signal
import time
from pathlib import Path

MiB = 2**20
page = os.sysconf("SC_PAGE_SIZE")
counted = ("pswpout", "pgsteal_kswapd", "pgsteal_direct", "oom_kill")


def read(path, names):
    lines = (line.split() for line in Path(path).read_text().splitlines())
    found = {name.rstrip(":"): int(value) for name, value, *_ in lines}
    return {name: found[name] for name in names}


def meminfo(name):
    return read("/proc/meminfo", [name])[name] * 1024


def fill():
    area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area.madvise(mmap.MADV_NOHUGEPAGE)
    for offset in range(0, size, page):
        area[offset : offset + 8] = offset.to_bytes(8, "little")  # no two pages are alike


def run(swappiness):
    Path("/proc/sys/vm/swappiness").write_text(str(swappiness))
    before, swap_free = read("/proc/vmstat", counted), meminfo("SwapFree")
    child = os.fork()
    if child == 0:
        fill()
        os._exit(0)
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
        time.sleep(0.1)
        swap_free = min(swap_free, meminfo("SwapFree"))
    took = {name: now - before[name] for name, now in read("/proc/vmstat", counted).items()}
    return took | {"end": os.waitstatus_to_exitcode(ended[1]), "swap_free": swap_free}


available, swap = meminfo("MemAvailable"), meminfo("SwapTotal")
size = available + 160 * MiB  # much more than goes out before the kill without these lists
kernel = os.uname().release
mglru = int(Path("/sys/kernel/mm/lru_gen/enabled").read_text(), 16) & 1  # multi-generational lists
print(f"to fill {size // MiB} MiB, available {available // MiB} MiB, swap {swap // MiB} MiB")
print(f"Linux {kernel}, multi-generational LRU lists {'on' if mglru else 'off'}\n")
runs = {str(swappiness): run(swappiness) for swappiness in (60, 1, 0)}
print(
    f"{'swappiness':<12}{'end of child':<14}{'kswapd':>8}{'direct':>8}{'swapped out':>13}", end=""
)
print(f"{'swap left':>13}")
for swappiness, took in runs.items():
    end = signal.Signals(-took["end"]).name if took["end"] else "full"
    print(
        f"{swappiness:<12}{end:<14}{took['pgsteal_kswapd']:8,}{took['pgsteal_direct']:8,}", end=""
    )
    print(f"{took['pswpout']:13,}{took['swap_free'] / MiB:9.0f} MiB")

usual, least, none = runs.values()
missing, left = (size - available) / MiB, none["swap_free"] / MiB
assert missing > 0, f"the child needed {missing:.0f} MiB more than were available"
for swappiness, took in (("60", usual), ("1", least)):
    reclaimed = took["pgsteal_kswapd"] + took["pgsteal_direct"]
    assert took["end"] == 0, (
        f"swappiness {swappiness}: it got all, {reclaimed:,} pages were reclaimed"
    )
    assert took["pswpout"] * page > 0.5 * missing * MiB, f"and {took['pswpout']:,} written to swap"
assert none["oom_kill"] == 1 and none["end"] == -signal.SIGKILL, "swappiness 0: it was killed"
# 80 %: without the multi-generational lists a few pages can go out before the kill.
assert left > 0.8 * swap / MiB, f"with {left:.0f} MiB of {swap / MiB:.0f} MiB of swap free"
