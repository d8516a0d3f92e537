# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# memory = "100MiB"
# ///
"""It fills a folder with empty files.

An empty file takes no block, and a kilobyte of the kernel's memory.
"""

import os

for number in range(10_000_000):
    try:
        os.mknod(f"/tmp/{number % 100}{number}")
    except OSError as error:
        print(f"{number} files, then: {error.strerror}")
        break
