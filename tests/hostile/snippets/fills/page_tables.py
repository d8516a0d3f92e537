# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# memory = "200MiB"
# ///
"""It fills memory with page tables.

Reads one byte of every 2 MiB of a huge mapping: all are the page of zeros, and each takes a table of its own.
"""

import mmap
import time

area = mmap.mmap(-1, 1 << 43, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0x4000))
area.madvise(mmap.MADV_NOHUGEPAGE)
for place in range(0, len(area), 2 << 20):
    area[place]
tables = next(line for line in open("/proc/self/status") if line.startswith("VmPTE"))
print(tables, flush=True)
time.sleep(20)
