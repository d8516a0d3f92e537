# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It stays as a daemon.

Forks twice, changes its session, closes everything, and takes another name.
"""

import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 512)
        os.execv("/bin/sleep", ["sleep", "86399.25"])
    os._exit(0)
os.wait()
while b"86399.25" not in b"".join(open(f"/proc/{n}/cmdline", "rb").read() for n in os.listdir("/proc") if n.isdigit()):
    time.sleep(0.01)
print("it runs")

assert True, "it came to its end"
