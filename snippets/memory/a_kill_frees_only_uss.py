# /// script
# requires-python = ">=3.11"
# dependencies = ["psutil>=7,<8"]
#
# [tool.live]
# host = ["build", "lab"]
# needs = ["ps"]
# facts = ["held", "rss", "pss", "uss", "rss_first", "freed_first", "freed_own_90"]
# ///
"""Ending the process with the largest RSS can free next to nothing.

Starts three processes that hold 90, 60 and 30 MiB of their own and two that share one pool of
120 MiB, lists them with ps, and ends the first by RSS and the first by USS. How far the sum of PSS
falls is what each of them gives back.
"""

import os
import subprocess
import sys

import psutil

MiB = 2**20
POOL = 120 * MiB
held = {"own_90": 90 * MiB, "own_60": 60 * MiB, "own_30": 30 * MiB, "pool_a": POOL, "pool_b": POOL}
HOLD = """
import contextlib, ctypes, mmap, sys, time
name, size, fd = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
ctypes.CDLL(None).prctl(15, name.encode(), 0, 0, 0)  # PR_SET_NAME: what ps shows as comm
flags = mmap.MAP_SHARED if fd > 0 else mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
area = mmap.mmap(fd, size, flags=flags)
with contextlib.suppress(OSError):  # a kernel without transparent huge pages
    area.madvise(mmap.MADV_NOHUGEPAGE)
area[:: mmap.PAGESIZE] = bytes(size // mmap.PAGESIZE)
print("ready", flush=True)
time.sleep(25)
"""
# procps before 4.0.0 has neither pss nor uss; ps L lists what this one knows.
known = {line.split()[0] for line in subprocess.getoutput("ps L").splitlines()}
columns = [c for c in ("pid", "user", "rss", "pss", "uss", "%mem", "comm") if c in known]


def proportional():
    """Return what the children that still run and this process hold together, in bytes."""
    running = [psutil.Process(), *(p for p in processes.values() if p.is_running())]
    return sum(process.memory_full_info().pss for process in running)


pool = os.memfd_create("pool")
os.ftruncate(pool, POOL)
children, freed = {}, {}
try:
    for name, size in held.items():
        fd = pool if name.startswith("pool") else -1
        command = [sys.executable, "-c", HOLD, name, str(size), str(fd)]
        children[name] = subprocess.Popen(command, pass_fds=[pool], stdout=subprocess.PIPE)
    for child in children.values():
        child.stdout.readline()
    processes = {name: psutil.Process(child.pid) for name, child in children.items()}
    sizes = {name: process.memory_full_info() for name, process in processes.items()}
    rss, pss, uss = (
        {n: s._asdict()[key] for n, s in sizes.items()} for key in ("rss", "pss", "uss")
    )
    ps = ["ps", "-o", ",".join(columns), "--sort=-rss", "-p"]
    ps += [",".join(str(child.pid) for child in children.values())]
    print(f"$ {' '.join(ps)}    # KiB", flush=True)
    listing = subprocess.check_output(ps, text=True)
    print(listing)
    listed = [line.split() for line in listing.splitlines()[1:]]
    biggest_rss, biggest_uss = listed[0][-1], max(uss, key=uss.get)
    for name in (biggest_rss, biggest_uss):
        before = proportional()
        children[name].kill()
        children[name].wait()
        freed[name] = before - proportional()
        was = f"RSS {rss[name] / MiB:.1f} MiB, USS {uss[name] / MiB:.1f} MiB"
        print(f"ended {name} ({was}): gave back {freed[name] / MiB:.1f} MiB")
finally:
    for child in children.values():
        child.kill()
        child.wait()

rss_first, freed_first, freed_own_90 = rss[biggest_rss], freed[biggest_rss], freed.get("own_90")
own = [uss[name] / MiB for name in ("own_90", "own_60", "own_30")]
column = [int(row[columns.index("rss")]) * 1024 for row in listed]
both = (rss["pool_a"] + rss["pool_b"], pss["pool_a"] + pss["pool_b"])
# 32 MiB: what the interpreter of each process needs for itself, with room for 64 KiB pages.
# Counters may lag a batch of pages a CPU; procps before 4.0.0 sorts by others than it prints.
slack = 3 * os.cpu_count() * max(32, 2 * os.cpu_count()) * os.sysconf("SC_PAGE_SIZE")
in_order = "pss" not in known or column == sorted(column, reverse=True)
assert in_order and abs(column[0] - max(rss.values())) < 1 * MiB + slack, (
    f"ps --sort=-rss lists {[size // MiB for size in column]} MiB, psutil's largest is "
    f"{max(rss.values()) // MiB} MiB"
)
assert all(0 <= got - size < 32 for got, size in zip(own, (90, 60, 30), strict=True)), (
    f"processes that touched 90, 60 and 30 MiB have a USS of {[round(n, 1) for n in own]} MiB"
)
assert 2 * POOL <= both[0] and both[1] < POOL + 64 * MiB, (
    f"two processes with one pool of 120 MiB: RSS adds up to {both[0] / MiB:.0f} MiB, "
    f"PSS to {both[1] / MiB:.0f} MiB"
)
assert biggest_rss.startswith("pool") and freed_first < 32 * MiB, (
    f"ending {biggest_rss}, first by RSS, gave back {freed_first / MiB:.1f} MiB"
)
# 8 MiB: processes elsewhere that start or end change the shares of the libraries.
assert biggest_uss == "own_90" and abs(freed_own_90 - uss["own_90"]) < 8 * MiB, (
    f"ending own_90, first by USS, gave back {freed_own_90 / MiB:.1f} MiB"
)
