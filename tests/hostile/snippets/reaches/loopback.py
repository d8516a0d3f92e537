# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# timeout = 30
# ///
"""It reaches every port of this machine.

Connects to all 65,535 ports of 127.0.0.1 and looks at what listens.
"""

import errno
import socket

answers = {}
for port in range(1, 1 << 16):
    with socket.socket() as one:
        one.bind(("127.0.0.2", 0))  # from another address, since a port may by chance be connected to itself
        answers[port] = one.connect_ex(("127.0.0.1", port))
opened = [port for port, answer in answers.items() if answer == 0]
told = {errno.errorcode.get(answer, answer) for answer in answers.values()}
print(f"{len(answers)} ports, open: {opened}, answers: {told}")

assert not opened, "no port of this machine is open to it"
assert told == {"ECONNREFUSED"}, "each attempt is refused"
