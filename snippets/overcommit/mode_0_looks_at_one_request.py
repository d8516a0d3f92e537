# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["lab", "lab-newer"]
# facts = ["total", "rows", "noreserve", "many", "promised", "biggest", "forked"]
# lab = { memory = "512M", swap = "128M", sysctl = { "vm.overcommit_memory" = 0 } }
# timeout = 90
# ///
"""Mode 0 refuses one request above RAM and swap, and nothing else.

Finds by bisection the largest mapping that is granted: with much and with little free memory, with
much promised already, as another user, with a large admin reserve, and without swap.
"""

import errno
import mmap
import os
import re
import subprocess
from pathlib import Path

MiB, page = 2**20, os.sysconf("SC_PAGE_SIZE")
PRIVATE, NORESERVE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 0x4000


def meminfo(name):
    return int(re.search(rf"^{name}: +(\d+)", Path("/proc/meminfo").read_text(), re.M)[1]) * 1024


def largest_held():
    """Equal neighbours become one mapping."""
    ends = re.findall(r"^(\w+)-(\w+) rw", Path("/proc/self/maps").read_text(), re.M)
    return max(int(end, 16) - int(start, 16) for start, end in ends)


def may_map(size, flags=PRIVATE):
    try:
        mmap.mmap(-1, size, flags).close()
    except OSError as error:
        return error.errno != errno.ENOMEM  # another error is no refusal, and breaks the claims
    return True


def may_fork():
    try:
        child = os.fork()
    except OSError as error:
        return error.errno != errno.ENOMEM
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True


# region bisect
def largest():
    yes, no = 0, 2**40
    while no - yes > page:
        middle = (yes + no) // 2 // page * page
        yes, no = (middle, no) if may_map(middle) else (yes, middle)
    return yes


# endregion


def row(name, what):
    found = largest()
    total = meminfo("MemTotal") + meminfo("SwapTotal")
    rows[name] = {"largest": found, "total": total, "free": meminfo("MemFree")}
    rows[name]["promised"] = meminfo("Committed_AS")
    numbers = "".join(f"{size / MiB:10.1f}" for size in rows[name].values())
    print(f"{what:<30}{numbers}")


rows, total = {}, meminfo("MemTotal") + meminfo("SwapTotal")
print(f"{'MiB':<30}{'granted':>10}{'RAM+swap':>10}{'free':>10}{'promised':>10}")
row("idle", "nothing else")
filled = mmap.mmap(-1, meminfo("MemAvailable") * 6 // 10 // page * page, PRIVATE)
for offset in range(0, len(filled), page):
    filled[offset] = 1
row("filled", "memory filled")
piece = total // (2 * MiB) * 2 * MiB  # else some kernels leave room between, to align them
areas = [mmap.mmap(-1, piece, PRIVATE) for _ in range(20)]
row("promised", "and 20 times as much promised")
many, promised = len(areas), meminfo("Committed_AS")
biggest, forked = largest_held(), may_fork()
Path("/proc/sys/vm/admin_reserve_kbytes").write_text(str(128 * 1024))
os.seteuid(1000)  # gives up CAP_SYS_ADMIN until the way back
row("uid_1000", "uid 1000, 128 MiB for admins")
os.seteuid(0)
filled.close()
subprocess.run(["/sbin/swapoff", "-a"], check=True)
row("no_swap", "root, memory free, no swap")
noreserve = may_map(100 * total, PRIVATE | NORESERVE)
print(f"\nfork while one mapping has {biggest / MiB:,.0f} MiB: {'granted' if forked else 'ENOMEM'}")
print(f"100 times RAM and swap with MAP_NORESERVE: {'granted' if noreserve else 'refused'}")

apart = {name: row["largest"] - row["total"] for name, row in rows.items()}
assert not any(apart.values()), f"granted less RAM and swap, in bytes: {apart}"
filled_free = rows["filled"]["free"]
assert filled_free < total / 2, f"with {filled_free / MiB:.0f} MiB free the limit is the same"
assert promised > 20 * total, f"and with {promised / total:.1f} times RAM and swap promised"
assert biggest > total and not forked, (
    f"fork counts each mapping as a request: refused with one of {biggest / MiB:,.0f} MiB"
)
assert rows["no_swap"]["total"] < total, "without swap it is RAM alone"
assert noreserve, f"MAP_NORESERVE is granted {100 * total / MiB:,.0f} MiB"
