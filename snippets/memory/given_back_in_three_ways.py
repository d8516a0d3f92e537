# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
# [tool.live]
# host = ["build", "lab"]
# facts = ["size", "steps"]
# ///
"""RSS falls when pages are taken back, not when they may be.

Maps 128 MiB, fills it, offers it with MADV_FREE, writes to a quarter of it again, drops it with
MADV_DONTNEED and unmaps it. Changes nothing else.
"""

import contextlib
import mmap
import os
import re
import time
from pathlib import Path

import matplotlib.pyplot as plt

MiB = 2**20
PAGE = os.sysconf("SC_PAGE_SIZE")
size = 128 * MiB
steps, timeline = {}, []


def look():
    """VSZ, RSS and LazyFree in bytes since the start: smaps_rollup walks the page tables."""
    rollup = Path("/proc/self/smaps_rollup").read_text()
    found = dict(re.findall(r"^(Rss|LazyFree):\s+(\d+)", rollup, re.MULTILINE))
    vsz = int(Path("/proc/self/statm").read_text().split()[0]) * PAGE
    now = {"VSZ": vsz, "RSS": int(found["Rss"]) * 1024, "LazyFree": int(found["LazyFree"]) * 1024}
    now = {name: now[name] - start.get(name, 0) for name in now}
    timeline.append(now | {"at": time.perf_counter()})
    return timeline[-1]


def stay(step):
    """Keep what the step led to, and wait so that it can be seen in the figure."""
    steps[step] = look()
    time.sleep(0.15)
    look()


start = {}
start = look()
timeline.clear()
stay("")
# region give-back
memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
with contextlib.suppress(OSError):  # a kernel without transparent huge pages
    memory.madvise(mmap.MADV_NOHUGEPAGE)
stay("mapped")
for offset in range(0, size, PAGE):
    memory[offset] = 1
    if offset % (8 * MiB) == 0:
        look()
stay("filled")
memory.madvise(mmap.MADV_FREE)  # the kernel may take these pages, and need not
stay("MADV_FREE")
for offset in range(0, size // 4, PAGE):
    memory[offset] = 2  # a write takes its page out of the offer
stay("written")
memory.madvise(mmap.MADV_DONTNEED)
stay("MADV_DONTNEED")
zeros = memory[:: size // 16] == bytes(16)
memory.close()  # munmap(2)
stay("munmap")
# endregion

del steps[""]
print(f"{'MiB since the start':<20}{'VSZ':>8}{'RSS':>8}{'LazyFree':>10}")
for step, now in steps.items():
    print(f"{step:<20}{now['VSZ'] / MiB:8.1f}{now['RSS'] / MiB:8.1f}{now['LazyFree'] / MiB:10.1f}")

figure, axes = plt.subplots(figsize=(5.6, 3.2), layout="constrained")
at = [now["at"] for now in timeline]
offered = [now["LazyFree"] / MiB for now in timeline]
kept = [(now["RSS"] - now["LazyFree"]) / MiB for now in timeline]
axes.stackplot(at, kept, offered, colors=["#2a78b599", "#7f8c8d66"])
axes.plot(at, [now["VSZ"] / MiB for now in timeline], color="black", linestyle="--", linewidth=1)
for number, (step, now) in enumerate(steps.items()):
    axes.axvline(now["at"], 0, 0.8, color="#7f8c8d", linewidth=0.8, linestyle=":")
    axes.text(now["at"], 140 + 14 * (number % 2), step, fontsize=9, ha="center")
for text, step in (("VSZ", "mapped"), ("in use", "filled"), ("LazyFree", "MADV_FREE")):
    axes.text(steps[step]["at"] + 0.075, 64, text, fontsize=9, ha="center", rotation=90)
axes.set(xticks=[], xlabel="time", ylabel="RSS in MiB", ylim=(-3, 168), yticks=range(0, 129, 32))
resident = ", ".join(f"{step} {now['RSS'] / MiB:.0f}" for step, now in steps.items())
figure.set_label(
    f"RSS over time, in MiB after each step: {resident}. After MADV_FREE all LazyFree."
)

mapped, filled, freed, written, dropped, unmapped = steps.values()
# 2 %: what the interpreter takes meanwhile. 10 %: pages wait on each CPU to be marked, and on a
# machine that is short of memory some of them may be gone, from both numbers.
rss, lazy = freed["RSS"] / MiB, freed["LazyFree"] / MiB
assert mapped["RSS"] < 0.02 * size, f"mapping 128 MiB added {mapped['RSS'] / MiB:.1f} MiB to RSS"
assert abs(filled["RSS"] / size - 1) < 0.02, f"filling it added {filled['RSS'] / MiB:.1f} MiB"
assert rss > 0.9 * size / MiB, f"after MADV_FREE {rss:.1f} MiB were still in RSS"
assert lazy > 0.9 * size / MiB, f"of which {lazy:.1f} MiB were LazyFree, free to be taken"
back = (written["RSS"] - written["LazyFree"] - freed["RSS"] + freed["LazyFree"]) / MiB
assert abs(back - 32) < 4, f"writing to 32 MiB took {back:.1f} MiB out of that"
assert dropped["RSS"] < 0.02 * size, f"after MADV_DONTNEED RSS was {dropped['RSS'] / MiB:.1f} MiB"
assert dropped["VSZ"] > 0.98 * size, f"with {dropped['VSZ'] / MiB:.1f} MiB still mapped"
assert zeros, "and what had been written there read as zeros"
unmapped = dropped["VSZ"] - unmapped["VSZ"]
assert unmapped > 0.98 * size, f"munmap took {unmapped / MiB:.1f} MiB off VSZ"
plt.show()
