# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It leaves notes for another run to find.

In every place that outlives a process, and looks for those of another run with the same program.
"""

import ctypes
import glob
import os

libc = ctypes.CDLL(None, use_errno=True)
key, name = 0x1EE7, b"/live-hostile"
places = ("/tmp/live-hostile", "/dev/shm/live-hostile", "/var/tmp/live-hostile", "/dev/mqueue/live-hostile")
found = [path for path in places if os.path.exists(path)]
found += [
    which for which, there in (("segment", libc.shmget(key, 0, 0) >= 0), ("queue", libc.mq_open(name, 0) >= 0)) if there
]
found += ["message queue"] * (libc.msgget(key, 0) >= 0) + ["semaphore"] * (libc.semget(key, 0, 0) >= 0)
left = []
for path in places:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
        left.append(path)
    except OSError as error:
        print(path, error.strerror)
left += ["segment"] * (libc.shmget(key, 1 << 20, 0o1666) >= 0) + ["queue"] * (libc.mq_open(name, 66, 0o666, None) >= 0)
left += ["message queue"] * (libc.msgget(key, 0o1666) >= 0) + ["semaphore"] * (libc.semget(key, 1, 0o1666) >= 0)
print("found:", found, "left:", left, glob.glob("/dev/mqueue/*"))

assert not found, "there is no note of another run"
assert len(left) >= 6, "it could leave its own"
