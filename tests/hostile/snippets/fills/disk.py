# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It fills a disk with one file, and with many.

Writes until it is refused, into every folder that it may write to.
"""

import os
import signal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sizes = {}
for folder in ("/tmp", "/dev/shm"):
    for name in ("one", "two", "three"):
        size = 0
        try:
            with open(f"{folder}/{name}", "wb", buffering=0) as file:
                while size < 1 << 30:
                    size += file.write(bytes(1 << 20))
        except OSError as error:
            print(f"{folder}/{name}: {size >> 20} MiB, then: {error.strerror}")
        sizes[folder] = sizes.get(folder, 0) + size
    for name in ("one", "two", "three"):
        os.unlink(f"{folder}/{name}")

assert max(sizes.values()) <= 256 << 20, f"no folder took more than {max(sizes.values()) >> 20} MiB"
