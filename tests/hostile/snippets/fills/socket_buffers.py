# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# memory = "200MiB"
# ///
"""It fills the buffers of sockets.

Pairs of sockets that nobody reads from, in several processes.
"""

import os
import socket
import time

for _ in range(20):
    if os.fork() == 0:
        pairs = []
        try:
            while True:
                pairs.append(socket.socketpair())
        except OSError:
            pass
        for one, _ in pairs:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24)
            one.setblocking(False)
            try:
                while True:
                    one.send(bytes(1 << 16))
            except OSError:
                pass
        time.sleep(30)
time.sleep(30)
