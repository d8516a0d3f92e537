# /// script
# requires-python = ">=3.11"
# dependencies = ["psutil>=7,<8"]
#
# [tool.live]
# host = ["build", "lab"]
# facts = ["size", "pages", "vsz_mapped", "rss_mapped", "rss_touched", "vsz_touched", "faults"]
# ///
"""A process grows when it touches memory, not when it asks for it.

Measures itself three times: before, after mapping 256 MiB, and after writing one byte into each
page of it. Changes nothing else.
"""

import contextlib
import mmap
import os
import resource
from pathlib import Path

import psutil

MiB = 2**20
page = os.sysconf("SC_PAGE_SIZE")
size = 256 * MiB
pages = size // page
me = psutil.Process()


def look():
    """Return VSZ and RSS in bytes, and minor page faults, of this process."""
    rollup = Path("/proc/self/smaps_rollup").read_text()  # walks the page tables: exact
    rss = int(rollup.split("Rss:")[1].split()[0]) * 1024
    return me.memory_info().vms, rss, resource.getrusage(resource.RUSAGE_SELF).ru_minflt


look()  # so that the first measurement does not pay for the code that measures
before = look()
area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)  # the default is shared
with contextlib.suppress(OSError):  # a kernel without transparent huge pages
    area.madvise(mmap.MADV_NOHUGEPAGE)
mapped = look()
area[::page] = bytes(pages)  # one byte in each page
touched = look()

print("                VSZ MiB   RSS MiB   minor faults")
for name, (vsz, rss, faults) in [("before", before), ("mapped", mapped), ("touched", touched)]:
    print(f"{name:<12} {vsz / MiB:>10.1f} {rss / MiB:>9.1f} {faults:>14,}")

vsz_mapped, rss_mapped = mapped[0] - before[0], mapped[1] - before[1]
vsz_touched, rss_touched = touched[0] - mapped[0], touched[1] - mapped[1]
faults = touched[2] - mapped[2]
# 2 MiB: Python takes memory for itself in pieces of up to 1 MiB.
assert 0 <= vsz_mapped - size < 2 * MiB, f"mapping 256 MiB added {vsz_mapped / MiB:.1f} MiB to VSZ"
assert rss_mapped < 1 * MiB, f"mapping 256 MiB added {rss_mapped / MiB:.1f} MiB to RSS"
assert vsz_touched < 2 * MiB, f"touching it added {vsz_touched / MiB:.1f} MiB to VSZ"
assert abs(rss_touched - size) < 1 * MiB, f"touching it added {rss_touched / MiB:.1f} MiB to RSS"
# 1 %: the interpreter and NUMA balancing fault a little as well.
assert pages <= faults <= 1.01 * pages + 64, f"touching {pages} pages took {faults} minor faults"
