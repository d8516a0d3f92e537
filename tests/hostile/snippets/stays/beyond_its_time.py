# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# timeout = 1
# ///
"""It sleeps past its time.

In many threads and processes.
"""

import os
import threading
import time

for _ in range(3):
    os.fork()
for _ in range(3):
    threading.Thread(target=time.sleep, args=(600,)).start()
print("waiting", flush=True)
time.sleep(600)
