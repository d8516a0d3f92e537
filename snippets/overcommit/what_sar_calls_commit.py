# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# needs = ["sar"]
# exclusive = true
# facts = ["mode", "idle", "promised", "pieces", "ram", "swap", "used"]
# ///
"""The %commit of sar is a share of RAM and swap and not of CommitLimit.

Runs sar -r, then promises several times RAM without using any, and runs it again. Computes the
columns from /proc/meminfo each time, and the two things that one may want to know instead.
"""

import mmap
import os
import re
import subprocess
from pathlib import Path

MiB = 2**20
page = os.sysconf("SC_PAGE_SIZE")
mode = int(Path("/proc/sys/vm/overcommit_memory").read_text())


def meminfo():
    text = Path("/proc/meminfo").read_text()
    return {name: int(kib) * 1024 for name, kib in re.findall(r"^(\w+): +(\d+) kB", text, re.M)}


def sar():
    """The columns of one sample of one second, by name."""
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "S_COLORS": "never"}
    asked = ["sar", "-r", "1", "1"]
    text = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True).stdout
    lines = [line.split() for line in text.splitlines() if "Average" in line or "%commit" in line]
    names, values = lines[-2][-len(lines[-1]) + 1 :], lines[-1][1:]
    return dict(zip(names, map(float, values), strict=True))


# region compute
def compute(now):
    total = now["MemTotal"] + now["SwapTotal"]
    return {
        "of_total": 100 * now["Committed_AS"] / total,
        "of_limit": 100 * now["Committed_AS"] / now["CommitLimit"],
        "available": 100 * now["MemAvailable"] / now["MemTotal"],
    }


# endregion


def look(what):
    for _ in range(3):  # sar has read it some moments earlier, and others go on working
        columns, now = sar(), meminfo()
        if abs(columns["%commit"] - compute(now)["of_total"]) < 0.5:
            break
    found = {"sar": columns["%commit"], "kbcommit": columns["kbcommit"] * 1024} | compute(now)
    found |= {"committed": now["Committed_AS"], "limit": now["CommitLimit"]}
    numbers = f"{found['of_total']:10.2f}{found['of_limit']:13.2f}{found['available']:13.2f}"
    print(f"{what:<24}{found['sar']:8.2f}{numbers}")
    return found


before = meminfo()
ram, swap = before["MemTotal"], before["SwapTotal"]
print(f"in mode {mode}; all are per cent\n")
print(f"{'':<24}{'%commit':>8}{'of total':>10}{'of limit':>13}{'available':>13}")
idle = look("as it is")
areas, pieces = [], 0
try:
    for _ in range(6):
        areas.append(mmap.mmap(-1, (ram + swap) // 2, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
except OSError:
    print("mode 2 refused")
pieces = len(areas)
promised = look("3 times all, unused")

rss = re.search(r"^Rss: +(\d+)", Path("/proc/self/smaps_rollup").read_text(), re.M)
used = int(rss[1]) * 1024
for state in (idle, promised):
    assert abs(state["sar"] - state["of_total"]) < 0.5, (
        f"sar says {state['sar']:.2f} %, Committed_AS is {state['of_total']:.2f} % of RAM and swap"
    )
assert promised["sar"] > 50 * pieces - 0.5, (
    f"with {pieces} times half of RAM and swap promised it says {promised['sar']:.0f} %"
)
assert used < (ram + swap) / 10, f"all that this program uses is {used / MiB:.0f} MiB"
assert pieces == 6 or mode == 2, f"{pieces} of 6 requests were granted in mode {mode}"
