# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It leaves dead children where they are.

A child that nobody waits for keeps its number.
"""

import os

count = 0
try:
    while count < 100_000:
        if os.fork() == 0:
            os._exit(0)
        count += 1
except OSError as error:
    print(f"{count} dead children, then: {error.strerror}")

assert count < 64, f"it came to {count} dead children"
