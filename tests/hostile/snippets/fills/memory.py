# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# memory = "200MiB"
# ///
"""It fills memory.

Takes twice what its header allows, at once.
"""

import time

held = bytearray(400 << 20)
time.sleep(20)
