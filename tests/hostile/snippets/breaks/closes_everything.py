# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It closes every descriptor.

Its streams and the way on which it reports are gone; then it claims something.
"""

import os

os.closerange(0, 512)

assert True, "it came to its end"
