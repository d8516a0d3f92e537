# /// script
# requires-python = ">=3.11"
# dependencies = []
# [tool.live]
# host = ["build", "lab"]
# facts = ["total", "scores", "started", "trials", "privileged"]
# ///
"""Anyone may raise oom_score_adj, and only a privilege lowers it below where it was.

Starts idle processes with rising oom_score_adj, one of them with 256 MiB, and computes what each
reads as oom_score. Then tries to lower the value as this user, and as one without privileges.
"""

import ast
import contextlib
import mmap
import os
import re
from pathlib import Path

MiB, page = 2**20, os.sysconf("SC_PAGE_SIZE")
own = Path("/proc/self/oom_score_adj")
started = int(own.read_text())


def numbers(file):
    found = re.findall(r"^(\w+):?\s+(\d+)", Path(file).read_text(), re.MULTILINE)
    return {name: int(number) for name, number in found}


total = sum(numbers("/proc/meminfo")[name] for name in ("MemTotal", "SwapTotal")) * 1024 // page


# region score
def score(adj):
    """fs/proc/base.c, proc_oom_score, which since Linux 5.9 scales the badness of mm/oom_kill.c."""
    status = numbers("/proc/self/status")
    pages = sum(status[name] for name in ("VmRSS", "VmSwap", "VmPTE")) * 1024 // page
    badness = pages + adj * (total // 1000)
    return 0 if adj == -1000 else (1000 + int(badness * 1000 / total)) * 2 // 3


# endregion
def in_child(action, *arguments):
    (answer, tell), child = os.pipe(), os.fork()
    if child == 0:
        os.write(tell, repr(action(*arguments)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return ast.literal_eval(os.read(answer, 99).decode())


def read(adj, size):
    own.write_text(str(adj))
    area = mmap.mmap(-1, size + page, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for offset in range(0, size, page):
        area[offset] = 1
    reads = int(Path("/proc/self/oom_score").read_text())
    return {"adj": adj, "size": size, "reads": reads, "computed": score(adj)}


# region attempt
def attempt(with_privilege, without):
    """Write values as this user, then as one without privileges."""
    file = os.open(own, os.O_WRONLY)
    try:
        for adj in with_privilege:
            os.write(file, str(adj).encode())
        with contextlib.suppress(OSError):  # this user has none either
            os.setuid(65534)
        for adj in without:
            os.write(file, str(adj).encode())
    except PermissionError:
        return "refused"
    return "allowed"


raised = min(started + 300, 1000)
cases = {  # what is tried, what is written before and after privileges are given up
    f"raise to {raised}, and back to {started}": ([], [raised, started]),
    "lower to -1000": ([], [-1000]),
    "lower to -1000, as the user that started this": ([-1000], []),
    f"that user sets {raised}; lower by 1": ([raised], [max(raised - 1, started)]),
}
trials = {what: in_child(attempt, *values) for what, values in cases.items()}
# endregion
effective = re.search(r"CapEff:\s+(\w+)", Path("/proc/self/status").read_text())[1]
whole = Path("/proc/self/uid_map").read_text().split()[2] == "4294967295"
privileged = whole and bool(
    int(effective, 16) >> 24 & 1
)  # CAP_SYS_RESOURCE, and not in a namespace
adjs = sorted({started, max(started, 500), 1000}) + [-1000] * privileged
scores = [in_child(read, adj, 0) for adj in adjs] + [in_child(read, started, 256 * MiB)]
for row in scores:
    print(f"{row['size'] // MiB:4} MiB more, adj {row['adj']:5}: oom_score {row['reads']}")
for what, outcome in trials.items():
    print(f"{what}: {outcome}")

for row in scores:  # 2: the kernel's counters may be some pages apart from what status says
    said = f"with {row['adj']}, oom_score was {row['reads']}; computed, {row['computed']}"
    assert abs(row["reads"] - row["computed"]) <= 2, said
yes, no = "allowed", "refused"
wanted = [yes, no, yes, no] if privileged else [yes, no, no, yes]
for what, outcome in trials.items():
    assert outcome == wanted.pop(0), f"{what}: {outcome}"
