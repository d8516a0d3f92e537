# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It prints a gigabyte without a newline.

In one write, to both streams.
"""

import os
import sys

sys.stdout.write("x" * 1000)
text = bytes(64 << 20)
for _ in range(16):
    os.write(1, text)
    os.write(2, text)
