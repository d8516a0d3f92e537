# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# memory = "200MiB"
# ///
"""It fills temporary folders.

What lies there is memory, whoever wrote it.
"""

import time

for path in ("/dev/shm/1", "/dev/shm/2", "/tmp/1", "/tmp/2"):
    open(path, "wb").write(bytes(100 << 20))
time.sleep(20)
