# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# host = "lab"
# lab = { memory = "256M", disk = "64M", swap = "64M" }
# ///
"""It fills everything that its guest has.

The disk and the temporary folders; and then the engine, by the port on which process 1 reports.
"""

import ctypes
import os
import time

libc = ctypes.CDLL(None, use_errno=True)
links = {number: os.readlink(f"/proc/1/fd/{number}") for number in os.listdir("/proc/1/fd")}
(number,) = [int(number) for number, path in links.items() if path.startswith("/dev/vport")]
port = libc.syscall(438, libc.syscall(434, 1, 0), number, 0)  # pidfd_getfd of pidfd_open
for path in ("/disk/x", "/dev/shm/x"):
    size = 0
    try:
        with open(path, "wb", buffering=0) as file:
            while True:
                size += file.write(bytes(1 << 20))
    except OSError as error:
        print(path, size >> 20, "MiB, then:", error.strerror, flush=True)
time.sleep(0.3)
while True:
    os.write(port, b"x" * 65536)
