# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It takes all terminals.

Of pseudo-terminals a kernel has a number that all of its containers share.
"""

import os

taken = []
try:
    while True:
        taken.append(os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY))
except OSError as error:
    print(f"{len(taken)} terminals, then: {error.strerror}")
assert not taken, "it gets none"
