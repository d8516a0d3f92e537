# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["lab", "lab-newer"]
# facts = ["kernel", "default", "limit", "runs", "capacity", "cost"]
# lab = { disk = "160M", log = ['Memory cgroup out of memory: Killed process'] }
# timeout = 120
# ///
"""The working set leaves out inactive file pages, and does not decide who is killed.

Under a limit of 96 MiB a child fills 24 MiB, reads a file of 66 MiB twice and one of 64 MiB once,
then fills 96 MiB more. Does so with the kernel's classic lists of pages and with its newer ones.
"""

import json
import mmap
import os
import platform
import signal
from pathlib import Path

MiB, PAGE = 2**20, os.sysconf("SC_PAGE_SIZE")
limit, capacity, kernel = 96 * MiB, os.sysconf("SC_PHYS_PAGES") * PAGE, platform.release()
root, lru_gen = Path("/sys/fs/cgroup"), Path("/sys/kernel/mm/lru_gen/enabled")
COLUMNS = "anon active_file inactive_file usage working_set memory_available MemAvailable".split()
STEPS = {"filled": None, "read": "66", "read_again": "66", "read_on": "64"}  # file, and its MiB


def keys(path):
    return {key: int(value) for key, value in map(str.split, path.read_text().splitlines())}


# region formulas
def working_set(usage, stat):
    """cAdvisor, container/libcontainer/handler.go, setMemoryStats."""
    return max(0, usage - stat["inactive_file"])


def memory_available():
    """Of the node. Its group has no memory.current; runc adds up two lines of memory.stat."""
    stat = keys(root / "memory.stat")
    return capacity - working_set(stat["anon"] + stat["file"], stat)


# endregion
def look(group):
    stat, usage = keys(group / "memory.stat"), int((group / "memory.current").read_text())
    kib = Path("/proc/meminfo").read_text().split("MemAvailable:")[1].split()[0]
    more = (usage, working_set(usage, stat), memory_available(), int(kib) * 1024)
    stat |= dict(zip(COLUMNS[3:], more, strict=True))
    return {name: stat[name] for name in COLUMNS}


def fill(size):
    area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area[::PAGE] = bytes(size // PAGE)
    return area


def run(group):
    """Do all of it; give what was seen after each step, and how it ended."""
    group.mkdir()
    (group / "memory.max").write_text(str(limit))
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        (group / "cgroup.procs").write_text("0")
        kept = [fill(24 * MiB)]
        for step, name in STEPS.items():
            for at in range(int(name or 0)):
                os.pread(files[name], MiB, at * MiB)
            os.write(tell, json.dumps([step, look(group)]).encode() + b"\n")
        kept.append(fill(limit))
        os._exit(0)
    os.close(tell)
    end = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with open(told) as lines:
        return {"end": end, "events": keys(group / "memory.events")} | dict(map(json.loads, lines))


files = {name: os.open(f"/disk/{name}", os.O_RDWR | os.O_CREAT) for name in ("66", "64")}
for name, file in files.items():
    os.truncate(file, int(name) * MiB)
default, runs = ["classic", "newer"][int(lru_gen.read_text(), 16) & 1], {}
for on, lists in enumerate(("classic", "newer")):
    lru_gen.write_text(str(on))
    Path("/proc/sys/vm/drop_caches").write_text("1")
    runs[lists] = run(root / lists)
    print(f"{lists} lists{', as this kernel starts with' if lists == default else ''}, in MiB")
    print(" " * 10 + "".join(f"{name.replace('_', ' '):>{len(name) + 2}}" for name in COLUMNS))
    for step in STEPS:
        sizes = (f"{runs[lists][step][name] / MiB:>{len(name) + 2}.0f}" for name in COLUMNS)
        print(f"{step.replace('_', ' '):<10}{''.join(sizes)}")
    print(f"filled 96 MiB more: exit {runs[lists]['end']}, {runs[lists]['events']}\n")

once, again = (runs["classic"][step] for step in ("read", "read_again"))
cost = once["memory_available"] - again["memory_available"]
moved = {n: abs(r["read_again"]["working_set"] - r["read"]["working_set"]) for n, r in runs.items()}
full = again["working_set"] / limit
# 8 MiB: the last pages that were read wait outside of the lists, and counters lag a little.
assert moved["classic"] > 58 * MiB, f"reading again put {moved['classic'] / MiB:.0f} MiB in the set"
assert abs(again["usage"] - once["usage"]) < 8 * MiB, "though no more memory was used"
assert cost > 58 * MiB, f"and took {cost / MiB:.0f} MiB from the node's memory.available"
assert moved["newer"] < 8 * MiB, "with the newer lists it did not"
assert full > 0.9, f"with {full:.0%} of the limit in the working set 64 MiB more were read"
for lists, seen in runs.items():
    killed = seen["end"] == -signal.SIGKILL and seen["events"]["oom_kill"] == 1
    assert killed, f"{lists}: killed once, when it filled more memory than its limit"
