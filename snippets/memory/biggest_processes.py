# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# needs = ["ps"]
# sees = "host"
# facts = ["processes", "users", "hidden", "top_rss", "rss_sum"]
# ///
"""These processes hold the most memory on this machine now.

Lists the first twelve by RSS, with PSS and USS where ps knows them and may read them.
Changes nothing.
"""

import itertools
import subprocess
from pathlib import Path

MiB = 2**20
# procps before 4.0.0 has neither pss nor uss; ps L lists what this one knows.
known = {line.split()[0] for line in subprocess.getoutput("ps L").splitlines()}
columns = [c for c in ("pid", "user", "rss", "pss", "uss", "%mem", "comm") if c in known]
ps = ["ps", "-eo", ",".join(columns), "--sort=-rss"]


def resident(path):
    """Return VmRSS of a status file in bytes: 0 for a kernel thread or a process that left."""
    try:
        text = path.read_text()
    except OSError:
        return 0
    return int(text.split("VmRSS:")[1].split()[0]) * 1024 if "VmRSS:" in text else 0


def readable(pid):
    """Tell whether smaps_rollup, the source of PSS and USS, can be read."""
    try:
        return bool(Path(f"/proc/{pid}/smaps_rollup").read_text())
    except OSError:
        return False


for _ in range(5):  # again if the first place changed hands in between
    listing = subprocess.check_output(ps, text=True).splitlines()
    largest = max(resident(path) for path in Path("/proc").glob("[0-9]*/status"))
    cells = [row.split(None, len(columns) - 1) for row in listing[1:]]
    rows = [dict(zip(columns, cell, strict=False)) for cell in cells]  # a name may be empty
    sizes = [int(row["rss"]) * 1024 for row in rows]
    if abs(sizes[0] - largest) <= 0.1 * largest:
        break

print(f"$ {' '.join(ps)} | head -n 13    # KiB")
print("\n".join(line[:100] for line in listing[:13]))
processes = sum(size > 0 for size in sizes)
users = len({row["user"] for row in rows})
zeros = [row["pid"] for row in rows if row.get("pss") == "0" and row["rss"] != "0"]
hidden = len(zeros)
top_rss, rss_sum = sizes[0], sum(sizes)
print(f"\n{processes} processes with memory of their own; PSS unknown, printed as 0: {hidden}")
print(f"RSS of all of them, shared pages counted again each time: {rss_sum / MiB:.0f} MiB")

# procps before 4.0.0 sorts by another counter than it prints, as it was at another moment.
slack = 0 if "pss" in known else 0.1 * top_rss
assert all(low <= high + slack for high, low in itertools.pairwise(sizes)), (
    f"{len(sizes)} lines, the largest first"
)
assert abs(top_rss - largest) <= 0.1 * largest, (
    f"first is {top_rss / MiB:.1f} MiB, the largest VmRSS in /proc/*/status {largest / MiB:.1f} MiB"
)
assert not [pid for pid in zeros if readable(pid)], (
    f"of {hidden} processes with a PSS of 0 beside an RSS, none has a readable smaps_rollup"
)
