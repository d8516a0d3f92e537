# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It traces and stops those that run beside it.

Looks for processes of other runs by every number, and tries to see, stop, trace, move and outrank them.
"""

import ctypes
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)
own = {int(name) for name in os.listdir("/proc") if name.isdigit()}
found = []
for pid in range(1, 200_000):
    if pid in own:
        continue
    try:
        os.kill(pid, 0)
        found.append(pid)
    except ProcessLookupError:
        continue
    except PermissionError:
        found.append(pid)
answers = {}
for name, call in {
    "stop all": lambda: os.kill(-1, signal.SIGCONT),
    "stop a group": lambda: os.killpg(os.getpgid(os.getppid()), 0) and "alone",
    "outrank": lambda: os.setpriority(os.PRIO_USER, 65534, 19),
    "look into a group": lambda: open("/sys/fs/cgroup/cgroup.procs").read(),
}.items():
    try:
        answers[name] = call() or "done"
    except OSError as error:
        answers[name] = error.strerror
print("own:", sorted(own), "others:", found)
print(answers)

assert not found, "there is nobody else"
assert answers["look into a group"] == "No such file or directory", "and no control group"
