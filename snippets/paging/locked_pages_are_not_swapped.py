# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = "lab"
# facts = ["size", "children", "user"]
# lab = { memory = "384M", swap = "128M" }
# timeout = 60
# ///
"""Locked pages are not swapped, and locking brings pages back.

Three children fill memory: one locks none of it, one locks all, one what it will use. Their group
is told to give up memory. Then the first one locks its memory as well.
"""

import contextlib
import ctypes
import errno
import mmap
import os
import re
from pathlib import Path

MiB, MLOCK_ONFAULT = 2**20, 1
page, size, libc = os.sysconf("SC_PAGE_SIZE"), 24 * MiB, ctypes.CDLL(None, use_errno=True)
group, children = Path("/sys/fs/cgroup/group"), {}


def lock(area, flags=0):
    address = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(area)))
    failed = libc.mlock2(address, ctypes.c_size_t(len(area)), flags)
    return errno.errorcode[ctypes.get_errno()] if failed else "locked"


def private(length):
    area = mmap.mmap(-1, length, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area.madvise(mmap.MADV_NOHUGEPAGE)
    return area


def look(pid):
    text = Path(f"/proc/{pid}/status").read_text()
    sizes = re.findall(r"^(VmLck|VmRSS|VmSwap):\s+(\d+)", text, re.M)
    return {name: int(kib) * 1024 for name, kib in sizes}


# region child
def start(how):
    (told, tell), (answer, say) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        (group / "cgroup.procs").write_text("0")
        area, used = private(size), size // 2 if how == "on_fault" else size
        if how == "on_fault":
            lock(area, MLOCK_ONFAULT)
        for offset in range(0, used, page):
            area[offset : offset + 8] = offset.to_bytes(8, "little")  # no two pages are alike
        if how == "locked":
            lock(area)
        os.write(say, b"filled")
        os.read(told, 1)
        os.write(say, lock(area).encode())
        os.read(told, 1)
    os.read(answer, 16)
    return child, tell, answer


# endregion
group.mkdir()
started = {how: start(how) for how in ("plain", "locked", "on_fault")}
before = {how: look(child) for how, (child, *_) in started.items()}
with contextlib.suppress(OSError):  # EAGAIN: it had less than that
    (group / "memory.reclaim").write_text(str(3 * size))
for how, (child, *_) in started.items():
    children[how] = {"before": before[how], "after": look(child)}
children["plain_locked"] = {"before": children["plain"]["after"]}
child, tell, answer = started["plain"]
os.write(tell, b"!")
os.read(answer, 16)
children["plain_locked"]["after"] = look(child)

answer, say = os.pipe()
if os.fork() == 0:
    os.setuid(1000)  # root may lock any amount, users up to RLIMIT_MEMLOCK: 8 MiB here
    areas = [private(4 * MiB), private(5 * MiB)]
    os.write(say, " ".join(map(lock, areas)).encode())
    os._exit(0)
user = os.read(answer, 64).decode().split()

print(f"{'MiB':<14}{'VmLck':>7}{'VmRSS':>16}{'VmSwap':>16}")
for how, (was, now) in ((how, took.values()) for how, took in children.items()):
    moved = [f"{was[name] / MiB:.1f} -> {now[name] / MiB:.1f}" for name in ("VmRSS", "VmSwap")]
    print(f"{how.replace('_', ' '):<14}{now['VmLck'] / MiB:7.1f}{moved[0]:>16}{moved[1]:>16}")
print(f"a user: 4 MiB {user[0]}, 5 MiB more {user[1]}")

some = 2 * MiB  # of the interpreter: its pages are not locked, and go and come as well
plain, locked, on_fault, back = children.values()
swap = plain["after"]["VmSwap"] / MiB
assert swap * MiB > size - some, f"without a lock {swap:.1f} MiB went to swap"
for name, now in (("locked", locked["after"]), ("locked on fault", on_fault["after"])):
    resident, swap = size if name == "locked" else size // 2, now["VmSwap"]
    assert now["VmLck"] == size, f"{name}: VmLck {now['VmLck'] / MiB:.0f} MiB"
    assert now["VmRSS"] > resident, f"of which {resident / MiB:.0f} MiB had been filled"
    assert swap < some, f"and {swap // 1024} KiB, of the interpreter, went to swap"
grown = back["after"]["VmRSS"] - back["before"]["VmRSS"]
assert abs(grown - size) < some, f"locking the first one brought {grown / MiB:.1f} MiB back"
assert user == ["locked", "ENOMEM"], f"a user locked 4 MiB, and got {user[1]} for 5 MiB more"
