# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It ends without a word.

No handler runs, no claim is made.
"""

import os

print("going")
os._exit(0)
assert False, "it is never reached"
