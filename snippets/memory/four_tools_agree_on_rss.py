# /// script
# requires-python = ">=3.11"
# dependencies = ["psutil>=7,<8"]
#
# [tool.live]
# host = ["build", "lab"]
# needs = ["ps"]
# facts = ["mapped", "touched", "vsz", "rss", "rss_walked", "pss", "uss", "peak", "page_size"]
# ///
"""Four tools report the same memory of one process.

Starts a child that maps 256 MiB and touches 64 MiB of it, waits until it is idle, and looks at it
with ps, /proc/PID/status, /proc/PID/smaps_rollup and psutil. Changes nothing else.
"""

import os
import subprocess
import sys
from pathlib import Path

import psutil

MiB = 2**20
page_size = os.sysconf("SC_PAGE_SIZE")
mapped, touched = 256 * MiB, 64 * MiB
# One CPU: from Linux 6.2 until a fix of 2025 each CPU could hold back a batch of VmRSS's counters.
os.sched_setaffinity(0, [max(os.sched_getaffinity(0))])  # the child's, too
CHILD = f"""
import contextlib, mmap, sys
area = mmap.mmap(-1, {mapped}, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
with contextlib.suppress(OSError):  # a kernel without transparent huge pages
    area.madvise(mmap.MADV_NOHUGEPAGE)
area[:{touched}:{page_size}] = bytes({touched // page_size})  # one byte in each page
print("ready", flush=True)
sys.stdin.read()
"""


def fields(path):
    """Return a file of "Name:  123 kB" lines as bytes by name."""
    rows = (line.split() for line in Path(path).read_text().splitlines())
    return {row[0].rstrip(":"): int(row[1]) * 1024 for row in rows if row[-1] == "kB"}


command = [sys.executable, "-c", CHILD]
with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
    child.stdout.readline()
    pid = child.pid
    for _ in range(10):  # again if the kernel moved a page in between
        status = fields(f"/proc/{pid}/status")
        walk = fields(f"/proc/{pid}/smaps_rollup")
        statm = [int(field) for field in Path(f"/proc/{pid}/statm").read_text().split()]
        ps = subprocess.check_output(["ps", "-o", "rss=,vsz=", "-p", str(pid)], text=True).split()
        full = psutil.Process(pid).memory_full_info()
        if status == fields(f"/proc/{pid}/status") and walk == fields(f"/proc/{pid}/smaps_rollup"):
            break
    print(f"$ ps -o pid,rss,vsz -p {pid}    # KiB", flush=True)
    subprocess.run(["ps", "-o", "pid,rss,vsz", "-p", str(pid)], check=True)

vsz, rss, peak = status["VmSize"], status["VmRSS"], status["VmHWM"]
rss_walked, pss, uss = walk["Rss"], walk["Pss"], walk["Private_Clean"] + walk["Private_Dirty"]
print("\n                 field                           kB     MiB")
for source, names, table in [
    (f"/proc/{pid}/status", ["VmSize", "VmHWM", "VmRSS", "RssAnon", "RssFile", "RssShmem"], status),
    (f"/proc/{pid}/smaps_rollup", ["Rss", "Pss", "Private_Clean", "Private_Dirty"], walk),
    ("psutil", ["vms", "rss", "pss", "uss"], full._asdict()),
]:
    print(source)
    for name in names:
        print(f"                 {name:<22} {table[name] // 1024:>11,} {table[name] / MiB:>7.1f}")

parts = status["RssAnon"] + status["RssFile"] + status["RssShmem"]
# Kernels with approximate counters may be off by a batch of pages in each of three counters.
slack = max(1 * MiB, 3 * max(64, 2 * os.cpu_count()) * page_size)
seen = (int(ps[0]) * 1024, full.rss)
assert seen == (rss, rss), f"ps, psutil and VmRSS say {[n // 1024 for n in (*seen, rss)]} kB"
assert parts == rss, f"RssAnon + RssFile + RssShmem = {parts // 1024} kB, VmRSS = {rss // 1024} kB"
assert abs(rss - rss_walked) <= slack, (
    f"walking the page tables finds {rss_walked / MiB:.1f} MiB, the counters say {rss / MiB:.1f}"
)
assert statm[0] * page_size == vsz, (
    f"{statm[0]} pages of {page_size} bytes are {vsz // 1024} kB only if 1 kB is 1024 bytes"
)
assert touched <= uss <= pss <= rss_walked < touched + 64 * MiB, (
    f"{touched // MiB} MiB touched: USS {uss / MiB:.1f}, PSS {pss / MiB:.1f}, "
    f"RSS {rss_walked / MiB:.1f} MiB"
)
assert abs(full.uss - uss) < 1 * MiB, (  # a neighbour may map the same library in between
    f"psutil's USS of {full.uss / MiB:.1f} MiB is Private_Clean + Private_Dirty, {uss / MiB:.1f}"
)
