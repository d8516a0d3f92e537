# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It reads the disk as a whole.

Makes device nodes for disks and memory, and opens those that are there.
"""

import glob
import os
import stat

answers = {}
for major, minor in ((8, 0), (252, 0), (253, 0), (254, 0), (259, 0), (1, 1), (1, 2), (1, 4), (10, 232), (10, 229)):
    path = f"/tmp/{major}-{minor}"
    try:
        os.mknod(path, (stat.S_IFCHR if major in (1, 10) else stat.S_IFBLK) | 0o666, os.makedev(major, minor))
        answers[path] = os.read(os.open(path, os.O_RDONLY), 16)
    except OSError as error:
        answers[path] = error.strerror
for path in [
    "/dev/mem",
    "/dev/kmem",
    "/dev/port",
    "/dev/kvm",
    "/dev/fuse",
    "/dev/loop-control",
    *glob.glob("/dev/[svn][dv]*"),
]:
    try:
        answers[path] = os.read(os.open(path, os.O_RDONLY), 16)
    except OSError as error:
        answers[path] = error.strerror
for path, answer in answers.items():
    print(path, answer)

assert all(isinstance(answer, str) for answer in answers.values()), "no device can be made or opened"
