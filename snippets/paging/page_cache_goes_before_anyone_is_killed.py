# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
#
# [tool.live]
# host = "lab"
# facts = ["size", "wanted", "pages", "before", "after", "calm", "filling", "missed", "timeline"]
# lab = { memory = "384M", disk = "384M", cmdline = "psi=1" }
# timeout = 90
# ///
"""The page cache goes before anyone is killed, and then it is missed.

Writes a file of 256 MiB, which leaves little free, and then fills what is available but 16 MiB, on
a machine without swap. Before and after it reads a part of the file three times.
"""

import mmap
import os
import re
from pathlib import Path

MiB = 2**20
page, size, part = os.sysconf("SC_PAGE_SIZE"), 256 * MiB, 48 * MiB
timeline = []


def numbers(path, wanted):
    found = re.findall(rf"^({wanted}):?\s+(\d+)", Path(path).read_text(), re.M)
    return {name: int(value) for name, value in found}


def meminfo():
    found = numbers("/proc/meminfo", "MemFree|MemAvailable|Cached|AnonPages")
    return {name: kib * 1024 for name, kib in found.items()}


def counters():
    """Pages taken back, pages of files read again, kills, and microseconds that somebody waited."""
    wanted = "pgsteal_kswapd|pgsteal_direct|workingset_refault_file|oom_kill"
    waited = re.search(r"some .*total=(\d+)", Path("/proc/pressure/memory").read_text())[1]
    return numbers("/proc/vmstat", wanted) | {"waited_us": int(waited)}


def counted(action):
    start = counters()
    action()
    return {name: now - start[name] for name, now in counters().items()}


def read_part():
    with open("/disk/file", "rb", buffering=0) as file:
        for start in range(0, 3 * part, MiB):
            file.seek(start % part)
            file.read(MiB)


def fill():
    for offset in range(0, wanted, page):
        area[offset] = 1
        if offset % (4 * MiB) == 0:
            timeline.append(meminfo())


# region file
with open("/disk/file", "wb", buffering=0) as file:
    for _ in range(size // MiB):
        file.write(bytes(MiB))
    os.fsync(file.fileno())
read_part()
calm, before = counted(read_part), meminfo()
wanted = before["MemAvailable"] - 16 * MiB
area = mmap.mmap(-1, wanted, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
area.madvise(mmap.MADV_NOHUGEPAGE)
filling, after = counted(fill), meminfo()
missed = counted(read_part)
# endregion

print(f"{'MiB':<26}{'before':>10}{'after':>10}")
for name in before:
    print(f"{name:<26}{before[name] / MiB:10.0f}{after[name] / MiB:10.0f}")
print(f"\n{'':<26}{'read':>10}{'fill':>10}{'read':>10}")
for name in calm:
    print(f"{name:<26}{calm[name]:10,}{filling[name]:10,}{missed[name]:10,}")


def draw(timeline):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5.6, 3), layout="constrained")
    colours = {"AnonPages": "#2a78b5", "Cached": "#3a9d5d", "MemFree": "#7f8c8d"}
    for name, end in (("AnonPages", -1), ("Cached", 0), ("MemFree", -1)):
        line, side = [now[name] / 2**20 for now in timeline], "right" if end else "left"
        axes.plot(line, color=colours[name])
        axes.text(end % len(line), line[end] + 9, name, color=colours[name], ha=side)
    axes.set(xlabel="filled, in steps of 4 MiB", ylabel="MiB", ylim=(-3, 350))
    said = (f"{name} {timeline[0][name] >> 20} to {timeline[-1][name] >> 20}" for name in colours)
    figure.set_label(f"While memory is filled, in MiB: {', '.join(said)}.")


free, cache = before["MemFree"] / MiB, (before["Cached"] - after["Cached"]) / MiB
taken, pages = filling["pgsteal_kswapd"] + filling["pgsteal_direct"], part // page
again = calm["workingset_refault_file"], missed["workingset_refault_file"]
assert wanted > 5 * free * MiB, f"{wanted / MiB:.0f} MiB were filled while {free:.0f} MiB were free"
assert filling["oom_kill"] == 0, f"nobody was killed: {taken:,} pages were taken back instead"
assert cache > 0.85 * wanted / MiB, f"Cached fell by {cache:.0f} MiB"  # some had been free
assert again[0] < pages // 4, (
    f"before, reading {pages:,} pages thrice had {again[0]:,} to read anew"
)
assert again[1] > pages, f"and after it {again[1]:,}, as they had been dropped"
assert missed["waited_us"], f"somebody waited {missed['waited_us'] / 1000:.0f} ms for these"
