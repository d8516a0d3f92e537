# /// script
# requires-python = ">=3.11"
# dependencies = []
# [tool.live]
# host = "lab"
# exits = "panic"
# lab = { memory = "256M", sysctl = { "vm.panic_on_oom" = 1 }, log = ['panic.*Out of memory'] }
# timeout = 60
# ///
"""With vm.panic_on_oom=1 a full control group still kills, and a full machine stops.

A child fills a control group of 32 MiB and is killed, as ever. Then this process fills the machine,
and nobody is killed: the kernel panics.
"""

import mmap
import os
import signal
import time
from pathlib import Path

MiB, page = 2**20, os.sysconf("SC_PAGE_SIZE")
group = Path("/sys/fs/cgroup/full")


def fill(size):
    area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for offset in range(0, size, page):
        area[offset] = 1


group.mkdir()
(group / "memory.max").write_text(str(32 * MiB))
child = os.fork()
if child == 0:
    (group / "cgroup.procs").write_text("0")
    fill(64 * MiB)
    os._exit(0)
ended = signal.Signals(os.waitpid(child, 0)[1]).name
panic_on_oom = Path("/proc/sys/vm/panic_on_oom").read_text().strip()
print(f"vm.panic_on_oom is {panic_on_oom}; the child in the group ended by {ended}")
assert ended == "SIGKILL", f"in a full control group, a child was ended by {ended}"
print("and now the machine", flush=True)
time.sleep(0.3)  # what was printed is on its way
fill(200 * MiB)  # less than all RAM, which is more than there is to be had
