# /// script
# requires-python = ">=3.11"
# dependencies = []
# [tool.live]
# host = "lab"
# facts = ["held", "scores", "died", "extra", "told", "asker"]
# lab = { memory = "384M", log = ['Out of memory \(oom_kill_allocating_task\): Killed process'] }
# timeout = 60
# ///
"""The largest is killed, root's or not, unless the kernel is told to kill the one who asks.

Compares equal processes of root and of user 1000, and fills the machine beside a root's that has
1 MiB more. Then sets vm.oom_kill_allocating_task and lets a small process ask beside a large one.
"""

import mmap
import os
import re
import signal
from pathlib import Path

MiB, page = 2**20, os.sysconf("SC_PAGE_SIZE")


def numbers(file):
    found = re.findall(r"^(\w+):?\s+(\d+)", Path(file).read_text(), re.MULTILINE)
    return {name: int(number) for name, number in found}


def memory(size):
    area = mmap.mmap(-1, int(size), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area.madvise(mmap.MADV_NOHUGEPAGE)
    for offset in range(0, len(area), page):
        area[offset] = 1
    return area


def start(name, size, uid=0):
    child = os.fork()
    if child == 0:
        Path("/proc/self/comm").write_text(name)
        os.setuid(uid)
        _kept = memory(size)
        os.write(tell, b"1")
        signal.pause()
    names[child] = name
    return child


def hold(name, size, uid=0):
    child = start(name, size, uid)
    os.read(ready, 1)
    status = numbers(f"/proc/{child}/status")
    held[name] = sum(status[part] for part in ("VmRSS", "VmSwap", "VmPTE")) * 1024
    scores[name] = int(Path(f"/proc/{child}/oom_score").read_text())


def end():
    """Wait until one has been killed, end the others, and tell who it was and its largest RSS."""
    killed, _, usage = os.wait3(0)
    name = names.pop(killed)
    for pid in names:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    names.clear()
    return name, usage.ru_maxrss * 1024


free = numbers("/proc/meminfo")["MemAvailable"] * 1024
(ready, tell), names, held, scores = os.pipe(), {}, {}, {}

# region root
hold("user", 0.27 * free, uid=1000)
hold("root", 0.27 * free)
hold("root+", 0.27 * free + MiB)
kills, mine = numbers("/proc/vmstat")["oom_kill"], []
while numbers("/proc/vmstat")["oom_kill"] == kills:
    mine.append(memory(MiB // 4))
died, _ = end()
del mine
# endregion
# region told
Path("/proc/sys/vm/oom_kill_allocating_task").write_text("1")
hold("large", 0.8 * free)
start("asking", free)
told, asker = end()
# endregion
for name, size in held.items():
    print(f"{name:<8}{size / MiB:7.1f} MiB, oom_score {scores[name]}")
print(f"killed when another process took the rest: {died}")
print(f"killed with vm.oom_kill_allocating_task=1: {told}, which had {asker / MiB:.1f} MiB")

apart, extra = abs(scores["root"] - scores["user"]), 1 - held["user"] / held["root+"]
assert apart <= 1, f"equal, root's had a score of {scores['root']}, and user's {scores['user']}"
assert died == "root+", f"killed was {died}: root's, and {extra:.1%} larger"
# Before Linux 4.17 root's processes were given 3 % of their size.
assert extra < 0.03, f"a bonus of 3 % would have saved it, for {extra:.1%} is less"
large = held["large"]
assert told == "asking", f"told to, the kernel killed {told}, with {asker / MiB:.0f} MiB,"
assert asker < large / 2, f"beside one with {large / MiB:.0f} MiB"
