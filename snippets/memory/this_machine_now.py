# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["build", "lab"]
# exclusive = true
# facts = ["total", "available", "free", "cache", "shmem", "promised", "swap"]
# ///
"""What the memory of this machine is doing now.

Reads /proc/meminfo once and says each number in words. It changes nothing.
"""

from pathlib import Path

MiB = 2**20
text = Path("/proc/meminfo").read_text()
# The kernel writes "kB" and means 1,024 bytes: fs/proc/meminfo.c, show_val_kb.
meminfo = {
    line.split(":")[0]: int(line.split()[1]) * 1024
    for line in text.splitlines()
    if line.endswith(" kB")
}

total = meminfo["MemTotal"]
free = meminfo["MemFree"]
available = meminfo["MemAvailable"]
cache = meminfo["Buffers"] + meminfo["Cached"] + meminfo["SReclaimable"]
shmem = meminfo["Shmem"]
promised = meminfo["Committed_AS"]
swap = meminfo["SwapTotal"]

for what, amount in (
    ("RAM that the kernel manages", total),
    ("free: used for nothing", free),
    ("could be had without swapping", available),
    ("cache of files and of the kernel", cache),
    ("of that cache, shared memory", shmem),
    ("promised to processes", promised),
    ("swap", swap),
):
    print(f"{what:34} {amount / MiB:10,.0f} MiB {amount / total:7.1%} of RAM")

assert 0 < free <= total, f"{free / total:.0%} of RAM is free"
assert 0 <= available <= total, f"{available / total:.0%} of RAM is available"
assert shmem <= meminfo["Cached"], (
    f"of {meminfo['Cached'] / MiB:,.0f} MiB in Cached, {shmem / MiB:,.0f} MiB are shared memory"
)
