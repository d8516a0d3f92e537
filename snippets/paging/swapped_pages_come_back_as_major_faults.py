# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
#
# [tool.live]
# host = "lab"
# facts = ["size", "pages", "steps", "timeline"]
# lab = { memory = "512M", swap = "256M" }
# timeout = 90
# ///
"""Pages go to swap unnoticed and come back as major faults.

A child fills 48 MiB. Its control group is told to give up memory until that is in swap, then the
child reads it, first with readahead from swap and then, swapped out again, without.
"""

import contextlib
import mmap
import os
import re
from pathlib import Path

MiB = 2**20
page, size, part = os.sysconf("SC_PAGE_SIZE"), 48 * MiB, 8 * MiB
pages, group = size // page, Path("/sys/fs/cgroup/sleeper")
steps, timeline = {}, []


def look():
    """RSS, swap and faults of the child, and the pages that the machine has swapped."""
    text = Path(f"/proc/{child}/status").read_text() + Path("/proc/vmstat").read_text()
    found = dict(re.findall(r"^(VmRSS|VmSwap|pswpin|pswpout):?\s+(\d+)", text, re.M))
    rss, swap, read, written = map(int, found.values())
    faults = int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[9])
    timeline.append({"RSS": rss * 1024, "swap": swap * 1024})
    return timeline[-1] | {"faults": faults, "in": read, "out": written}


def step(what, action):
    """Do it part by part, and look after each."""
    before = look()
    for start in range(0, size + 1, part):
        action(start)
        now = look()
    steps[what] = now | {name: now[name] - before[name] for name in ("faults", "in", "out")}


def sleeper():
    (group / "cgroup.procs").write_text("0")
    area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area.madvise(mmap.MADV_NOHUGEPAGE)
    for offset in range(0, size, page):
        area[offset : offset + 8] = offset.to_bytes(8, "little")  # no two pages are alike
    while told := os.read(order, 8):
        start = int.from_bytes(told, "little")
        area[start : start + part : page]
        os.write(done, b"1")


def child_reads(start):
    os.write(tell, start.to_bytes(8, "little"))
    os.read(is_done, 1)


def group_gives_up(_):
    with contextlib.suppress(OSError):  # EAGAIN: in the end it has less than that
        (group / "memory.reclaim").write_text(str(part))


group.mkdir()
(order, tell), (is_done, done) = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    sleeper()
step("filled", child_reads)
for logarithm, how in ((3, "in_by_8"), (0, "in_by_1")):
    Path("/proc/sys/vm/page-cluster").write_text(str(logarithm))  # of the pages to read at once
    step("out" if logarithm else "out_again", group_gives_up)
    step(how, child_reads)

print(f"{'':<10}{'RSS MiB':>8}{'swap':>7}{'major faults':>14}{'pages in':>10}{'pages out':>11}")
for what, now in steps.items():
    sizes = f"{now['RSS'] / MiB:8.1f}{now['swap'] / MiB:7.1f}"
    print(f"{what.replace('_', ' '):<10}{sizes}{now['faults']:14,}{now['in']:10,}{now['out']:11,}")


def draw(timeline, steps):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5.6, 2.8), layout="constrained")
    for name, colour in (("RSS", "#2a78b5"), ("swap", "#9b59b6")):
        axes.plot([now[name] / 2**20 for now in timeline], color=colour)
        axes.text(1, timeline[1][name] / 2**20 + 2, name, color=colour)
    for number, what in enumerate(steps):
        axes.text(8 * number + 4, 70, what.replace("_", " "), fontsize=9, ha="center")
    axes.set(xticks=[], xlabel="parts of 8 MiB, one after the other", ylabel="MiB", ylim=(-2, 78))
    said = (f"{what}: {now['RSS'] >> 20} and {now['swap'] >> 20}" for what, now in steps.items())
    figure.set_label(f"The child's RSS and swap in MiB after each step. {'; '.join(said)}.")


filled, out, by_8, again, by_1 = steps.values()
some = pages // 50  # 2 %: the interpreter has pages as well, and needs some of them at once
gone, swap, written = (filled["RSS"] - out["RSS"]) / MiB, out["swap"] / MiB, again["out"]
assert min(gone, swap) * MiB > size - some * page, (
    f"RSS fell by {gone:.1f}, swap has {swap:.1f} MiB"
)
assert out["faults"] < some, f"and the child took {out['faults']} major faults meanwhile"
assert abs(by_8["faults"] - pages // 8) < some, f"reading {pages:,} pages took {by_8['faults']:,}"
assert written < some, f"out again, only {written:,} pages were written: swap still had the others"
assert abs(by_1["faults"] - pages) < some, f"without readahead they took {by_1['faults']:,} faults"
