# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["lab", "lab-newer"]
# needs = ["dmesg"]
# facts = ["asked", "limit", "members", "killed", "events", "peak", "ram", "available", "line"]
# lab = { memory = "512M", log = ['CONSTRAINT_MEMCG.*,oom_memcg=/box,task_memcg=/box,task=big'] }
# timeout = 90
# ///
"""A group at its limit kills its own biggest member, on a machine with memory to spare.

A control group with memory.max at 64 MiB has three members: two hold memory and one asks for more
and more. Beside the group lives a process that is bigger than any of them.
"""

import mmap
import os
import re
import signal
import subprocess
from pathlib import Path

MiB, page = 2**20, os.sysconf("SC_PAGE_SIZE")
limit, asked, root = 64 * MiB, 256 * MiB, Path("/sys/fs/cgroup")
box = root / "box"


def numbers(file):
    found = re.findall(r"^(\w+):?\s+(\d+)", Path(file).read_text(), re.M)
    return {name: int(number) for name, number in found}


def meminfo(name):
    return numbers("/proc/meminfo")[name] * 1024


# region member
def member(name, holds, *, asks=0, adj=0, group=box):
    """A process that asks for memory, uses some and stops; told to go on, it uses the rest."""
    pid = os.fork()
    if pid:
        os.waitpid(pid, os.WUNTRACED)  # until it stops
        return pid
    Path("/proc/self/comm").write_text(name)
    Path("/proc/self/oom_score_adj").write_text(str(adj))
    (group / "cgroup.procs").write_text("0")
    area = mmap.mmap(-1, asks or holds, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area.madvise(mmap.MADV_NOHUGEPAGE)
    for end in (holds, asks):
        for offset in range(0, end, page):
            area[offset] = 1
        os.kill(os.getpid(), signal.SIGSTOP)
    os._exit(0)


# By the first kill "asking" outweighs "small", so a second kill that comes early takes it as well.
box.mkdir()
(box / "memory.max").write_text(str(limit))
outside = member("outside", 96 * MiB, group=root)
big, small = member("big", 36 * MiB), member("small", 4 * MiB, adj=150)
asking = member("asking", 2 * MiB, asks=asked)
# endregion


def weigh(pid):
    """In pages: size, and badness as it counts inside the group; and the oom_score of /proc."""
    status, proc = numbers(f"/proc/{pid}/status"), Path(f"/proc/{pid}")
    pages = sum(status[name] for name in ("VmRSS", "VmSwap", "VmPTE")) * 1024 // page
    adj, score = (int((proc / name).read_text()) for name in ("oom_score_adj", "oom_score"))
    badness = pages + adj * (limit // page // 1000)
    return {"pages": pages, "adj": adj, "badness": badness, "oom_score": score}


pids = {"big": big, "small": small, "asking": asking, "outside": outside}
members = {name: weigh(pid) for name, pid in pids.items()}
ram, available = meminfo("MemTotal"), meminfo("MemAvailable")
(box / "cgroup.procs").write_text("0")
inside = meminfo("MemTotal")
(root / "cgroup.procs").write_text("0")
os.kill(asking, signal.SIGCONT)
end = os.waitstatus_to_exitcode(os.waitpid(asking, 0)[1])
log = subprocess.run(["dmesg"], capture_output=True, text=True, check=True).stdout
line = re.search(r"oom-kill:.*", log)[0]
killed = re.findall(r"Memory cgroup out of memory: Killed process \d+ \((\w+)\)", log)
events, peak = numbers(box / "memory.events"), int((box / "memory.peak").read_text())
alive = os.waitpid(outside, os.WNOHANG) == os.waitpid(small, os.WNOHANG) == (0, 0)

print(f"{'before':<9}{'pages':>8}{'adj':>6}{'badness':>9}{'oom_score':>11}")
for name, its in members.items():
    badness = "-" if name == "outside" else its["badness"]
    print(f"{name:<9}{its['pages']:8}{its['adj']:6}{badness:>9}{its['oom_score']:11}")
print(f"\nkilled, in this order: {', '.join(killed)}\n{line}")
print(f"memory.events: {events}")
print(f"memory.peak: {peak / MiB:.1f} MiB, memory.max: {limit / MiB:.1f} MiB")
print(f"/proc/meminfo before: {available / MiB:.0f} of {ram / MiB:.0f} MiB available")
print(f"/proc/meminfo in the group: MemTotal {inside / MiB:.0f} MiB")

spare, scores = available / MiB, {name: members[name]["oom_score"] for name in ("big", "small")}
assert end == -signal.SIGKILL, f"{asked / MiB:.0f} MiB were granted; using them ended in SIGKILL"
assert killed == ["big", "asking"], f"killed in this order, the one that asked last: {killed}"
assert spare > 2 * limit / MiB, f"{spare:.0f} MiB were available on the machine"
assert peak <= limit, f"the group never held more than {peak / MiB:.1f} MiB"
assert events["oom_kill"] == 2, f"its memory.events counted {events['oom_kill']} killed"
assert scores["small"] > scores["big"], f"oom_score had them in another order: {scores}"
assert alive, f"outside, of {members['outside']['pages']:,} pages, lived, as did small"
assert inside == ram, f"inside the group MemTotal was {inside / MiB:.0f} MiB, as outside"
