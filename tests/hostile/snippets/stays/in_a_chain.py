# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# timeout = 1
# ///
"""It moves on from process to process.

Each forks a next one and ends, so that whoever looks for it comes late.
"""

import os

while True:
    try:
        if os.fork():
            os._exit(0)
    except OSError:
        pass
    os.setsid()
