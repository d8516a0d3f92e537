# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It sends what is no report.

Lists in lists in lists, deeper than a reader can follow.
"""

import os
import time

channel = int(open("/proc/self/environ").read().partition("LIVE_CHANNEL=")[2].partition("\0")[0])
print("forged", flush=True)
os.write(channel, b"[" * 100_000)
time.sleep(5)
assert True, "it is never reached"
