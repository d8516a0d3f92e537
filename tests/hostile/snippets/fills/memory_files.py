# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# memory = "200MiB"
# ///
"""It fills memory with files that have no name.

What is written to a memfd is in nobody's resident size.
"""

import os
import time

files = [os.memfd_create(name) for name in "abcd"]
for file in files:
    os.write(file, bytes(100 << 20))
time.sleep(20)
