# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# timeout = 2
# ///
"""It forks without end.

Every child goes on forking, and tries again when it is refused.
"""

import os

while True:
    try:
        os.fork()
    except OSError:
        pass
