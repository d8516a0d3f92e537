# /// script
# requires-python = ">=3.11"
# dependencies = []
# [tool.live]
# host = "lab"
# facts = ["unit", "unit_bytes", "rounds"]
# lab = { memory = "256M", log = ['Killed process \d+ \(small\).* oom_score_adj:500'] }
# timeout = 60
# ///
"""Each point of oom_score_adj weighs a thousandth of RAM and swap; -1000 alone protects.

Three processes of different sizes hold memory, and this one takes the rest until one of them is
killed. Five rounds, with other oom_score_adj; the badness is computed from the kernel's own report.
"""

import contextlib
import mmap
import os
import re
import signal
from pathlib import Path

MiB, page = 2**20, os.sysconf("SC_PAGE_SIZE")
log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
never = dict.fromkeys(("big", "middle", "small", "asking"), -1000)
adjusted = {
    "all 0": {},
    "small +500": {"small": 500},
    "big -500": {"big": -500},
    "others -1000": never | {"small": 0},
    "big -999, others -1000": never | {"big": -999},
}


def numbers(file):
    found = re.findall(r"^(\w+):?\s+(\d+)", Path(file).read_text(), re.M)
    return {name: int(number) for name, number in found}


meminfo = numbers("/proc/meminfo")
free, total = meminfo["MemAvailable"] * 1024, meminfo["MemTotal"] * 1024 // page
unit = total // 1000  # pages; the kernel, too, divides first
unit_bytes = unit * page


def memory(size):
    area = mmap.mmap(-1, int(size), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area.madvise(mmap.MADV_NOHUGEPAGE)
    for offset in range(0, len(area), page):
        area[offset] = 1
    return area


def hold(name, size):
    (ready, told), child = os.pipe(), os.fork()
    if child == 0:
        Path("/proc/self/comm").write_text(name)
        _kept = memory(size)
        os.write(told, b"1")
        signal.pause()
    os.read(ready, 1)
    return child


# region report
def report():
    """The tasks in the kernel's report, with their badness, and who it says was killed."""
    text, tasks = "", {}
    with contextlib.suppress(BlockingIOError):  # at the end of the log
        while True:
            text += os.read(log, 8192).decode().partition(";")[2]
    for row in re.findall(r"^\[ *\d+\] (.+)", text, re.MULTILINE):
        _, _, _, rss, *_, tables, swap, adj, name = row.split()
        points = int(rss) + int(swap) + int(tables) // page + int(adj) * unit
        tasks[name] = None if adj == "-1000" else points
    return tasks, re.search(r"Killed process \d+ \((.+?)\)", text)[1]


# endregion
def play(adj):
    children = {"big": hold("big", 0.42 * free), "middle": hold("middle", 0.34 * free)}
    children["small"] = hold("small", 6 * MiB)
    for name, pid in (children | {"asking": os.getpid()}).items():
        Path(f"/proc/{pid}/oom_score_adj").write_text(str(adj.get(name, 0)))
    kills, mine = numbers("/proc/vmstat")["oom_kill"], []
    while numbers("/proc/vmstat")["oom_kill"] == kills:
        mine.append(memory(MiB // 4))
    del mine
    for pid in children.values():
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return report()


rounds = {}
Path("/proc/self/comm").write_text("asking")
os.lseek(log, 0, os.SEEK_END)
print(f"{'badness in pages':<24}" + "".join(f"{name:>9}" for name in never) + "  killed")
for what, adj in adjusted.items():
    tasks, killed = play(adj)
    rounds[what] = {"badness": tasks, "killed": killed}
    cells = ("never" if tasks[name] is None else f"{tasks[name]:,}" for name in never)
    print(f"{what:<24}" + "".join(f"{cell:>9}" for cell in cells) + f"  {killed}")
print(f"1 point of oom_score_adj is {unit} pages, or {unit_bytes // 1024} KiB")

for what, played in rounds.items():
    most, name = max((points, name) for name, points in played["badness"].items() if points)
    assert played["killed"] == name, f"{what}: {name} had {most:,} pages; {played['killed']} died"
