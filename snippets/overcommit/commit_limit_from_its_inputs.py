# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = "lab"
# needs = ["swapon"]
# facts = ["ram", "swap", "rows", "pool", "half_of_both"]
# lab = { memory = "512M", swap = "256M" }
# timeout = 90
# ///
"""CommitLimit is a share of RAM and all of swap, to the page.

Changes the ratio, the size in KiB, the swap and the pool of huge pages one after the other, and
computes CommitLimit each time.
"""

import os
import re
import subprocess
from pathlib import Path

MiB, page = 2**20, os.sysconf("SC_PAGE_SIZE")
vm = Path("/proc/sys/vm")


def meminfo(name):
    return int(re.search(rf"^{name}: +(\d+)", Path("/proc/meminfo").read_text(), re.M)[1])


def setting(name):
    return int((vm / name).read_text())


# region formula
def compute():
    """In bytes: mm/util.c, vm_commit_limit, since Linux 3.14. What is divided is pages."""
    if setting("overcommit_kbytes"):
        share = setting("overcommit_kbytes") * 1024 // page
    else:
        ram = (meminfo("MemTotal") - meminfo("Hugetlb")) * 1024 // page
        share = ram * setting("overcommit_ratio") // 100
    return share * page + meminfo("SwapTotal") * 1024


# endregion
rows = {}
print(f"{'MiB':<34}{'ratio':>6}{'kbytes':>9}{'swap':>7}{'CommitLimit':>13}{'computed':>10}")


def row(name, what):
    limit, computed = meminfo("CommitLimit") * 1024, compute()
    ratio, kbytes = setting("overcommit_ratio"), setting("overcommit_kbytes")
    swap = meminfo("SwapTotal") * 1024
    rows[name] = {"limit": limit, "computed": computed, "swap": swap}
    rows[name] |= {"ratio": ratio, "kbytes": kbytes}
    numbers = f"{swap / MiB:7.1f}{limit / MiB:13.3f}{computed / MiB:10.3f}"
    print(f"{what:<34}{ratio:6}{kbytes:9,}{numbers}")


ram, swap = meminfo("MemTotal") * 1024, meminfo("SwapTotal") * 1024
row("default", "as it came")
(vm / "overcommit_ratio").write_text("80")
row("ratio_80", "overcommit_ratio = 80")
(vm / "overcommit_ratio").write_text("150")
row("ratio_150", "overcommit_ratio = 150")
(vm / "overcommit_kbytes").write_text("300000")
row("kbytes", "overcommit_kbytes = 300000")
(vm / "overcommit_ratio").write_text("50")
row("ratio_50", "overcommit_ratio = 50")
(vm / "nr_hugepages").write_text("10")
pool = meminfo("Hugetlb") * 1024
row("hugetlb", f"huge pages of {pool / MiB:.0f} MiB")
subprocess.run(["/sbin/swapoff", "-a"], check=True)
row("no_swap", "swapoff")
print(f"\nMemTotal is {ram / MiB:.3f} MiB all the time")

apart = {name: row["limit"] - row["computed"] for name, row in rows.items()}
assert not any(apart.values()), f"{len(rows)} limits less their computed values, in bytes: {apart}"
over = rows["ratio_150"]["limit"] - ram - swap
assert over > 0, f"a ratio of 150 allows {over / MiB:.0f} MiB more than RAM and swap"
half_of_both, real = (ram + swap) // 2, rows["ratio_50"]["limit"]
assert abs(real - half_of_both - swap // 2) <= page, (  # each is rounded down to a page
    f"half of RAM and swap would be {half_of_both / MiB:.0f} MiB, the limit is {real / MiB:.0f} MiB"
)
assert rows["kbytes"]["ratio"] == 0, "writing overcommit_kbytes made overcommit_ratio 0"
assert rows["ratio_50"]["kbytes"] == 0, "writing overcommit_ratio made overcommit_kbytes 0"
