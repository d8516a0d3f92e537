# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It reaches the address that hands out a cloud's keys.

The addresses that clouds use for that, a public one, and names.
"""

import socket

answers = {}
for address in (
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "fd00:ec2::254",
    "192.0.2.1",
    "10.0.2.2",
    "172.17.0.1",
):
    try:
        answers[address] = socket.create_connection((address, 80), timeout=1)
    except OSError as error:
        answers[address] = error.strerror or str(error)
for name in ("metadata.google.internal", "host.docker.internal", "example.org", socket.gethostname()):
    try:
        answers[name] = socket.create_connection((name, 80), timeout=1)
    except OSError as error:
        answers[name] = error.strerror or str(error)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packets:
    try:
        answers["a datagram"] = packets.sendto(b"x", ("169.254.169.254", 53))
    except OSError as error:
        answers["a datagram"] = error.strerror
for address, answer in answers.items():
    print(address, answer)

assert all(isinstance(answer, str) for answer in answers.values()), "none of them can be reached"
