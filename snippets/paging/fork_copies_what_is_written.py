# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
# [tool.live]
# host = ["build", "lab"]
# facts = ["size", "pages", "forked", "read", "half", "whole", "committed"]
# ///
"""Forking shares every page and copies only those that are written to.

Fills 128 MiB and forks. The child reads all of it and writes to half of it, then the parent
writes to the other half. Measures both processes after each step.
"""

import contextlib
import ctypes
import mmap
import os
import re
import resource
from pathlib import Path

import matplotlib.pyplot as plt

MiB = 2**20
PAGE = os.sysconf("SC_PAGE_SIZE")
size, pages = 128 * MiB, 128 * MiB // PAGE


def sizes(*pids, faults=0):
    """Sums of RSS, PSS and USS of this mapping alone: the interpreter is shared, too."""
    sums = dict.fromkeys(("RSS", "PSS", "USS"), 0)
    for pid in pids:
        smaps = Path(f"/proc/{pid}/smaps").read_text()
        block = smaps.partition(f"\n{address:08x}-")[2].partition("VmFlags:")[0]
        for line, kib in re.findall(r"^(Rss|Pss|Private_[CD]\w+):\s+(\d+) kB", block, re.MULTILINE):
            sums["USS" if "Private" in line else line.upper()] += int(kib) * 1024
    return sums | {"faults": faults}


def committed_as():
    return int(Path("/proc/meminfo").read_text().split("Committed_AS:")[1].split()[0]) * 1024


def faults_of(action):
    faults = -resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    action()
    return faults + resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def write(start, end):
    for offset in range(int(start * size), int(end * size), PAGE):
        memory[offset] = 2


# region fork
memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
memory.madvise(mmap.MADV_DONTDUMP)  # keeps its neighbours from becoming one mapping with it
with contextlib.suppress(OSError):  # a kernel without transparent huge pages
    memory.madvise(mmap.MADV_NOHUGEPAGE)
write(0, 1)
alone, committed = sizes(os.getpid()), -committed_as()
(told, tell), (answers, answer) = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    os.close(tell)  # only the parent holds it, so the child does not outlive the parent
    for action in (lambda: memory[::PAGE], lambda: write(0, 0.5)):
        os.read(told, 1)
        os.write(answer, faults_of(action).to_bytes(8, "little"))
    os.read(told, 1)
    os._exit(0)
# endregion
committed += committed_as()
steps = {"one process": alone, "forked": sizes(os.getpid(), child)}
for what in ("child read all", "child wrote half"):
    os.write(tell, b"1")
    faults = int.from_bytes(os.read(answers, 8), "little")
    steps[what] = sizes(os.getpid(), child, faults=faults)
rest = faults_of(lambda: write(0.5, 1))
steps["parent wrote the rest"] = sizes(os.getpid(), child, faults=rest)
os.close(tell)
os.waitpid(child, 0)
_, forked, read, half, whole = steps.values()
print(f"{'sums in MiB':<22}{'RSS':>8}{'PSS':>8}{'USS':>8}{'faults':>10}")
for what, step in steps.items():
    rss, pss, uss = (step[name] / MiB for name in ("RSS", "PSS", "USS"))
    print(f"{what:<22}{rss:8.1f}{pss:8.1f}{uss:8.1f}{step['faults']:10,}")
print(f"\nCommitted_AS, of the whole machine, changed by {committed / MiB:+.1f} MiB at fork")

figure, axes, said = *plt.subplots(figsize=(5.6, 3.2), layout="constrained"), ""
for name, colour in (("RSS", "#7f8c8d"), ("PSS", "#e0892b"), ("USS", "#2a78b5")):
    heights = [step[name] / MiB for step in (read, half, whole)]
    axes.plot([0, 50, 100], heights, color=colour, marker="o")
    axes.annotate(name, (50, heights[1]), (0, 7), textcoords="offset points", ha="right")
    said += f" {name}: {heights[0]:.0f}, {heights[1]:.0f}, {heights[2]:.0f}."
axes.set(xlabel="% of the pages written since fork", ylabel="sum in MiB", ylim=(-8, 300))
figure.set_label(f"Sums in MiB when none, half and all pages were written since fork.{said}")

# 2 %: PSS is rounded down, a page may be in swap, and the child's interpreter writes as well.
near, some = 0.02 * size, pages // 50 + 128
rss, pss, later, uss = forked["RSS"], forked["PSS"], half["PSS"], whole["USS"]
looked, wrote, still = read["faults"], half["faults"], abs(read["PSS"] - pss) < near
assert rss > 2 * size - near, f"forked, the two had {rss / MiB:.1f} MiB of RSS"
assert abs(pss - size) < near, f"but {pss / MiB:.1f} MiB of PSS"
assert looked < some and still, f"reading all {pages:,} pages took {looked} faults, and PSS stayed"
assert 0 <= wrote - pages // 2 < some, f"writing to {pages // 2:,} took it {wrote:,} faults"
assert abs(later - 1.5 * size) < near, f"and made it {later / MiB:.1f} MiB of PSS"
assert 0 <= rest - pages // 2 < some, f"writing to the rest took the parent {rest:,} faults"
assert abs(uss - 2 * size) < near, f"after which {uss / MiB:.1f} MiB were not shared"
plt.show()
