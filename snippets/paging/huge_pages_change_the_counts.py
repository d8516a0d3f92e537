# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
#
# [tool.live]
# host = ["lab", "lab-newer"]
# facts = ["size", "pages", "huge", "cases"]
# lab = { memory = "768M" }
# timeout = 90
# ///
"""One fault can bring a huge page, and one byte can cost one.

Touches 64 MiB in two ways, one byte in each page and one byte in each 2 MiB, while transparent huge
pages are off, on where they are asked for, and on for all. Each time in a process of its own.
"""

import ctypes
import json
import mmap
import os
import re
import resource
from pathlib import Path

MiB = 2**20
page, size = os.sysconf("SC_PAGE_SIZE"), 64 * MiB
thp, cases = Path("/sys/kernel/mm/transparent_hugepage"), {}
huge, pages = int((thp / "hpage_pmd_size").read_text()), size // page
ways = {
    "never": ("never", None),
    "never_asked": ("never", mmap.MADV_HUGEPAGE),
    "madvise": ("madvise", None),
    "madvise_asked": ("madvise", mmap.MADV_HUGEPAGE),
    "always": ("always", None),
    "always_refused": ("always", mmap.MADV_NOHUGEPAGE),
}


def look():
    text = Path("/proc/self/smaps_rollup").read_text() + Path("/proc/self/status").read_text()
    found = re.findall(r"^(Rss|AnonHugePages|VmPTE):\s+(\d+)", text, re.M)
    sizes = {name: int(value) * 1024 for name, value in found}
    return sizes | {"faults": resource.getrusage(resource.RUSAGE_SELF).ru_minflt}


# region touch
def measure(stride, advice):
    """What it takes to touch the area; it begins where a huge page can."""
    area = mmap.mmap(-1, size + huge, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if advice:
        area.madvise(advice)
    address = ctypes.addressof(ctypes.c_char.from_buffer(area))
    first = -address % huge
    before = look() and look()  # the first look takes some faults of its own
    for offset in range(first, first + size, stride):
        area[offset] = 1
    return {name: now - before[name] for name, now in look().items()}


# endregion
for way, (mode, advice) in ways.items():
    (thp / "enabled").write_text(mode)
    cases[way] = {}
    for how, stride in (("all", page), ("few", huge)):
        answer, say = os.pipe()
        if os.fork() == 0:
            os.write(say, json.dumps(measure(stride, advice)).encode())
            os._exit(0)
        os.wait()
        cases[way][how] = json.loads(os.read(answer, 4096))

print(f"{'one byte in each':<20}{'page':>32}{f'{huge // MiB} MiB':>32}")
heads = f"{'faults':>10}{'RSS MiB':>9}{'huge':>6}{'tables':>7}"
print(f"{'':<20}{heads}{heads}")
for way, case in cases.items():
    row = f"{way.replace('_', ', '):<20}"
    for took in case.values():
        row += f"{took['faults']:10,}{took['Rss'] / MiB:9.1f}{took['AnonHugePages'] / MiB:6.0f}"
        row += f"{took['VmPTE'] // 1024:7}"
    print(row)


def draw(cases):
    import matplotlib.pyplot as plt

    figure, halves = plt.subplots(1, 2, figsize=(5.6, 2.6), layout="constrained", sharey=True)
    faults = [case["all"]["faults"] for case in cases.values()]
    sparse = [case["few"]["Rss"] / 2**20 for case in cases.values()]
    colours = ["#e0892b" if case["all"]["AnonHugePages"] else "#2a78b5" for case in cases.values()]
    for axes, widths in zip(halves, (faults, sparse), strict=True):
        axes.barh([way.replace("_", ", ") for way in cases], widths, color=colours)
    halves[0].set(xlabel="faults, all pages", ylim=(len(cases) - 0.4, -0.6))
    halves[1].set(xlabel="RSS in MiB, few bytes")
    said = (f"{way} {faults[row]:,} and {sparse[row]:.0f}" for row, way in enumerate(cases))
    figure.set_label(f"Faults of touching all, and MiB for a byte in 2 MiB: {'; '.join(said)}.")


few_bytes, some = size // huge, 64  # faults and pages of the interpreter
for way, case in cases.items():
    every, few = case["all"], case["few"]
    faults, rss, tables = every["faults"], few["Rss"], every["VmPTE"] // 1024
    if way in ("madvise_asked", "always"):
        assert faults < few_bytes + some, f"{way}: {pages:,} pages took {faults} faults"
        assert rss >= size, f"{way}: {few_bytes} bytes cost {rss / MiB:.1f} MiB"
    else:
        assert 0 <= faults - pages < some, f"{way}: {pages:,} pages took {faults:,} faults"
        assert rss < (few_bytes + some) * page, f"{way}: {few_bytes} bytes cost {rss // 1024} KiB"
    assert tables >= size // page * 8 // 1024, f"{way}: page tables {tables} KiB"
