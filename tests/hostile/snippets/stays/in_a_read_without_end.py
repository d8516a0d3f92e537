# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# timeout = 1
# ///
"""It reads what never comes.

Pipes, locks and files that give nothing or never end.
"""

import os
import threading

os.mkfifo("/tmp/never")
for path in ("/tmp/never", "/dev/zero", "/dev/urandom"):
    threading.Thread(
        target=lambda path=path: [open(path, "rb", buffering=0).readinto(bytearray(1 << 20)) for _ in iter(int, 1)]
    ).start()
print("reading", flush=True)
os.read(os.pipe()[0], 1)
