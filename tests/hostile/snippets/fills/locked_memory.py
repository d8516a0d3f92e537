# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# memory = "200MiB"
# ///
"""It locks all memory.

Raises the limit for that first, and then locks what it has and what it will get.
"""

import ctypes
import mmap
import os
import resource

libc = ctypes.CDLL(None, use_errno=True)
soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
try:
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (1 << 30, 1 << 30))
    raised = "raised"
except (OSError, ValueError) as error:
    raised = str(error)
area = mmap.mmap(-1, 100 << 20)
start = ctypes.addressof(ctypes.c_char.from_buffer(area))
locked = libc.mlock(ctypes.c_void_p(start), ctypes.c_size_t(len(area)))
why = os.strerror(ctypes.get_errno())
all_locked = libc.mlockall(3)
print(f"limit {hard}, {raised}; mlock: {locked}, {why}; mlockall: {all_locked}, {os.strerror(ctypes.get_errno())}")

assert raised != "raised" or hard in (-1, 1 << 30), "the limit stays"
assert (locked, all_locked) == (-1, -1) or hard == -1, "not that much can be locked"
