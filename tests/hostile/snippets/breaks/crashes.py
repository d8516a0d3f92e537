# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# exits = "SIGSEGV"
# memory = "2GiB"
# ///
"""It dumps core.

With much memory, and after it has tried to raise the limit for dumps.
"""

import ctypes
import resource

limit = resource.getrlimit(resource.RLIMIT_CORE)
try:
    resource.setrlimit(resource.RLIMIT_CORE, (1 << 30, 1 << 30))
    raised = True
except (OSError, ValueError) as error:
    raised = str(error)
print("dumps:", limit, raised, flush=True)
held = bytearray(500 << 20)
assert limit[1] <= 1, "no dump may be written"
assert raised is not True, "and that cannot be changed"
ctypes.string_at(0)
