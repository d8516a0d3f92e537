# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It takes keys out of the kernel.

add_key, request_key and keyctl, by their numbers on this machine; and the list of keys.
"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
add, ask, control = {"x86_64": (248, 249, 250)}.get(os.uname().machine, (217, 218, 219))
calls = {
    "add_key": (add, b"user", b"live-hostile", b"x", 1, -4),
    "request_key": (ask, b"user", b"live-hostile", None, 0),
    "read a key": (control, 11, -4, None, 0),
    "get the lasting keys": (control, 22, -1, -3),
}
answers = {}
for name, call in calls.items():
    answers[name] = "worked" if libc.syscall(*call) >= 0 else os.strerror(ctypes.get_errno())
for path in ("/proc/keys", "/proc/key-users"):
    try:
        answers[path] = "worked" if open(path).read() else "empty"
    except OSError as error:
        answers[path] = error.strerror
for name, answer in answers.items():
    print(name, answer)

assert "worked" not in answers.values(), "the kernel hands out no key, and lists none"
