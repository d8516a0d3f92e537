# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
#
# [tool.live]
# host = ["lab", "lab-newer"]
# facts = ["size", "limit", "rows"]
# lab = { memory = "384M", disk = "256M", log = ['Memory cgroup out of memory: Killed process'] }
# timeout = 120
# ///
"""A full group drops its page cache, but keeps a tmpfs file, even when the writer is dead.

In groups with memory.max at 48 MiB and no swap, one process writes 96 MiB to a file on a disk and
reads them back. Another writes as much to a file in tmpfs. Then others need 8 MiB in its group.
"""

import mmap
import os
from pathlib import Path

MiB, page = 2**20, os.sysconf("SC_PAGE_SIZE")
size, limit = 96 * MiB, 48 * MiB


def keys(path):
    return {key: int(value) for key, value in map(str.split, path.read_text().splitlines())}


def run(group, action):
    """Let a child do it inside the group; what happened there, and what is left when it is dead."""
    before = keys(group / "memory.events")
    child = os.fork()
    if child == 0:
        (group / "cgroup.procs").write_text("0")
        action()
        os._exit(0)
    end = {0: "done", -9: "SIGKILL"}[os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])]
    after, stat = keys(group / "memory.events"), keys(group / "memory.stat")
    its = {name: after[name] - before[name] for name in ("max", "oom", "oom_kill")}
    its |= {"file": stat["file"] - stat["shmem"], "shmem": stat["shmem"]}  # file includes shmem
    return its | {"end": end, "left": int((group / "memory.current").read_text())}


# region actions
def write(path):
    with open(path, "wb", buffering=0) as file:
        for _ in range(size // MiB):
            file.write(bytes(MiB))


def write_and_read():
    write("/disk/file")
    with open("/disk/file", "rb", buffering=0) as file:
        while file.read(MiB):
            pass


def use_a_little():
    area = mmap.mmap(-1, 8 * MiB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for offset in range(0, len(area), page):
        area[offset] = 1


# endregion
on_disk, in_tmpfs = Path("/sys/fs/cgroup/on_disk"), Path("/sys/fs/cgroup/in_tmpfs")
for group in (on_disk, in_tmpfs):
    group.mkdir()
    (group / "memory.max").write_text(str(limit))
rows = {
    "file on a disk": run(on_disk, write_and_read),
    "then 8 MiB": run(on_disk, use_a_little),
    "file in tmpfs": run(in_tmpfs, lambda: write("/tmp/file")),
    "8 MiB after that": run(in_tmpfs, use_a_little),
}
os.remove("/tmp/file")
rows["file removed, 8 MiB"] = run(in_tmpfs, use_a_little)

print(f"{'':<20}{'max':>6}{'oom_kill':>9}{'':4}{'end':<10}left in the group, MiB: file, shmem")
for name, row in rows.items():
    left = "".join(f"{row[what] / MiB:9.1f}" for what in ("left", "file", "shmem"))
    print(f"{name:<20}{row['max']:6}{row['oom_kill']:9}    {row['end']:<10}{left}")


def draw(rows, limit):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5.6, 2.6), layout="constrained")
    for name in reversed(rows):
        row, left = rows[name], 0
        for part, colour in (("file", "#3a9d5d"), ("shmem", "#e0892b")):
            bar = axes.barh(name, row[part] / 2**20, left=left, color=colour, alpha=0.6)
            axes.bar_label(bar, [part if row[part] > 2**23 else ""], label_type="center")
            left += row[part] / 2**20
        axes.text(limit / 2**20, name, f" {row['end']}", va="center")
    axes.axvline(limit / 2**20, color="#7f8c8d", linestyle=":", linewidth=1)
    axes.set(xlabel="left in the group in MiB, when the process is dead", xlim=(0, 60))
    said = (f"{name} {its['left'] >> 20}, {its['end']}" for name, its in rows.items())
    figure.set_label(f"MiB left in the group after each process: {'; '.join(said)}.")


disk, later, tmpfs, again, removed = rows.values()
ends, held = {name: row["end"] for name, row in rows.items()}, tmpfs["left"] / MiB
assert ends["file on a disk"] == "done", f"the limit was met {disk['max']} times, and all went on"
assert disk["max"] and disk["left"] <= limit, f"{disk['file'] / MiB:.1f} MiB of it stay cached"
assert ends["then 8 MiB"] == "done" and not later["oom"], "and make room for the next 8 MiB"
assert ends["file in tmpfs"] == "SIGKILL" and tmpfs["oom_kill"] == 1, "tmpfs: its writer was killed"
assert tmpfs["shmem"] > 0.9 * limit, f"and left {held:.1f} of {limit / MiB:.0f} MiB in use"
assert ends["8 MiB after that"] == "SIGKILL" and again["oom_kill"] == 1, "so the next was killed"
assert ends["file removed, 8 MiB"] == "done", "with the file removed, the same was done"
