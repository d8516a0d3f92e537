# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# memory = "200MiB"
# ///
"""It fills memory with children.

None of them takes more than its header allows.
"""

import os
import time

for _ in range(8):
    if os.fork() == 0:
        held = bytearray(50 << 20)
        time.sleep(20)
time.sleep(20)
