# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It leaves its namespaces for others.

Joins those of its parent, makes new ones, and asks the kernel for the root of the mount.
"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def tried(result):
    return "worked" if result >= 0 else os.strerror(ctypes.get_errno())


answers = {}
for pid in (1, os.getppid(), os.getpid()):
    for kind in ("user", "mnt", "net", "pid", "ipc", "uts", "cgroup"):
        try:
            answers[pid, kind] = tried(libc.setns(os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY), 0))
        except OSError as error:
            answers[pid, kind] = error.strerror
for name, flag in (("user", 0x10000000), ("mount", 0x20000), ("net", 0x40000000), ("pid", 0x20000000), ("time", 0x80)):
    answers["new", name] = tried(libc.unshare(flag))
answers["chroot", "/"] = tried(libc.chroot(b"/"))
answers["pivot_root", "/"] = tried(libc.syscall({"x86_64": 155}.get(os.uname().machine, 41), b"/tmp", b"/tmp"))
for key, answer in answers.items():
    print(*key, answer)

assert "worked" not in answers.values(), "it stays where it is"
