# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It starts threads without end.

Each sleeps; the kernel counts them as it counts processes.
"""

import threading
import time

count = 0
try:
    while count < 100_000:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        count += 1
except RuntimeError as error:
    print(f"{count} threads, then: {error}", flush=True)

assert count < 64, f"it came to {count} threads"
