# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# timeout = 1
# ///
"""It ignores every signal.

All that can be ignored are, and then it waits.
"""

import signal
import time

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        print(f"signal {number} cannot be ignored", flush=True)
while True:
    time.sleep(1)
