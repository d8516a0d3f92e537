# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It closes the way on which it reports.

Its streams stay.
"""

import os

os.closerange(3, 512)

assert True, "it came to its end"
