# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["lab", "lab-newer"]
# facts = ["committed", "marked", "shared", "rss", "vsz", "processes"]
# timeout = 60
# ///
"""Committed_AS is the sum of what processes may write to, to the page.

In a machine with few processes starts some that promise in different ways. Then adds up, as root,
the mappings of all processes that the kernel marks as charged, and all shared memory.
"""

import mmap
import os
import re
from pathlib import Path

MiB = 2**20
page, size = os.sysconf("SC_PAGE_SIZE"), 64 * MiB
private, shared_memory = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS
noreserve = getattr(mmap, "MAP_NORESERVE", 0x4000)  # Python has the name since 3.13


def meminfo(name):
    return int(re.search(rf"^{name}: +(\d+)", Path("/proc/meminfo").read_text(), re.M)[1]) * 1024


def start(name, kind, protection, touch=0):
    """A process that maps 64 MiB, uses a part and waits for the end of this program."""
    if os.fork() == 0:
        os.close(go)
        Path("/proc/self/comm").write_text(name)
        area = mmap.mmap(-1, size, kind, protection)
        for offset in range(0, touch, page):
            area[offset] = 1
        os.write(ready, b"1")
        os.read(wait, 1)
        os._exit(0)
    os.read(started, 1)


def sizes(pid):
    """All mappings of a process, and those marked "ac", accountable: fs/proc/task_mmu.c."""
    sums = {"name": Path(f"/proc/{pid}/comm").read_text().strip(), "VSZ": 0, "RSS": 0, "ac": 0}
    for block in re.split(r"^(?=\w+-\w+ )", Path(f"/proc/{pid}/smaps").read_text(), flags=re.M)[1:]:
        size, rss = (int(re.search(rf"^{f}: +(\d+)", block, re.M)[1]) for f in ("Size", "Rss"))
        marked = re.search(r"^VmFlags:.* ac\b", block, re.M)
        for column, kib in (("VSZ", size), ("RSS", rss), ("ac", size if marked else 0)):
            sums[column] += kib * 1024
    return sums


writable = mmap.PROT_READ | mmap.PROT_WRITE
(wait, go), (started, ready) = os.pipe(), os.pipe()
start("untouched", private, writable)
start("quarter-used", private, writable, touch=size // 4)
start("read-only", private, mmap.PROT_READ)
start("no-reserve", private | noreserve, writable)
start("shared", shared_memory, writable)
tmpfs = Path("/dev/shm/file")
tmpfs.write_bytes(bytes(8 * MiB))

pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
user = [pid for pid in sorted(pids) if os.path.exists(f"/proc/{pid}/exe")]  # not the kernel's own
committed, shared = None, size + tmpfs.stat().st_size
while committed != meminfo("Committed_AS"):  # again, if this program grew while it counted
    committed = meminfo("Committed_AS")
    processes = [sizes(pid) for pid in user]
tmpfs.unlink()
print(f"{'MiB':<28}{'VSZ':>8}{'RSS':>8}{'ac':>8}")
for process in processes:
    values = "".join(f"{process[column] / MiB:8.1f}" for column in ("VSZ", "RSS", "ac"))
    print(f"{process['name']:<28}{values}")
vsz, rss, marked = (sum(one[column] for one in processes) for column in ("VSZ", "RSS", "ac"))
print(f"{'all of these':<28}{vsz / MiB:8.1f}{rss / MiB:8.1f}{marked / MiB:8.1f}")
print(f"{'shared memory, 64 MiB':<44}{size / MiB:8.1f}")
print(f"{'a file in tmpfs':<44}{(shared - size) / MiB:8.1f}")
print(f"{'together':<44}{(marked + shared) / MiB:8.1f}")
print(f"{'Committed_AS':<44}{committed / MiB:8.1f}")

assert committed == marked + shared, (
    f"Committed_AS is {committed // 1024:,} KiB, the sum {(marked + shared) // 1024:,} KiB"
)
assert committed < vsz, f"the sum of VSZ is {vsz / MiB:.0f} MiB, of which much is never charged"
