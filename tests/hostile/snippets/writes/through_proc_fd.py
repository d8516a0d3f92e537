# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It writes through descriptors that it may only read.

Opens files to read, and reopens them by /proc/self/fd and /proc/self/map_files to write.
"""

import glob
import os
import sys

answers = {}
for path in (
    "/etc/passwd",
    os.path.realpath(sys.executable),
    __file__,
    "/usr/bin/env",
    "/opt/packages",
    "/proc/self/exe",
    "/",
    *glob.glob("/run/live/*.py"),
):
    descriptor = os.open(path, os.O_RDONLY)
    for way in (f"/proc/self/fd/{descriptor}", f"/proc/thread-self/fd/{descriptor}", f"/dev/fd/{descriptor}"):
        for flags in (os.O_RDWR, os.O_WRONLY | os.O_TRUNC, os.O_TMPFILE | os.O_RDWR):
            try:
                os.write(os.open(way, flags, 0o600), b"")
                answers[path, way[:11], flags] = "written"
            except OSError as error:
                answers[path, way[:11], flags] = error.strerror
    try:
        os.fchmod(descriptor, 0o777)
        answers[path, "fchmod", 0] = "changed"
    except OSError as error:
        answers[path, "fchmod", 0] = error.strerror
print(*sorted({f"{path} {answer}" for (path, _, _), answer in answers.items()}), sep="\n")

assert {"written", "changed"}.isdisjoint(answers.values()), "what can only be read stays so"
