# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It forges the machine that it ran on.

As a guest of the lab would describe itself.
"""

import os
import time

channel = int(open("/proc/self/environ").read().partition("LIVE_CHANNEL=")[2].partition("\0")[0])
print("forged", flush=True)
os.write(channel, b'{"host": {"kernel": "9.9", "architecture": "z80", "ram": 1}}')
time.sleep(5)
assert True, "it is never reached"
