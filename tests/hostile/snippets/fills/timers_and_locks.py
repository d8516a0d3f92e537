# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# memory = "200MiB"
# ///
"""It fills the kernel with small things.

Timers, locks on ranges of a file, watches, and events: as many as it gets in a moment.
"""

import ctypes
import fcntl
import os
import select
import struct
import time

libc = ctypes.CDLL(None, use_errno=True)
counts, end = {}, time.monotonic() + 1
identity, counts["timers"] = ctypes.c_int(), 0
while time.monotonic() < end and libc.timer_create(1, None, ctypes.byref(identity)) == 0:
    counts["timers"] += 1
file, end, counts["locks"] = os.open("/tmp/locked", os.O_CREAT | os.O_RDWR), time.monotonic() + 1, 0
while time.monotonic() < end:
    lock = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 2 * counts["locks"], 1, 0)
    fcntl.fcntl(file, fcntl.F_SETLK, lock)
    counts["locks"] += 1
polls, pipe = [], os.pipe()
try:
    while True:
        polls.append(select.epoll())
        polls[-1].register(pipe[0])
except OSError:
    counts["polls"] = len(polls)
watcher, end, counts["watches"] = -1, time.monotonic() + 1, 0
for poll in polls[:4]:
    poll.close()
watcher = libc.inotify_init()  # of these there are 128 for all that a user runs
while watcher >= 0 and time.monotonic() < end and counts["watches"] < 1_000_000:
    path = f"/tmp/w{counts['watches']}"
    os.mkdir(path)
    if libc.inotify_add_watch(watcher, path.encode(), 0x100) < 0:
        break
    counts["watches"] += 1
print(counts)

assert max(counts.values()) < 1_000_000, "in a moment none of them comes to a million"
