# /// script
# requires-python = ">=3.11"
# dependencies = []
# [tool.live]
# host = ["lab", "lab-newer"]
# facts = ["tasks", "points", "columns", "zones", "lines", "total", "rss_bytes"]
# lab = { memory = "256M", swap = "32M", log = ['invoked oom-killer', 'oom-kill:constraint='] }
# timeout = 60
# ///
"""What an out-of-memory report says agrees with what the run that caused it knew.

A process of user 1000 holds private, shared and swapped memory, and this one takes the rest until
the kernel kills. Then reads the kernel's report, and compares it with what /proc said before.
"""

import contextlib
import mmap
import os
import re
import signal
from pathlib import Path

MiB, page = 2**20, os.sysconf("SC_PAGE_SIZE")
PAGEOUT, LOCKED = 21, 0x2000  # of madvise(2) and mmap(2); Python lacks the names
log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)


def numbers(file):
    found = re.findall(r"^(\w+):?\s+(\d+)", Path(file).read_text(), re.MULTILINE)
    return {name: int(number) for name, number in found}


def memory(size, kind=mmap.MAP_PRIVATE):
    area = mmap.mmap(-1, int(size), flags=kind | mmap.MAP_ANONYMOUS)
    area.madvise(mmap.MADV_NOHUGEPAGE)
    for offset in range(0, len(area), page):
        area[offset] = 1
    return area


def find(pattern):
    found = re.search(pattern, text, re.MULTILINE).groups()
    return [int(part) if part.isdigit() else part for part in found]


# region run
def hog():
    Path("/proc/self/comm").write_text("hog")
    Path("/proc/self/oom_score_adj").write_text("100")
    _locked = memory(8 * MiB, mmap.MAP_SHARED | LOCKED)  # in swap it would be in no number
    os.setuid(1000)
    old = memory(12 * MiB)
    old.madvise(PAGEOUT)
    _half = memory(meminfo["MemAvailable"] * 1024 / 2)
    os.write(told, b"1")
    signal.pause()


Path("/proc/self/comm").write_text("asking")
meminfo = numbers("/proc/meminfo")
(ready, told), child = os.pipe(), os.fork()
if child == 0:
    hog()
os.read(ready, 1)
kills, mine = numbers("/proc/vmstat")["oom_kill"], []
while True:
    now = numbers(f"/proc/{child}/status")
    if numbers("/proc/vmstat")["oom_kill"] > kills:
        break
    run = now
    mine.append(memory(MiB // 4))
# endregion
# region report
text, tasks, points = "", {}, {}
with contextlib.suppress(BlockingIOError):  # at the end of the log
    while True:
        text += os.read(log, 8192).decode().partition(";")[2]
text = re.search(r"^.* invoked oom-killer[\s\S]*?Killed process.*", text, re.MULTILINE)[0]
asked, order = find(r"^(\w+) invoked oom-killer: .*order=(\d+)")
zone = r"Node 0 (\w+) free:(\d+)kB .*?high:(\d+)kB .*\nlowmem_reserve\[\]:.* (\d+) \d+$"
zones = {
    name: [int(free), int(high) + int(reserve) * page // 1024]
    for name, free, high, reserve in re.findall(zone, text, re.MULTILINE)
}
ram, reserved = find(r"^(\d+) pages RAM\n(?:.*\n)+?(\d+) pages reserved")
total = ram - reserved + find(r"Total swap = (\d+)kB")[0] * 1024 // page
columns = find(r"^\[  pid  \] +(.*) name$")[0].split()
for row in re.findall(r"^\[ *\d+\] (.*)", text, re.MULTILINE):
    *values, name = row.split()
    task = tasks[name] = dict(zip(columns, map(int, values), strict=True))
    points[name] = task["rss"] + task["swapents"] + task["pgtables_bytes"] // page
    points[name] += task["oom_score_adj"] * (total // 1000)
chosen, uid = find(r"constraint=CONSTRAINT_NONE,.*,global_oom,.*,task=(\w+),pid=\d+,uid=(\d+)$")
kib = find(r"Killed process \d+ \(hog\) .*anon-rss:(\d+)kB, file-rss:(\d+)kB, shmem-rss:(\d+)kB")
# endregion
lines, rss_bytes = len(text.splitlines()), tasks["hog"]["rss"] * page
for name, (kept, wanted) in zones.items():  # counted while the report is written, so not claimed
    print(f"zone {name}: {kept:,} KiB free; the last try wanted more than {wanted:,}")
print(f"{lines} lines. {asked} asked for {2**order} page; {chosen}, of uid {uid}, was chosen")
print(f"points, with {total:,} pages in all:", "; ".join(f"{n} {p:,}" for n, p in points.items()))

known = (meminfo["MemTotal"] + meminfo["SwapTotal"]) * 1024 // page
assert total == known, f"RAM, less reserved, with swap: {total:,} pages, as in /proc/meminfo"
most = max(points, key=points.get)
assert chosen == most, f"{most} had most points, {points[most]:,}; chosen was {chosen}"
# hog waits, so its pages can only leave; private ones go to swap, even as this is written: 1 MiB.
private, said = run["RssAnon"] + run["VmSwap"], kib[0] + tasks["hog"]["swapents"] * page // 1024
assert abs(said - private) <= 1024, f"RssAnon, VmSwap were {private:,} KiB; the report: {said:,}"
for part, said in zip(("RssFile", "RssShmem"), kib[1:], strict=True):
    assert abs(said - run[part]) <= 128, f"{part} was {run[part]:,} KiB; the report: {said:,}"
