# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It climbs out through what it inherited.

Reads and climbs up from every descriptor, and reopens each.
"""

import os

got = {}
for number in map(int, os.listdir("/proc/self/fd")):
    try:
        name = os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        continue  # that of the listing
    got[number] = name.split(":")[0]
    try:
        print(number, name, os.listdir(os.open("..", os.O_RDONLY, dir_fd=number)))
    except OSError as error:
        print(number, name, error.strerror)

assert set(got.values()) <= {"/dev/null", "pipe", "socket"}, "no descriptor is a file or a folder"
assert len(got) <= 4, "three streams and a channel are all"
