# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
#
# [tool.live]
# host = ["build", "lab"]
# facts = ["size", "processes", "alone", "first", "total", "after_kill"]
# ///
"""Every RSS counts a shared page in full, PSS splits it between those that map it.

Touches 128 MiB of shared memory, forks three children that read all of it, then kills one
of them. Changes nothing outside its own processes.
"""

import ctypes
import mmap
import os
import re

import matplotlib.pyplot as plt

MiB = 1024 * 1024
PAGE = os.sysconf("SC_PAGE_SIZE")
size, processes = 128 * MiB, 4


def sizes(pid):
    """RSS, PSS and USS of the shared mapping alone: libraries would only blur the numbers."""
    with open(f"/proc/{pid}/smaps") as smaps:
        block = smaps.read().partition(f"\n{address:08x}-")[2].partition("VmFlags:")[0]
    kib = {name: int(value) for name, value in re.findall(r"(\w+):\s+(\d+) kB", block)}
    uss = kib["Private_Clean"] + kib["Private_Dirty"]
    return {"RSS": kib["Rss"] * 1024, "PSS": kib["Pss"] * 1024, "USS": uss * 1024}


# region share
memory = mmap.mmap(-1, size, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
try:
    memory.madvise(mmap.MADV_NOHUGEPAGE)  # every page by itself, whatever the host's THP mode
except OSError:
    pass  # a kernel without transparent huge pages
for offset in range(0, size, PAGE):
    memory[offset] = 1

sharers = [os.getpid()]
history = [[sizes(sharers[0])]]
ready, told = os.pipe()
leave, stay = os.pipe()
while len(sharers) < processes:
    sharers.append(os.fork())
    if sharers[-1] == 0:
        os.close(stay)  # only the parent holds it, so no child outlives the parent
        sum(memory[::PAGE])  # page tables of shared memory are not copied by fork: read it all
        os.write(told, b"1")
        os.read(leave, 1)
        os._exit(0)
    os.read(ready, 1)
    history.append([sizes(pid) for pid in sharers])
# endregion
os.kill(sharers[-1], 9)
os.waitpid(sharers.pop(), 0)
after_kill, tries = 0, 100
while after_kill < 0.98 * size and (tries := tries - 1):
    # Again, if somebody was reading of the killed one just then, which keeps its memory there.
    after_kill = sum(sizes(pid)["PSS"] for pid in sharers)
os.close(stay)
for child in sharers[1:]:
    os.waitpid(child, 0)

alone, first = history[0][0], history[-1][0]
total = {name: sum(sharer[name] for sharer in history[-1]) for name in alone}
print(f"{'MiB':<12}" + "".join(f"{name:>8}" for name in alone))
rows = {f"process {i}": row for i, row in enumerate(history[-1], 1)}
for label, row in {"alone": alone, **rows, "sum": total}.items():
    print(f"{label:<12}" + "".join(f"{value / MiB:8.1f}" for value in row.values()))

figure, axes = plt.subplots(figsize=(5.6, 3.2), layout="constrained")
for count, sharing in enumerate(history, 1):
    rss_sum, left = sum(one["RSS"] for one in sharing) / MiB, 0
    axes.barh(count, rss_sum, color="none", edgecolor="#2a78b5", linestyle="--")
    for one in sharing:
        axes.barh(count, one["PSS"] / MiB, left=left, color="#e0892b", edgecolor="white")
        left += one["PSS"] / MiB
    axes.text(rss_sum + 6, count, f"PSS {left:.0f}, RSS {rss_sum:.0f}", va="center", fontsize=8)
axes.set(yticks=range(1, processes + 1), ylabel="processes", xlabel="sum in MiB", xlim=(0, 700))
axes.spines[["top", "right"]].set_visible(False)
figure.set_label(
    f"Bars for 1 to {processes} processes. The sum of RSS grows from {alone['RSS'] / MiB:.0f} to "
    f"{total['RSS'] / MiB:.0f} MiB. The shares of PSS always fill {total['PSS'] / MiB:.0f} MiB."
)

# 2 %: PSS is rounded down, and a page may be on its way to or from swap.
share, ratio = first["PSS"] / MiB, total["RSS"] / size
assert alone["PSS"] > 0.98 * size, f"alone, the process paid {alone['PSS'] / MiB:.1f} MiB of PSS"
assert ratio > 0.98 * processes, f"{processes} sharers had {ratio:.2f} times the memory as RSS"
assert abs(total["PSS"] / size - 1) < 0.02, f"their PSS added up to {total['PSS'] / MiB:.1f} MiB"
assert abs(share * processes * MiB / size - 1) < 0.02, f"each of them paid {share:.1f} MiB of PSS"
assert total["USS"] < 0.02 * size, f"their USS added up to {total['USS'] / MiB:.1f} MiB"
assert abs(after_kill / size - 1) < 0.02, (
    f"killing one, with {first['RSS'] / MiB:.0f} MiB of RSS, left {after_kill / MiB:.1f} MiB in use"
)
plt.show()
