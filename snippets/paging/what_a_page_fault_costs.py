# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
#
# [tool.live]
# host = ["build", "lab"]
# facts = ["size", "pages", "read", "written", "again", "fresh", "file", "major"]
# ///
"""Pages fault when they are first read or first written to, not when used again.

Touches each page of 64 MiB of its own memory in several ways, then of the largest file that it
has mapped anyway, once that is in the page cache. Counts faults. Changes nothing.
"""

import contextlib
import mmap
import os
import re
import resource
from pathlib import Path

import matplotlib.pyplot as plt

MiB = 2**20
page = os.sysconf("SC_PAGE_SIZE")
size = 64 * MiB
pages = size // page
cases = {}


def rss():
    rollup = Path("/proc/self/smaps_rollup").read_text()  # walks the page tables: exact
    return int(re.search(r"^Rss:\s+(\d+)", rollup, re.MULTILINE)[1]) * 1024


def touch(case, area, write=False):
    """Touch one byte in each page and record what that took."""
    grown, before = -rss(), resource.getrusage(resource.RUSAGE_SELF)
    for offset in range(0, len(area), page):
        if write:
            area[offset] = 1
        else:
            area[offset]
    after = resource.getrusage(resource.RUSAGE_SELF)
    minor, major = after.ru_minflt - before.ru_minflt, after.ru_majflt - before.ru_majflt
    touched = -(-len(area) // page)
    cases[case] = {"pages": touched, "minor": minor, "major": major, "rss": grown + rss()}


def anonymous():
    area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with contextlib.suppress(OSError):  # a kernel without transparent huge pages
        area.madvise(mmap.MADV_NOHUGEPAGE)
    return area


rss()  # so that the first case does not pay for the code that measures
# region anonymous
area = anonymous()
touch("read for the first time", area)
touch("then written to", area, write=True)
touch("then written to again", area, write=True)
touch("written to at once", anonymous(), write=True)
# endregion

# region file
mapped = set(re.findall(r" (/.+)", Path("/proc/self/maps").read_text()))
largest = max((path for path in mapped if os.path.isfile(path)), key=os.path.getsize)
for _ in range(3):  # somebody who needs memory may take the cache away
    with open(largest, "rb") as opened:
        while opened.read(MiB):
            pass
        touch("read, a file in the cache", mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ))
    if cases["read, a file in the cache"]["major"] == 0:
        break
# endregion

print(f"{'one byte in each page':<28}{'pages':>8}{'minor':>8}{'major':>8}{'RSS MiB':>10}")
for case, took in cases.items():
    numbers = "".join(f"{took[name]:8,}" for name in ("pages", "minor", "major"))
    print(f"{case:<28}{numbers}{took['rss'] / MiB:+10.1f}")

figure, axes = plt.subplots(figsize=(5.6, 3.2), layout="constrained")
said = []
for row, (case, took) in enumerate(cases.items()):
    rate = took["minor"] / took["pages"]
    axes.barh(row, rate, 0.4, color="#3a9d5d" if "file" in case else "#2a78b5")
    axes.text(0, row - 0.28, case, fontsize=9)
    axes.text(rate + 0.01, row, f"{rate:.2f}", fontsize=9, va="center")
    said.append(f"{case}: {rate:.2f}")
axes.set(xlabel="minor faults per page", xlim=(0, 1.15), ylim=(4.4, -0.6), yticks=[])
figure.set_label(f"Minor faults per page touched. {'; '.join(said)}.")

read, written, again, fresh, file = cases.values()
# 1 % and 64: the interpreter and NUMA balancing fault a little as well.
near, most = MiB, 1.01 * pages + 64
minor, major = read["minor"], sum(case["major"] for case in cases.values())
assert pages <= minor < most, f"reading {pages:,} fresh pages took {minor:,} minor faults"
assert read["rss"] < near, f"and added {read['rss'] / MiB:.1f} MiB to RSS"
minor, grown = written["minor"], written["rss"]
assert pages <= minor < most, f"writing to them took another {minor:,}"
assert abs(grown - size) < near, f"and added {grown / MiB:.1f} MiB"
assert again["minor"] < most - pages, f"writing to them again took {again['minor']}"
minor = fresh["minor"]
assert pages <= minor < most, f"writing to fresh pages at once took {minor:,}, not twice as many"
minor = file["minor"]
assert minor < 1.01 * file["pages"] + 64, f"{file['pages']:,} pages of a file took {minor:,}"
assert major == 0, f"and {major} of all these faults were major"
plt.show()
