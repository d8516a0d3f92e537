# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# host = "lab"
# ///
"""It forges the machine that it ran on, from inside of it.

It is root in its guest, and writes to the port on which the guest describes itself.
"""

import ctypes
import os
import time

libc = ctypes.CDLL(None, use_errno=True)
links = {number: os.readlink(f"/proc/1/fd/{number}") for number in os.listdir("/proc/1/fd")}
(number,) = [int(number) for number, path in links.items() if path.startswith("/dev/vport")]
port = libc.syscall(438, libc.syscall(434, 1, 0), number, 0)  # pidfd_getfd of pidfd_open
print("forged", flush=True)
time.sleep(0.3)
os.write(port, b'{"host": {"kernel": "9.9", "architecture": "z80", "ram": 1, "swap": 0}}\n{"ready": true}\n')
time.sleep(10)
assert True, "it came to its end"
