# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["build", "lab", "lab-newer"]
# needs = ["sar"]
# facts = ["kernel", "limit", "computed_limit", "percent", "sar_percent", "scores", "total", "swap"]
# lab = { swap = "128M", sysctl = { "vm.overcommit_ratio" = 80, "vm.nr_hugepages" = 8 } }
# timeout = 60
# ///
"""CommitLimit, %commit and oom_score follow from inputs that anyone can read.

Computes each of the three from /proc, and compares it with what the kernel and sar say. Starts
five processes of different sizes and oom_score_adj for it; ends them again.
"""

import contextlib
import mmap
import os
import platform
import re
import signal
import subprocess
from pathlib import Path

PAGE, MiB = os.sysconf("SC_PAGE_SIZE"), 2**20
kernel, vm = platform.release(), Path("/proc/sys/vm")


def read(path):
    rows = re.findall(r"^(\w+):\s+(-?\d+)", Path(path).read_text(), re.M)
    return {name: int(value) for name, value in rows}  # most are KiB


# region formulas
def commit_limit(meminfo, ratio, fixed):
    """mm/util.c, vm_commit_limit, which counts in pages."""
    names = ("MemTotal", "Hugetlb", "SwapTotal")
    ram, pool, swap = (meminfo.get(name, 0) * 1024 // PAGE for name in names)
    ram = fixed * 1024 // PAGE if fixed else (ram - pool) * ratio // 100
    return (ram + swap) * PAGE // 1024


def percent_commit(committed, meminfo):
    """sysstat, pr_stats.c."""
    return 100 * committed / (meminfo["MemTotal"] + meminfo["SwapTotal"])


def oom_score(status, adj, total_pages):
    """mm/oom_kill.c, oom_badness, and fs/proc/base.c, proc_oom_score, since 5.9."""
    pages = sum(status.get(name, 0) * 1024 for name in ("VmRSS", "VmSwap", "VmPTE")) // PAGE
    badness = pages + adj * (total_pages // 1000)
    return 0 if adj == -1000 else (1000 + int(badness * 1000 / total_pages)) * 2 // 3


# endregion
def start(size, adj):
    """A process of its own that fills `size`, with `adj` if that is allowed here."""
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(PermissionError):  # only CAP_SYS_RESOURCE may go below 0
            Path("/proc/self/oom_score_adj").write_text(str(adj))
        area = mmap.mmap(-1, size + PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        area[::PAGE] = bytes(len(area[::PAGE]))
        os.write(tell, b"1")
        signal.pause()
    os.read(ready, 1)
    return pid


meminfo, scores = read("/proc/meminfo"), []
ratio, fixed = (int((vm / f"overcommit_{of}").read_text()) for of in ("ratio", "kbytes"))
limit, computed_limit = meminfo["CommitLimit"], commit_limit(meminfo, ratio, fixed)
total, swap, pool = meminfo["MemTotal"], meminfo["SwapTotal"], meminfo.get("Hugetlb", 0)
print(f"Linux {kernel}: MemTotal {total:,} KiB, SwapTotal {swap:,}, Hugetlb {pool:,},")
print(f"overcommit_ratio {ratio}, overcommit_kbytes {fixed}\n")
print(f"CommitLimit {limit:,} KiB, computed {computed_limit:,}")

command, english = ["sar", "-r", "1", "1"], os.environ | {"LC_ALL": "C"}
quiet = subprocess.DEVNULL  # it may complain that there are no temperatures to read
lines = subprocess.check_output(command, text=True, env=english, stderr=quiet).splitlines()
names, *_, values = (line.split() for line in lines if re.search("commit|^Av", line))
sar = dict(zip(reversed(names), reversed(values), strict=False))
sar_percent, percent = float(sar["%commit"]), percent_commit(int(sar["kbcommit"]), meminfo)
print(f"sar %commit {sar_percent:.2f}, computed {percent:.2f} of kbcommit {sar['kbcommit']}\n")

print(f"{'oom_score_adj':>13}{'RSS':>11}{'swap':>7}{'tables':>8}{'oom_score':>11}{'computed':>10}")
for size, wanted in ((0, 0), (48 * MiB, 0), (48 * MiB, -500), (16 * MiB, 500), (0, 1000)):
    pid = start(size, wanted)
    status, proc = read(f"/proc/{pid}/status"), Path(f"/proc/{pid}")
    shown, adj = (int((proc / file).read_text()) for file in ("oom_score", "oom_score_adj"))
    computed = oom_score(status, adj, (total + swap) * 1024 // PAGE)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    sizes = [status[name] for name in ("VmRSS", "VmSwap", "VmPTE")]
    scores.append({"adj": adj, "rss": sizes[0], "shown": shown, "computed": computed})
    print(f"{adj:13}{sizes[0]:11,}{sizes[1]:7,}{sizes[2]:8,}{shown:11}{computed:10}")

assert limit == computed_limit, f"CommitLimit was computed exactly: {limit:,} KiB"
# sar rounds to two digits.
assert abs(percent - sar_percent) < 0.006, f"so was %commit: {sar_percent:.2f}"
# 1 for rounding, 1 because from 6.2 on the score used an RSS that CPUs may lag behind (not in 7.2).
worst = max(abs(score["shown"] - score["computed"]) for score in scores)
assert worst <= 2, f"the worst of {len(scores)} computed oom_scores is wrong by {worst}"
