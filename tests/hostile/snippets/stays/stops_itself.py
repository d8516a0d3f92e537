# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# timeout = 1
# ///
"""It stops itself, and all that it can.

A stopped process handles nothing but being killed or continued.
"""

import os
import signal
import time

if os.fork() == 0:
    time.sleep(600)
print("stopping", flush=True)
os.kill(1, signal.SIGSTOP)
os.kill(os.getppid(), signal.SIGSTOP)
os.kill(-1, signal.SIGSTOP)
os.kill(os.getpid(), signal.SIGSTOP)
