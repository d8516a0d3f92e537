# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["build", "lab"]
# facts = ["size", "steps"]
# ///
"""Mapping grows VSZ, touching grows RSS, sharing halves PSS and empties USS.

Maps 256 MiB, touches it, then forks a child that reads the same pages, and shows all four
sizes after each step. Changes nothing outside its own two processes.
"""

import mmap
import os
import re

MiB = 1024 * 1024
PAGE = os.sysconf("SC_PAGE_SIZE")
NAMES = ("VSZ", "RSS", "PSS", "USS")
size = 256 * MiB
steps = {}


def measure(step, label=""):
    """Keep the four sizes; VSZ is bookkeeping, the others are one walk of the page tables."""
    with open("/proc/self/status") as status, open("/proc/self/smaps_rollup") as rollup:
        text = status.read() + rollup.read()
    kib = {name: int(value) for name, value in re.findall(r"(\w+):\s+(\d+) kB", text)}
    uss = kib["Private_Clean"] + kib["Private_Dirty"]
    values = (kib["VmSize"], kib["Rss"], kib["Pss"], uss)
    steps[step] = {name: value * 1024 for name, value in zip(NAMES, values, strict=True)}
    print(f"{label or step:<18}" + "".join(f"{value / 1024:9.1f}" for value in values))


def change(step, before):
    return {name: (steps[step][name] - steps[before][name]) / MiB for name in NAMES}


print(f"{'MiB':<18}" + "".join(f"{name:>9}" for name in NAMES))
measure("start")
# region steps
memory = mmap.mmap(-1, size, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
try:
    memory.madvise(mmap.MADV_NOHUGEPAGE)  # a huge page would make 2 MiB resident per touch
except OSError:
    pass  # a kernel without transparent huge pages
measure("mapped")

for offset in range(0, size, PAGE):
    memory[offset] = 1
measure("touched")

ready, told = os.pipe()
leave, stay = os.pipe()
if os.fork() == 0:
    os.close(stay)  # only the parent holds it, so the child cannot outlive the parent
    sum(memory[::PAGE])  # page tables of shared memory are not copied by fork: read it all
    os.write(told, b"1")
    os.read(leave, 1)
    os._exit(0)
os.read(ready, 1)
measure("shared", "read by a child")

os.close(stay)
os.wait()
measure("alone", "child ended")
# endregion

# RSS may move by 2 MiB: Python's own. PSS and USS by 16: any Python that starts or ends
# meanwhile begins or stops sharing the pages of the interpreter with this one.
got = change("mapped", "start")
assert got["VSZ"] >= 256 and got["RSS"] < 2, (
    f"mapping 256 MiB added {got['VSZ']:.1f} MiB to VSZ and {got['RSS']:.1f} MiB to RSS"
)
got = change("touched", "mapped")
assert abs(got["RSS"] - 256) < 2 and all(abs(got[n] - 256) < 16 for n in ("PSS", "USS")), (
    f"touching it added {got['RSS']:.1f} MiB to RSS, {got['PSS']:.1f} to PSS and "
    f"{got['USS']:.1f} to USS"
)
got = change("shared", "touched")
assert abs(got["RSS"]) < 2 and got["PSS"] < -112 and got["USS"] < -240, (
    f"when a child read the same pages, the parent's RSS changed by {got['RSS']:.1f} MiB, "
    f"its PSS by {got['PSS']:.1f} and its USS by {got['USS']:.1f}"
)
got = change("alone", "touched")
assert abs(got["PSS"]) < 16, f"when the child ended, PSS was back within {abs(got['PSS']):.1f} MiB"
