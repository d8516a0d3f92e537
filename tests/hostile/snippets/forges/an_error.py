# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It forges an error in a file that is not its own.

With a line that is not there and a text for the log of whoever builds.
"""

import os

channel = int(open("/proc/self/environ").read().partition("LIVE_CHANNEL=")[2].partition("\0")[0])
print("forged", flush=True)
os.write(channel, b'{"error": "E", "text": "x\\n::error file=README.md::owned\\n\\u001b]0;owned\\u0007", "line": -7}')
os._exit(1)
assert True, "it is never reached"
