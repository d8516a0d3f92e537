# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It makes the engine wait for ever.

Sends it a socket that is full and lingers, over the way on which claims are reported. Who closes the last descriptor
of such a socket waits until everything is delivered, and that would be the engine.
"""

import os
import socket
import struct

ways = [int(name) for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")]
(channel,) = (way for way in ways if os.readlink(f"/proc/self/fd/{way}").startswith("socket:"))
listener = socket.create_server(("127.0.0.1", 0))
full = socket.create_connection(listener.getsockname())
peer, _ = listener.accept()
full.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 100_000))
full.setblocking(False)
try:
    while True:
        full.send(bytes(1 << 16))
except BlockingIOError:
    pass
answer = "sent"
try:
    socket.send_fds(socket.socket(fileno=os.dup(channel)), [b'{"peak": 1, "cpu": 0.0}'], [full.fileno()])
except OSError as error:
    answer = error.strerror
full.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # or it would wait itself
print(answer)
assert answer != "sent", "no descriptor leaves the sandbox"
