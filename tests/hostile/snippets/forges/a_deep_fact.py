# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# facts = ["deep"]
# ///
"""It forges a fact that is nested as deeply as can be read.

The harness would not have sent it.
"""

import os
import time

channel = int(open("/proc/self/environ").read().partition("LIVE_CHANNEL=")[2].partition("\0")[0])
deep = 1
print("forged", flush=True)
for depth in (300, 900):
    os.write(channel, b'{"fact": "deep", "value": %s1%s}' % (b"[" * depth, b"]" * depth))
time.sleep(0.5)
assert True, "it came to its end"
os._exit(0)
