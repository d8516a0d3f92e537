# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It complains without end.

To the stream for errors, from a child.
"""

import os

while os.fork() >= 0:
    while True:
        os.write(2, b"\r\x1b[2Kx" * 10_000)
