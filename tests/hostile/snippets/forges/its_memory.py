# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It forges how much memory it used.

More than any machine has, and less than nothing.
"""

import os

channel = int(open("/proc/self/environ").read().partition("LIVE_CHANNEL=")[2].partition("\0")[0])
print("forged", flush=True)
assert True, "it came to its end"
os.write(channel, b'{"peak": %d, "cpu": -1.0}' % (1 << 80))
os._exit(0)
