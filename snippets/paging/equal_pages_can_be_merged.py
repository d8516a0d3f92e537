# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
#
# [tool.live]
# host = "lab"
# facts = ["size", "pages", "most", "steps"]
# lab = { memory = "384M" }
# timeout = 60
# ///
"""Equal pages can be merged, and RSS does not show it.

Fills 32 MiB, one half with pages that are all alike. Starts KSM, offers the memory to it, writes
to half of what was merged and takes the offer back. Reads RSS and PSS after each step.
"""

import ctypes
import mmap
import os
import re
import time
from pathlib import Path

MiB = 2**20
page, size = os.sysconf("SC_PAGE_SIZE"), 32 * MiB
pages, ksm, steps = size // page, Path("/sys/kernel/mm/ksm"), {}
most = int((ksm / "max_page_sharing").read_text())


def look(step):
    smaps = Path("/proc/self/smaps").read_text()
    block = smaps.partition(f"\n{address:08x}-")[2].partition("VmFlags:")[0]
    sizes = {name: int(kib) * 1024 for name, kib in re.findall(r"^(Rss|Pss):\s+(\d+)", block, re.M)}
    counts = {name: int((ksm / name).read_text()) for name in ("pages_shared", "pages_sharing")}
    steps[step] = sizes | counts


def wait():
    """Give the merging thread time for two rounds; pages must stay equal from one to the next."""
    end = time.monotonic() + 20
    while (ksm / "pages_sharing").read_text() == "0\n" and time.monotonic() < end:
        time.sleep(0.1)
    before = -1
    while before != (before := int((ksm / "pages_sharing").read_text())):
        time.sleep(1)


# region merge
area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
address = ctypes.addressof(ctypes.c_char.from_buffer(area))
area.madvise(mmap.MADV_DONTDUMP)  # keeps its neighbours from becoming one mapping with it
area.madvise(mmap.MADV_NOHUGEPAGE)
for offset in range(0, size, page):
    area[offset : offset + 8] = (7 if offset < size // 2 else offset).to_bytes(8, "little")
look("filled")
for name, value in (("pages_to_scan", 5000), ("sleep_millisecs", 20), ("run", 1)):
    (ksm / name).write_text(str(value))
time.sleep(1)
look("runs")
area.madvise(mmap.MADV_MERGEABLE)
wait()
look("offered")
for offset in range(0, size // 4, page):
    area[offset] = 1
look("written")
area.madvise(mmap.MADV_UNMERGEABLE)
look("ended")
# endregion

print(f"{'':<14}{'RSS MiB':>9}{'PSS MiB':>9}{'pages_shared':>14}{'pages_sharing':>15}")
for step, now in steps.items():
    sizes = f"{now['Rss'] / MiB:9.1f}{now['Pss'] / MiB:9.1f}"
    print(f"{step:<14}{sizes}{now['pages_shared']:14,}{now['pages_sharing']:15,}")


def draw(steps):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5.6, 2.6), layout="constrained")
    said = []
    for name, colour, above in (("Rss", "#7f8c8d", 1.2), ("Pss", "#e0892b", -4)):
        heights = [now[name] / 2**20 for now in steps.values()]
        axes.plot(list(steps), heights, color=colour, marker="o")
        axes.text(2, heights[2] + above, name.upper(), color=colour, ha="center")
        said.append(f"{name.upper()}: {', '.join(f'{height:.0f}' for height in heights)}")
    axes.set(ylabel="MiB", ylim=(0, 38))
    figure.set_label(f"In MiB, by step: {', '.join(steps)}. {'. '.join(said)}.")


filled, runs, offered, written, ended = steps.values()
merged, some = offered["pages_shared"] + offered["pages_sharing"], pages // 50
assert runs["pages_sharing"] == 0, "KSM alone merged nothing: nobody had offered anything"
assert abs(merged - pages // 2) < some, f"of {pages:,} pages offered, {merged:,} were merged"
kept, copies = offered["pages_shared"], -(-merged // most)
assert kept <= copies + 1, f"into {kept}, as one page stands for {most} at most"
for name, want in (("Rss", size), ("Pss", size // 2)):
    assert abs(offered[name] - want) < 0.02 * size, f"{name}: {offered[name] / MiB:.1f} MiB"
back = written["Pss"] - offered["Pss"]
assert abs(back - size / 4) < 0.02 * size, (
    f"writing to {size / 4 / MiB:.0f} MiB of them took {back / MiB:.1f} MiB"
)
assert ended["Pss"] > 0.98 * size, f"without the offer PSS was {ended['Pss'] / MiB:.1f} MiB again"
