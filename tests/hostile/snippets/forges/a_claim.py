# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It forges a claim.

One for a line that asserts nothing.
"""

import os
import time

channel = int(open("/proc/self/environ").read().partition("LIVE_CHANNEL=")[2].partition("\0")[0])
print("forged", flush=True)
os.write(channel, b'{"claim": 2, "held": true, "message": "nobody asserts this"}')
time.sleep(5)
assert False, "it is never reached"
