# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It changes the settings of the machine.

Overcommit, core dumps, huge pages, the magic key, the clock, the name, and its own badness.
"""

import os

answers = {}
for path, value in {
    "/proc/sys/vm/overcommit_memory": "1",
    "/proc/sys/vm/drop_caches": "3",
    "/proc/sys/kernel/core_pattern": "|/tmp/evil",
    "/proc/sys/kernel/modprobe": "/tmp/evil",
    "/proc/sys/kernel/hostname": "evil",
    "/proc/sys/kernel/shmmax": "1",
    "/proc/sys/fs/mqueue/queues_max": "100000",
    "/proc/sys/user/max_user_namespaces": "1000",
    "/proc/sys/net/ipv4/ip_forward": "1",
    "/proc/sysrq-trigger": "h",
    "/proc/self/oom_score_adj": "-1000",
    "/proc/self/uid_map": "0 0 1",
    "/proc/self/setgroups": "allow",
    "/proc/self/loginuid": "0",
    "/proc/1/oom_score_adj": "1000",
    "/sys/kernel/mm/transparent_hugepage/enabled": "never",
    "/sys/kernel/mm/ksm/run": "1",
}.items():
    try:
        os.write(os.open(path, os.O_WRONLY), value.encode())
        answers[path] = "written"
    except OSError as error:
        answers[path] = error.strerror
for path, answer in answers.items():
    print(path, answer)

own = {path for path, answer in answers.items() if answer == "written"}
assert own <= {"/proc/1/oom_score_adj"}, "no setting can be changed, but that its own first process is a better victim"
