# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["lab", "lab-newer"]
# facts = ["limit", "rounds"]
# lab = { memory = "320M", log = ['Tasks in /group_on are .* killed due to memory.oom.group'] }
# timeout = 90
# ///
"""With memory.oom.group all members of a group die at once, except those at -1000.

Three processes share a group with memory.max at 48 MiB. One is the biggest, and asks for more.
Three rounds: with memory.oom.group off, on, and on with a member whose oom_score_adj is -1000.
"""

import mmap
import os
import re
import signal
from pathlib import Path

MiB, page = 2**20, os.sysconf("SC_PAGE_SIZE")
limit = 48 * MiB


def numbers(path):
    return {name: int(number) for name, number in re.findall(r"(\w+) (\d+)", path.read_text())}


def member(group, adj, *sizes):
    """A process that fills so much memory, and stops after each of the sizes."""
    pid = os.fork()
    if pid:
        os.waitpid(pid, os.WUNTRACED)
        return pid
    Path("/proc/self/oom_score_adj").write_text(str(adj))
    (group / "cgroup.procs").write_text("0")
    for size in sizes:
        area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        area.madvise(mmap.MADV_NOHUGEPAGE)
        for offset in range(0, size, page):
            area[offset] = 1
        os.kill(os.getpid(), signal.SIGSTOP)
    os._exit(0)


# region play
def play(name, together, protection=0):
    group = Path(f"/sys/fs/cgroup/{name.replace(' ', '_')}")
    group.mkdir()
    (group / "memory.max").write_text(str(limit))
    (group / "memory.oom.group").write_text(str(together))
    pids = {"worker": member(group, 0, 6 * MiB), "helper": member(group, protection, 2 * MiB)}
    pids["asking"] = member(group, 0, 24 * MiB, limit)
    kills = -numbers(Path("/proc/vmstat"))["oom_kill"]
    os.kill(pids["asking"], signal.SIGCONT)
    os.waitid(os.P_PID, pids["asking"], os.WEXITED | os.WNOWAIT)  # it stays there as a zombie
    # All were killed before "asking" could end, and SIGKILL wakes those that are stopped.
    states = {who: Path(f"/proc/{pids[who]}/stat").read_text().split()[2] for who in pids}
    lived = [who for who, state in states.items() if state == "T"]
    kills += numbers(Path("/proc/vmstat"))["oom_kill"]
    events = numbers(group / "memory.events")
    (group / "cgroup.kill").write_text("1")
    died = len(pids) - len(lived)
    return {"lived": lived, "died": died, "vmstat": kills} | events


# endregion
rounds = {
    "off": play("group off", 0),
    "on": play("group on", 1),
    "on, helper at -1000": play("one protected", 1, protection=-1000),
}
columns = ("died", "oom_kill", "oom_group_kill", "vmstat")
print(f"{'memory.oom.group':<21}" + "".join(f"{name:>16}" for name in columns) + "  lived")
for name, its in rounds.items():
    cells = "".join(f"{its[column]:16}" for column in columns)
    print(f"{name:<21}{cells}  {', '.join(its['lived']) or 'nobody'}")

off, on, guarded = rounds.values()
assert off["lived"] == ["worker", "helper"], f"off: {' and '.join(off['lived'])} lived on"
assert (off["died"], off["oom_kill"]) == (1, 1), "one died, and oom_kill counted one"
assert not on["lived"] and on["died"] == 3, "on: all three died"
assert on["oom_group_kill"] == 1, "which oom_group_kill counted once"
assert guarded["lived"] == ["helper"], "on, helper at -1000: only helper lived"
# The first victim asked for memory itself, so it is still alive when the group is gone through.
for its in (on, guarded):
    assert its["oom_kill"] == its["died"] + 1, (
        f"oom_kill counted {its['oom_kill']} for {its['died']} dead: the first one twice"
    )
assert on["vmstat"] == on["oom_kill"], f"and so did /proc/vmstat: {on['vmstat']}"
