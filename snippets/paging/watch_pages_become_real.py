# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
# [tool.live]
# host = ["build", "lab"]
# facts = ["size", "page", "pages", "steps"]
# ///
"""Mapped memory becomes real page by page, at first use.

Maps 64 MiB, reads half of it, writes to half of it and gives half of it back. After each step it
asks the kernel about every page. Changes nothing else.
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
size = 64 * MiB  # try another one
page = os.sysconf("SC_PAGE_SIZE")
pages = size // page
steps, strips = {}, {}
print(f"{'':<30}{'change of':^21}  pages now")
print(f"{'':<30}{'VSZ':>6}{'RSS':>7}{'faults':>8}{'zero':>8}{'own':>8}")


def read():
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    vsz = int(Path("/proc/self/statm").read_text().split()[0]) * page
    rollup = Path("/proc/self/smaps_rollup").read_text()
    return {"VSZ": vsz, "RSS": int(re.search(r"Rss:\s+(\d+)", rollup)[1]) * 1024, "faults": faults}


def look(name, what, area):
    """Record what has changed since the last step, and what each page of the mapping is."""
    now = read()
    with open("/proc/self/pagemap", "rb") as table:
        table.seek(ctypes.addressof(ctypes.c_char.from_buffer(area)) // page * 8)
        entries = memoryview(table.read(pages * 8)).cast("Q")
    # Documentation/admin-guide/mm/pagemap.rst: bit 63 is "present", bit 56 "mapped only here".
    strips[what] = [(entry >> 63) * (1 + (entry >> 56 & 1)) for entry in entries]
    step = {key: now[key] - before[key] for key in now}
    step |= {"zero": strips[what].count(1), "own": strips[what].count(2)}
    steps[name] = step
    sizes = f"{step['VSZ'] / MiB:+6.0f}{step['RSS'] / MiB:+7.0f}"
    print(f"{what:<30}{sizes}{step['faults']:+8,}{step['zero']:8,}{step['own']:8,}")
    return read()


read()  # so that the first step does not pay for the code that measures
before = read()
# region map
memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
# endregion
with contextlib.suppress(OSError):  # a kernel without transparent huge pages
    memory.madvise(mmap.MADV_NOHUGEPAGE)
before = look("mapped", "mapped", memory)
# region read
zeros = sum(memory[: size // 2 : page])  # one byte of each page in the first half
# endregion
before = look("read", "first half read", memory)
# region write
for offset in range(size // 4, size * 3 // 4, page):
    memory[offset] = 1
# endregion
before = look("wrote", "middle half written", memory)
# region give-back
memory.madvise(mmap.MADV_DONTNEED, size // 2, size // 2)
# endregion
before = look("gave_back", "second half given back", memory)
# region populate
now = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
# endregion
look("populated", "another, MAP_POPULATE", now)

figure, axes = plt.subplots(figsize=(5.6, 3.2), layout="constrained")
for row, (what, strip) in enumerate(strips.items()):
    cells = [max(strip[i * pages // 128 : (i + 1) * pages // 128]) for i in range(128)]
    colours = [("#7f8c8d50", "#e0892b99", "#2a78b599")[cell] for cell in cells]
    axes.bar(range(128), 0.5, 1.0, bottom=row, color=colours)
    axes.text(0, row - 0.09, what, fontsize=9)
    axes.text(127, row - 0.09, f"{strip.count(2) * page / MiB:.0f} MiB", fontsize=9, ha="right")
for where, text in ((16, "zero page"), (64, "own page"), (112, "nothing")):
    axes.text(where, 2.32, text, fontsize=9, ha="center")
axes.set(xlim=(-1, 128), ylim=(len(strips) - 0.4, -0.4))
axes.axis("off")
said = "; ".join(f"{what}: {s.count(1):,} zero, {s.count(2):,} own" for what, s in strips.items())
figure.set_label(f"A strip for each step, from left to right all {pages:,} pages. {said}.")

mapped, read_half, wrote, *_ = steps.values()
rss, more, filled, lost, full = (step["RSS"] for step in steps.values())
half, there, vsz = pages // 2, mapped["zero"] + mapped["own"], mapped["VSZ"]
# 2 %: a page may be on its way to or from swap, and the interpreter takes a few for itself.
near, most = 0.02 * size, 1.02 * half + 64
reads, writes = read_half["faults"], wrote["faults"]
assert there == 0, f"after mapping {size // MiB} MiB, {there} of {pages:,} pages were there"
assert vsz >= size and rss < near, f"VSZ grew by {vsz // MiB} MiB, RSS by {rss / MiB:.1f} MiB"
assert half <= reads < most, f"reading {half:,} pages took {reads:,} faults"
assert zeros == 0 and more < near, f"gave only zeros, and added {more / MiB:.1f} MiB to RSS"
assert half <= writes < most, f"writing to {half:,} took {writes:,} faults"
assert abs(filled - size / 2) < near, f"and added {filled / MiB:.1f} MiB"
assert abs(lost + size / 4) < near, f"MADV_DONTNEED took away {-lost / MiB:.1f} MiB"
assert full > size - near, f"MAP_POPULATE added {full / MiB:.1f} MiB before any use"
plt.show()
