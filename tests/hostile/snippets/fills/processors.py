# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# timeout = 2
# ///
"""It takes all processors.

And asks to be more important than others: priority, real time, and every processor there is.
"""

import os

answers = {}
for name, call in {
    "nice": lambda: os.setpriority(os.PRIO_PROCESS, 0, -20),
    "nice of all": lambda: os.setpriority(os.PRIO_USER, 0, -20),
    "fifo": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)),
    "round robin": lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1)),
}.items():
    try:
        answers[name] = call() or "worked"
    except OSError as error:
        answers[name] = error.strerror
print(answers, flush=True)
assert "worked" not in answers.values(), "it is as important as others"
for _ in range(3):
    os.fork()
while True:
    pass
