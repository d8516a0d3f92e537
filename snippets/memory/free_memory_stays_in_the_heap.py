# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["build", "lab"]
# facts = ["library", "measured", "small", "pinned", "trimmed", "holes", "large", "large_freed"]
# ///
"""What free() gets back may stay in the allocator.

Calls malloc and free of the C library from a program that does nothing else, and looks at RSS.
The claims are about the GNU C library; with another one it says so and claims nothing.
"""

import ctypes
import os
import re
from pathlib import Path

MiB = 2**20
count, block = 100_000, 1000
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.restype, libc.free.argtypes = None, [ctypes.c_void_p]
library = "GNU C library" if hasattr(libc, "gnu_get_libc_version") else "another C library"
# These settings change what is shown here.
tuned = any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ)
measured = library == "GNU C library" and hasattr(libc, "malloc_trim") and not tuned
blocks = (ctypes.c_void_p * count)()  # of its own, so that Python's objects do not join in
small = pinned = trimmed = holes = large = large_freed = 0


def rss(what=None):
    """RSS in bytes since the start, from smaps_rollup, which walks the page tables."""
    rollup = Path("/proc/self/smaps_rollup").read_text()
    grown = int(re.search(r"^Rss:\s+(\d+)", rollup, re.MULTILINE)[1]) * 1024 - start
    if what:
        print(f"{what:<44}{grown / MiB:8.1f}")
    return grown


start = 0
start = rss()
print(f"{'RSS in MiB since the start':<44}{0:8.1f}")
if measured:
    # region large
    address = libc.malloc(64 * MiB)  # so large that it gets a mapping of its own
    ctypes.memset(address, 1, 64 * MiB)
    large = rss("one block of 64 MiB, filled")
    libc.free(address)
    large_freed = rss("freed")
    # endregion

    # region small
    for i in range(count):
        blocks[i] = libc.malloc(block)
        ctypes.memset(blocks[i], 1, block)
    small = rss(f"{count:,} blocks of {block:,} bytes, filled")
    for i in range(count - 1):
        libc.free(blocks[i])
    pinned = rss("all freed but the last")
    libc.malloc_trim(0)
    trimmed = rss("after malloc_trim(0)")
    # endregion
    libc.free(blocks[count - 1])
    libc.malloc_trim(0)

    # region holes
    for i in range(count):
        blocks[i] = libc.malloc(block)
        ctypes.memset(blocks[i], 1, block)
    for i in range(count):
        if i % 4:  # one of four stays: 4,032 bytes from one to the next, so one in every page
            libc.free(blocks[i])
    libc.malloc_trim(0)
    holes = rss("again, three of four freed, malloc_trim(0)")
    # endregion

    asked = count * block
    # 10 %: each block has a header of 8 bytes and is rounded up to 16; Python allocates, too.
    assert large_freed < 0.1 * large, (
        f"freeing one block of {large / MiB:.1f} MiB left {large_freed / MiB:.1f} MiB in RSS"
    )
    assert small > 0.98 * asked, f"small blocks of 95.4 MiB added {small / MiB:.1f} MiB to RSS"
    assert pinned > 0.9 * small, f"freeing all of them but one left {pinned / MiB:.1f} MiB"
    assert trimmed < 0.1 * small, f"malloc_trim(0) left {trimmed / MiB:.1f} MiB"
    assert holes > 0.9 * small, (
        f"with one of four blocks in use, malloc_trim(0) left {holes / MiB:.1f} MiB"
    )
else:
    print(f"Not measured: {library}{', with settings in the environment' if tuned else ''}.")
