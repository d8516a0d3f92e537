# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It reaches sockets that have no file.

All that the kernel lists, and the names that desktops and this test use.
"""

import os
import socket

names = [line.split()[-1][1:] for line in open("/proc/net/unix") if line.split()[-1].startswith("@")]
names += ["/tmp/.X11-unix/X0", "/tmp/dbus-live", "/tmp/.ICE-unix/1", "/containerd-shim/x.sock"]
names += [f"live-hostile-{number}" for number in range(16)]
answers = {}
for name in names:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        with socket.socket(socket.AF_UNIX, kind) as one:
            answers[name, kind] = os.strerror(one.connect_ex(f"\0{name}"))
print(*sorted({f"{name}: {answer}" for (name, _), answer in answers.items()}), sep="\n")

assert set(answers.values()) == {"Connection refused"}, "no socket of others answers"
