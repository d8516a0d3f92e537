# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# facts = ["known"]
# ///
"""It forges a fact.

One that its header does not name.
"""

import os
import time

known = 1
channel = int(open("/proc/self/environ").read().partition("LIVE_CHANNEL=")[2].partition("\0")[0])
print("forged", flush=True)
os.write(channel, b'{"fact": "unknown", "value": 1}')
time.sleep(5)
assert known, "it is never reached"
