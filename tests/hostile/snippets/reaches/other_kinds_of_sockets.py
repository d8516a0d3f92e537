# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It reaches out by other kinds of sockets.

Those to the hypervisor, to the wire, to other machines' kernels, and io_uring, which makes sockets by itself.
"""

import ctypes
import os
import socket

libc = ctypes.CDLL(None, use_errno=True)
answers = {}
for family in range(46):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        try:
            socket.socket(family, kind).close()
            answers[family, kind] = "made"
        except OSError as error:
            answers[family, kind] = error.strerror
made = sorted({family for (family, _), answer in answers.items() if answer == "made"})
raw = [family for (family, kind), answer in answers.items() if answer == "made" and kind == socket.SOCK_RAW]
ring = libc.syscall(425, 4, ctypes.create_string_buffer(120))
print("families:", made, "raw:", raw, "io_uring:", ring, os.strerror(ctypes.get_errno()))

assert set(made) <= {socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK}, "few families are left"
assert set(raw) <= {socket.AF_UNIX, socket.AF_NETLINK}, "no packet can be made by hand"
assert ring == -1, "there is no io_uring"
