# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["build", "lab"]
# facts = ["objects", "kept", "measured", "made", "after_del", "after_all"]
# ///
"""A few Python objects keep the memory of all that were made with them.

Makes two million floats, deletes all but one in ten thousand, then the rest, and reads RSS.
Claims nothing where Python does not use its own allocator for small objects.
"""

import os
import re
import sysconfig
from pathlib import Path

MiB = 2**20
objects, every = 2_000_000, 10_000
# The free-threaded build uses mimalloc; PYTHONMALLOC chooses another one for any build.
measured = bool(sysconfig.get_config_var("WITH_PYMALLOC"))
measured &= not sysconfig.get_config_var("Py_GIL_DISABLED") and "PYTHONMALLOC" not in os.environ


def rss(what=None):
    """RSS in bytes since the start, from smaps_rollup, which walks the page tables."""
    rollup = Path("/proc/self/smaps_rollup").read_text()
    grown = int(re.search(r"^Rss:\s+(\d+)", rollup, re.MULTILINE)[1]) * 1024 - start
    if what:
        print(f"{what:<36}{grown / MiB:8.1f}")
    return grown


start = 0
start = rss()
print(f"{'RSS in MiB since the start':<36}{0:8.1f}")
# region delete
numbers = [float(i) for i in range(objects)]
made = rss(f"{objects:,} floats in a list")
survivors = numbers[::every]
kept = len(survivors)
del numbers
after_del = rss(f"all deleted but {kept}")
del survivors
after_all = rss("those deleted as well")
# endregion

if measured:
    floats = objects * 32  # 24 bytes each, rounded up to a multiple of 16
    assert made > floats, f"{objects:,} floats and their list added {made / MiB:.1f} MiB to RSS"
    # The list itself, 8 bytes for each, was one large block and is given back by free().
    assert after_del > 0.9 * floats, (
        f"deleting all of them but {kept} left {after_del / MiB:.1f} MiB in RSS"
    )
    # 15 %: some arenas hold other objects of the program, too.
    assert after_all < 0.15 * made, f"deleting these {kept} as well left {after_all / MiB:.1f} MiB"
