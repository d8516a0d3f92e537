# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# sees = "host"
# facts = ["checked", "refused", "without_memory", "sum_uss", "sum_pss", "sum_rss", "sum_vsz"]
# ///
"""USS is at most PSS, PSS at most RSS, RSS at most VSZ, in every process.

Reads smaps_rollup and statm of every process that it may look into. Changes nothing.
"""

import itertools
import os
import re

KIB = 1024
PAGE = os.sysconf("SC_PAGE_SIZE")
rows, refused, without_memory = [], 0, 0


def vsz(pid):
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[0]) * PAGE


def sizes(pid):
    """VSZ is a read of its own, so take it before and after and keep the larger."""
    before = vsz(pid)
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        kib = {name: int(value) for name, value in re.findall(r"(\w+):\s+(\d+) kB", rollup.read())}
    with open(f"/proc/{pid}/stat") as stat:
        name = stat.read().partition("(")[2].rpartition(")")[0]
    uss = kib["Private_Clean"] + kib["Private_Dirty"]
    return name, uss * KIB, kib["Pss"] * KIB, kib["Rss"] * KIB, max(before, vsz(pid))


def in_order(row):
    # 4 KiB: the kernel rounds each number by itself, Pss down from 1/4096 of a byte.
    return all(small <= large + 4 * KIB for small, large in itertools.pairwise(row[1:]))


for pid in (entry for entry in os.listdir("/proc") if entry.isdigit()):
    try:
        if vsz(pid) == 0:  # a kernel thread, or a process that has ended: no memory of its own
            without_memory += 1
            continue
        row = sizes(pid)
        if not in_order(row):  # it unmapped memory between the reads: once more
            row = sizes(pid)
    except (PermissionError, FileNotFoundError):
        refused += os.path.exists(f"/proc/{pid}/statm")  # unless it ended while being read
    except (ProcessLookupError, KeyError):
        pass  # it ended just now
    else:
        rows.append(row)

print(f"{'KiB':<16}{'USS':>11}{'PSS':>11}{'RSS':>11}{'VSZ':>14}")
for name, *values in sorted(rows, key=lambda row: -row[2])[:12]:
    print(
        f"{name:<16}" + "".join(f"{v // KIB:>11,}" for v in values[:3]), f"{values[3] // KIB:>13,}"
    )
checked = len(rows)
sum_uss, sum_pss, sum_rss, sum_vsz = (sum(row[i] for row in rows) for i in (1, 2, 3, 4))
print(
    f"\n{checked} processes read, {refused} refused, {without_memory} without memory of their own"
)

held = sum(in_order(row) for row in rows)
assert checked >= 1, f"{checked} processes let themselves be read"
assert held == checked, f"USS <= PSS <= RSS <= VSZ in {held} of {checked} processes"
assert sum_uss <= sum_pss + 4 * KIB * checked and sum_pss <= sum_rss + 4 * KIB * checked, (
    f"added up: USS {sum_uss // KIB:,} KiB, PSS {sum_pss // KIB:,} KiB, RSS {sum_rss // KIB:,} KiB"
)
