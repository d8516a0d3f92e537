# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# memory = "200MiB"
# ///
"""It fills message queues.

Those of System V, after it has tried to raise what they may hold, and those of POSIX.
"""

import ctypes
import os
import time

libc = ctypes.CDLL(None, use_errno=True)
for name, value in (("msgmnb", "1000000000"), ("msgmax", "1000000"), ("msgmni", "100000")):
    try:
        open(f"/proc/sys/kernel/{name}", "w").write(value)
        print(name, "was raised", flush=True)
    except OSError as error:
        print(name, error.strerror, flush=True)
size, queues, total = 8000, 0, 0
message = ctypes.create_string_buffer(ctypes.sizeof(ctypes.c_long) + size)
message[0] = 1
while (queue := libc.msgget(0, 0o1600)) >= 0 and total < 3 << 30:
    queues += 1
    while libc.msgsnd(queue, message, ctypes.c_size_t(size), 0o4000) == 0:
        total += size
print(f"{queues} queues with {total >> 20} MiB, then: {os.strerror(ctypes.get_errno())}", flush=True)
posix = 0
while posix < 10_000 and libc.mq_open(b"/q%d" % posix, 66, 0o600, None) >= 0:
    posix += 1
print(f"{posix} POSIX queues, then: {os.strerror(ctypes.get_errno())}", flush=True)
time.sleep(20)
