# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# timeout = 5
# ///
"""It sleeps where no signal wakes it.

Who calls vfork(2) waits in state D until its child starts a program, which this one never does.
"""

import ctypes
import os
import time

libc = ctypes.PyDLL(None, use_errno=True)
clone = {"x86_64": 56}.get(os.uname().machine, 220)
watcher = os.fork()
if watcher == 0:
    while (state := open(f"/proc/{os.getppid()}/stat").read().split(")")[1].split()[0]) != "D":
        time.sleep(0.01)
    print(state, flush=True)
    os._exit(0)
CLONE_VM, CLONE_VFORK, SIGCHLD = 0x100, 0x4000, 17
if libc.syscall(clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0) == 0:
    while True:
        time.sleep(600)
