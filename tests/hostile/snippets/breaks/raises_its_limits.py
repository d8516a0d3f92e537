# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It raises its limits.

Each that the harness has set, by setrlimit(2) and prlimit(2), for itself and for its parent.
"""

import os
import resource

answers = {}
for name in ("CORE", "FSIZE", "NOFILE", "NPROC"):
    kind = getattr(resource, f"RLIMIT_{name}")
    for pid in (0, os.getppid(), 1):
        for value in ((1 << 40, 1 << 40), (resource.RLIM_INFINITY, resource.RLIM_INFINITY)):
            try:
                resource.prlimit(pid or os.getpid(), kind, value)
                answers[name, pid] = "raised"
            except (OSError, ValueError) as error:
                answers[name, pid] = str(error)
for key, answer in answers.items():
    print(*key, answer)

assert "raised" not in answers.values(), "its limits stay, and those of its first process"
