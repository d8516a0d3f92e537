# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib", "psutil>=7,<8"]
#
# [tool.live]
# host = ["build", "lab"]
# facts = ["size", "resident", "mappings", "vsz", "rss", "files_resident"]
# ///
"""Most of an address space can be empty.

Starts a Python process that maps 256 MiB and touches 64 MiB of it, and shares 16 MiB; then adds up
/proc/PID/smaps by kind of mapping: how large, and how much of it is in memory.
"""

import os
import subprocess
import sys

import matplotlib.pyplot as plt
import psutil

MiB = 2**20
# One CPU: from Linux 6.2 until a fix of 2025 each CPU could hold back a batch of RSS's counters.
os.sched_setaffinity(0, [max(os.sched_getaffinity(0))])  # the child's, too
CHILD = """
import contextlib, mmap, sys
area = mmap.mmap(-1, 256 * 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
with contextlib.suppress(OSError):  # a kernel without transparent huge pages
    area.madvise(mmap.MADV_NOHUGEPAGE)
area[: 64 * 2**20 : mmap.PAGESIZE] = bytes(64 * 2**20 // mmap.PAGESIZE)
shared = mmap.mmap(-1, 16 * 2**20)  # Python maps shared memory unless told otherwise
shared[:: mmap.PAGESIZE] = bytes(len(shared) // mmap.PAGESIZE)
print("ready", flush=True)
sys.stdin.read()
"""
OWN, SHARED, FILE, EMPTY = "#2a78b5", "#e0892b", "#3a9d5d", "#7f8c8d"
COLOUR = dict.fromkeys(["anonymous", "heap", "stack"], OWN) | {"shared memory": SHARED}
COLOUR |= dict.fromkeys(["the program", "libraries", "other files"], FILE) | {"kernel's own": EMPTY}


def kind(path):
    """Return what a mapping is, from the name that smaps gives it."""
    if path in ("[heap]", "[stack]"):
        return path.strip("[]")
    if path.startswith(("/dev/zero", "/memfd:", "/SYSV", "[anon_shmem")):
        return "shared memory"
    if path.startswith("["):  # [vdso], [vvar], [vsyscall]
        return "anonymous" if path.startswith("[anon") else "kernel's own"
    if path == program:
        return "the program"
    return "libraries" if ".so" in os.path.basename(path) else "other files"


command = [sys.executable, "-c", CHILD]
with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
    child.stdout.readline()
    process = psutil.Process(child.pid)
    program, maps = process.exe(), process.memory_maps(grouped=False)  # from smaps
    vsz, rss = process.memory_info()[1::-1]

size, resident, mappings = (dict.fromkeys(COLOUR, 0) for _ in range(3))
for mapping in maps:
    what = kind(mapping.path)
    size[what] += mapping.size
    resident[what] += mapping.rss
    mappings[what] += 1
kinds = sorted((what for what in COLOUR if size[what]), key=size.get)
files_resident = resident["the program"] + resident["libraries"] + resident["other files"]

print("kind            mappings   size MiB   resident MiB")
for what in reversed(kinds):
    print(f"{what:<14} {mappings[what]:>9} {size[what] / MiB:>10.2f} {resident[what] / MiB:>14.2f}")
print(f"{'all':<14} {len(maps):>9} {vsz / MiB:>10.2f} {rss / MiB:>14.2f}")

fig, axes = plt.subplots(figsize=(5.6, 3.2), layout="constrained")
for row, what in enumerate(kinds):
    full, used = size[what] / MiB, max(resident[what], 4096) / MiB  # 0 has no place on a log scale
    axes.plot([used, full], [row, row], color=EMPTY, linewidth=1)
    axes.plot(full, row, "o", markersize=8, markerfacecolor="none", markeredgecolor=EMPTY)
    if resident[what]:
        axes.plot(used, row, "o", markersize=5, color=COLOUR[what])
    axes.text(700, row, f"{resident[what] / MiB:.2f} of {full:.2f}", va="center", fontsize=8)
axes.set(xscale="log", xlim=(1 / 512, 512), xlabel="MiB, logarithmic: dot = resident, ring = size")
axes.set_yticks(range(len(kinds)), kinds)
axes.set_xticks([0.01, 0.1, 1, 10, 100], ["0.01", "0.1", "1", "10", "100"])
axes.spines[["top", "right", "left"]].set_visible(False)
lines = [f"{w} {resident[w] / MiB:.2f} of {size[w] / MiB:.2f}" for w in reversed(kinds)]
fig.set_label(f"Resident MiB of mapped MiB by kind of mapping: {'; '.join(lines)}.")

# 8 KiB: smaps lists the [vsyscall] page of x86-64, which is in no VmSize.
assert abs(sum(size.values()) - vsz) <= 8 * 1024, (
    f"the sizes add up to {sum(size.values()) // 1024} kB, VmSize is {vsz // 1024} kB"
)
# Kernels with approximate counters may be off by a batch of pages in each of three counters.
slack = max(1 * MiB, 3 * max(64, 2 * os.cpu_count()) * os.sysconf("SC_PAGE_SIZE"))
assert abs(sum(resident.values()) - rss) <= slack, (
    f"the resident parts add up to {sum(resident.values()) / MiB:.1f} MiB, RSS is {rss / MiB:.1f}"
)
assert size["anonymous"] - resident["anonymous"] >= 192 * MiB, (
    f"{resident['anonymous'] / MiB:.1f} of {size['anonymous'] / MiB:.1f} MiB anonymous is resident"
)
assert 0 < files_resident < size["the program"] + size["libraries"] + size["other files"], (
    f"RSS counts {files_resident / MiB:.1f} MiB of program, libraries and other files"
)
plt.show()
