# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It kills its parent, and all that it can.

Every number that a process could have, and every group.
"""

import os
import signal

answers = {}
for pid in (1, os.getppid(), -1, *range(2, 70_000)):
    if pid == os.getpid():
        continue
    try:
        answers[pid] = os.kill(pid, signal.SIGKILL) or "sent"
    except OSError as error:
        answers[pid] = error.strerror
print({pid: answer for pid, answer in answers.items() if answer != "No such process"})

assert True, "it is still there"
