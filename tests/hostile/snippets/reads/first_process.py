# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It reads all that the first process has.

Environment, command line, descriptors, root and memory of process 1 and of its parent.
"""

import os

got = {}
for pid in (1, os.getppid()):
    for name in ("environ", "cmdline", "maps", "mem", "stack", "syscall", "auxv"):
        try:
            got[pid, name] = open(f"/proc/{pid}/{name}", "rb").read(1 << 16)
        except OSError as error:
            got[pid, name] = error.strerror
    for name in ("root", "cwd", "exe"):
        try:
            got[pid, name] = os.listdir(f"/proc/{pid}/{name}/") if name != "exe" else os.readlink(f"/proc/{pid}/exe")
        except OSError as error:
            got[pid, name] = error.strerror
    try:
        got[pid, "fd"] = [os.readlink(one.path) for one in os.scandir(f"/proc/{pid}/fd")]
    except OSError as error:
        got[pid, "fd"] = error.strerror
for key, value in got.items():
    print(*key, value)
words = b" ".join(value for value in got.values() if isinstance(value, bytes))

assert b"bind" not in (got[1, "cmdline"] or b""), "its command line does not say what the walls are"
assert b"canary" not in words, "nothing of it holds a secret"
