# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# memory = "200MiB"
# ///
"""It fills memory with files that are on their way.

Descriptors that were sent and not received are in no process's list.
"""

import os
import socket
import time

here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
sent = 0
try:
    for _ in range(8):
        file = os.memfd_create("x")
        os.write(file, bytes(100 << 20))
        socket.send_fds(here, [b"x"], [file])
        os.close(file)
        sent += 1
    time.sleep(20)
except OSError as error:
    os.close(file)
    print(f"{sent} sent, then: {error.strerror}")
assert sent == 0, "none is sent"
