# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
#
# [tool.live]
# host = ["build", "lab"]
# exclusive = true
# facts = ["ram", "swap", "mode", "pieces", "piece", "granted", "before", "after", "single", "back"]
# ///
"""A process asks for ten times the machine and uses none of it.

Maps pieces of half of RAM and swap until they are ten times as much, or until one is refused, and
then tries a single one above all of it. Gives everything back.
"""

import mmap
import os
import re
from pathlib import Path

import matplotlib.pyplot as plt

MiB, GiB = 2**20, 2**30
page = os.sysconf("SC_PAGE_SIZE")
PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
mode = int(Path("/proc/sys/vm/overcommit_memory").read_text())


def read():
    meminfo = Path("/proc/meminfo").read_text()
    rss = re.search(r"^Rss: +(\d+)", Path("/proc/self/smaps_rollup").read_text(), re.M)
    fields = ("Committed_AS", "CommitLimit", "MemAvailable", "MemTotal", "SwapTotal")
    found = {name: re.search(rf"^{name}: +(\d+)", meminfo, re.M) for name in fields}
    vsz = int(Path("/proc/self/statm").read_text().split()[0]) * page
    kib = {name: int(match[1]) * 1024 for name, match in (found | {"RSS": rss}).items()}
    return kib | {"VSZ": vsz}


# region ask
def ask(size):
    try:
        return mmap.mmap(-1, size, PRIVATE)
    except OSError as error:
        return os.strerror(error.errno)


# endregion

before = read()
ram, swap = before["MemTotal"], before["SwapTotal"]
piece = (ram + swap) // 2 // page * page
pieces = []
while len(pieces) < 20 and isinstance(area := ask(piece), mmap.mmap):
    pieces.append(area)
after = read()
granted = len(pieces) * piece
# In a container /proc/meminfo may tell less than the kernel has.
whole = swap + max(ram, os.sysconf("SC_PHYS_PAGES") * page)
single = "granted" if isinstance(one := ask(11 * whole // 10), mmap.mmap) else one
for area in pieces:
    area.close()
one, back, pieces = None, read(), len(pieces)

print(f"RAM {ram / GiB:.1f} GiB, swap {swap / GiB:.1f} GiB, mode {mode}")
print(f"{pieces} pieces of {piece / GiB:.1f} GiB were granted\n")
print(f"{'GiB':<16}{'before':>10}{'after':>10}{'given back':>12}")
for name in ("VSZ", "RSS", "Committed_AS", "CommitLimit", "MemAvailable"):
    numbers = before[name] / GiB, after[name] / GiB, back[name] / GiB
    print(f"{name:<16}{numbers[0]:10.2f}{numbers[1]:10.2f}{numbers[2]:12.2f}")
print(f"\na single request of 1.1 times RAM and swap: {single}")

figure, axes = plt.subplots(figsize=(5.6, 1.9), layout="constrained")
bars = ("promised", after["Committed_AS"]), ("RAM and swap", ram + swap), ("my RSS", after["RSS"])
for (name, size), colour in zip(bars, ("#9ec5e3", "#7f8c8d", "#2a78b5"), strict=True):
    axes.barh(name, size / GiB, color=colour)
    axes.text(size / GiB, name, f" {size / GiB:,.2f} GiB", va="center", fontsize=9)
axes.set(xlim=(0, 1.25 * max(size for _, size in bars) / GiB), xlabel="GiB")
axes.invert_yaxis()
figure.set_label(" ".join(f"{name}: {size / GiB:,.2f} GiB." for name, size in bars))

rss, vsz = after["RSS"] - before["RSS"], after["VSZ"] - before["VSZ"]
times = granted / (ram + swap)
if mode == 2:
    left = after["CommitLimit"] - after["Committed_AS"]
    assert pieces < 20, f"mode 2 granted {pieces} of 20 pieces; {left / MiB:.0f} MiB were left"
else:
    assert pieces == 20, f"{granted / GiB:.1f} GiB were granted, {times:.0f} times RAM and swap"
    promised = after["Committed_AS"]  # of others, too
    assert promised >= granted, f"Committed_AS was {promised / GiB:.1f} GiB then"
assert vsz > 0.99 * granted, f"the address space grew by {vsz / GiB:.1f} GiB"
assert rss < 4 * MiB, f"and RSS by {rss / MiB:.1f} MiB"
assert (single == "granted") == (mode == 1), f"one request above RAM and swap: {single}"
plt.show()
