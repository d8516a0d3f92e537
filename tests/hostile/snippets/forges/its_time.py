# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It forges how long it took.

Works for a second and says that it did nothing, and ends before the harness could say more.
"""

import os
import time

channel = int(open("/proc/self/environ").read().partition("LIVE_CHANNEL=")[2].partition("\0")[0])
while time.process_time() < 1:
    pass
print("it worked for a second", flush=True)
assert time.process_time() >= 1, "it worked for a second"
os.write(channel, b'{"peak": 1, "cpu": 0.0}')
os._exit(0)
