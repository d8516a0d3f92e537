# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = "lab"
# facts = ["pool", "used", "huge", "steps", "refused"]
# lab = { memory = "512M" }
# timeout = 60
# ///
"""Pages of the hugetlb pool are taken when it is made and are never in RSS.

Sets 64 MiB aside as huge pages, maps half of the pool, touches it, and asks for more than the pool
has left. After each step it reads what the machine and the process say.
"""

import errno
import mmap
import re
from pathlib import Path

MiB, MAP_HUGETLB = 2**20, 0x40000
vm, steps = Path("/proc/sys/vm"), {}
huge = int(re.search(r"Hugepagesize: +(\d+)", Path("/proc/meminfo").read_text())[1]) * 1024
pool, used = 64 * MiB, 32 * MiB
names = {
    "/proc/meminfo": ["MemFree", "MemAvailable", "CommitLimit", "HugePages_Free", "HugePages_Rsvd"],
    "/proc/self/status": ["VmRSS", "HugetlbPages"],
}


def look(step):
    steps[step] = {}
    for path, wanted in names.items():
        for name, value in re.findall(r"^(\w+):\s+(\d+)", Path(path).read_text(), re.M):
            if name in wanted:
                unit = huge if name.startswith("HugePages") else 1024
                steps[step][name] = int(value) * unit


def private(length):
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_HUGETLB
    return mmap.mmap(-1, length, flags=flags)


look("start")
# region pool
(vm / "nr_hugepages").write_text(str(pool // huge))
look("made")
area = private(used)
look("mapped")
for offset in range(0, used, huge):
    area[offset] = 1
look("touched")
try:
    private(pool)
    refused = "nothing"
except OSError as error:
    refused = errno.errorcode[error.errno]
area.close()
(vm / "nr_hugepages").write_text("0")
look("gone")
# endregion

print(f"{'MiB':<16}" + "".join(f"{step:>14}" for step in steps))
for name in steps["start"]:
    print(f"{name:<16}" + "".join(f"{now[name] / MiB:14.1f}" for now in steps.values()))
print(f"\nasked for {pool // MiB} MiB more than the half: {refused}")

start, made, mapped, touched, gone = steps.values()
fell = {name: (start[name] - made[name]) / MiB for name in names["/proc/meminfo"][:3]}
free, limit, near = fell["MemFree"], fell["CommitLimit"], 0.1 * pool / MiB
grown = (touched["VmRSS"] - start["VmRSS"]) / MiB
# 10 %: nothing else runs in this guest, but the kernel itself takes and frees some pages.
assert abs(free - pool / MiB) < near, f"making the pool took {free:.1f} MiB from MemFree"
assert abs(fell["MemAvailable"] - free) < near, f"{fell['MemAvailable']:.1f} from MemAvailable"
assert abs(limit - pool / MiB / 2) < 0.1, f"and {limit:.1f} MiB, the half, from CommitLimit"
assert mapped["HugePages_Rsvd"] == used, f"a mapping reserved {used / MiB:.0f} MiB of it"
taken, usage = pool - touched["HugePages_Free"], touched["HugetlbPages"]
assert taken == usage == used, f"touching took {taken / MiB:.0f} MiB out of the pool"
assert abs(grown) < 1, f"and changed RSS by {grown:.1f} MiB"
assert refused == "ENOMEM", f"a mapping larger than the rest of the pool was refused: {refused}"
back = (gone["MemFree"] - touched["MemFree"]) / MiB
assert back > 0.9 * pool / MiB, f"without the pool MemFree was {back:.1f} MiB higher again"
