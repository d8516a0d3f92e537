# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It says that a claim held which does not.

Sends the packet for it, and lets the real one follow.
"""

import os

channel = int(open("/proc/self/environ").read().partition("LIVE_CHANNEL=")[2].partition("\0")[0])
line = next(number for number, text in enumerate(open(__file__), 1) if text.startswith("assert"))
print("forged", flush=True)
os.write(channel, b'{"claim": %d, "held": true, "message": "two and two are five"}' % line)
assert 2 + 2 == 5, "two and two are five"
