# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["lab", "lab-newer"]
# facts = ["limit", "admin", "user", "rows", "free", "page"]
# lab = { memory = "512M", sysctl = { "vm.overcommit_memory" = 2 } }
# timeout = 90
# ///
"""In mode 2 the largest request can be computed to the page.

Finds by bisection the largest mapping that the kernel grants, as root and as an ordinary user,
with different reserves, and compares it with the formula. Uses none of the memory.
"""

import mmap
import os
import re
from pathlib import Path

MiB, page = 2**20, os.sysconf("SC_PAGE_SIZE")
PRIVATE, NONE, vm = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 0, Path("/proc/sys/vm")


def meminfo(name):
    return int(re.search(rf"^{name}: +(\d+)", Path("/proc/meminfo").read_text(), re.M)[1]) * 1024


def reserve(whose):
    return int((vm / f"{whose}_reserve_kbytes").read_text()) * 1024


# region formula
def compute():
    """The largest request: mm/util.c, __vm_enough_memory, since Linux 3.10."""
    vsz = int(Path("/proc/self/statm").read_text().split()[0]) * page
    allowed = meminfo("CommitLimit")
    if os.geteuid() != 0:  # to be exact, for whoever lacks CAP_SYS_ADMIN
        allowed -= reserve("admin")
    allowed -= min(vsz // 32, reserve("user")) // page * page
    return allowed - meminfo("Committed_AS") - page  # with the request it must stay below


# endregion


def may_map(size):
    try:
        mmap.mmap(-1, size, PRIVATE).close()
    except OSError:
        return False
    return True


def measure(uid):
    """In a child, which may become an ordinary user: the largest mapping, and the formula's."""
    (answers, answer), child = os.pipe(), os.fork()
    if child == 0:
        os.setuid(uid)
        yes, no = 0, meminfo("CommitLimit")
        while no - yes > page:
            middle = (yes + no) // 2 // page * page
            yes, no = (middle, no) if may_map(middle) else (yes, middle)
        os.write(answer, f"{yes} {compute()}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    return [int(word) for word in os.read(answers, 100).split()]


def row(name, what, uid):
    largest, computed = measure(uid)
    rows[name] = {"largest": largest, "computed": computed}
    print(f"{what:<44}{largest / MiB:8.3f}{computed / MiB:12.3f}")


rows = {}
limit, admin, user, free = meminfo("CommitLimit"), reserve("admin"), reserve("user"), 0
print(
    f"CommitLimit {limit / MiB:.1f}, reserves: admin {admin / MiB:.1f}, user {user / MiB:.1f} MiB"
)
print(f"\n{'MiB':<44}{'granted':>8}{'computed':>12}")
row("root", "root", 0)
row("uid_1000", "uid 1000", 1000)
(vm / "admin_reserve_kbytes").write_text("65536")
row("uid_1000_64", "uid 1000, admin reserve of 64 MiB", 1000)
area = mmap.mmap(-1, 10 * meminfo("MemTotal"), PRIVATE, NONE)  # costs nothing and makes VSZ large
row("large", "root, address space of 10 times RAM", 0)
(vm / "user_reserve_kbytes").write_text("0")
row("large_0", "root, the same, user reserve of 0", 0)
free = meminfo("MemFree")
print(f"\nfree all the time: {free / MiB:.0f} MiB")

apart = [row["largest"] - row["computed"] for row in rows.values()]
less = rows["root"]["largest"] - rows["uid_1000"]["largest"]
large = rows["large_0"]["largest"] - rows["large"]["largest"]
assert not any(apart), f"granted less computed, in bytes: {apart}"
# 1 MiB: the program itself may grow by some pages between two rows.
assert abs(less - admin) < MiB, f"an ordinary user gets {less / MiB:.1f} MiB less than root"
assert abs(large - user) < MiB, f"a large address space gets {large / MiB:.1f} MiB less"
assert rows["root"]["largest"] < limit < free, f"all the time {free / MiB:.0f} MiB are free"
