# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# facts = ["size", "grown"]
# ///
"""{{title}}.

Maps memory, touches each page of it, and compares how much more is resident. Changes nothing.
"""

import mmap
import re
from pathlib import Path

MiB = 2**20
size = 32 * MiB


def resident():  # not VmRSS of status, which may lag behind: proc_pid_status(5)
    rollup = Path("/proc/self/smaps_rollup").read_text()
    return int(re.search(r"^Rss:\s+(\d+) kB", rollup, re.M)[1]) * 1024


# region touch
before = resident()
area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for offset in range(0, size, mmap.PAGESIZE):
    area[offset] = 1
grown = resident() - before
# endregion

print(f"mapped and touched  {size / MiB:6.1f} MiB")
print(f"more is resident    {grown / MiB:6.1f} MiB")

# The interpreter itself may take or give back a little meanwhile: 1 MiB is more than it was ever
# seen to, and far less than what is measured.
assert abs(grown - size) < MiB, f"touching {size / MiB:.0f} MiB made {grown / MiB:.1f} MiB resident"
