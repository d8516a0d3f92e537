"""A list of the host's processes for the snippets that are to show one, without what it would tell of their arguments.

Sharing the host's process namespace would let a snippet read command lines and environments and send signals. So it
gets files: for each process the few that `ps` and psutil need, with the command line cut down to the command's name
and with ordinary users made one.
"""

import os
import re
from pathlib import Path

from live.staging import readable_by_all

FILES = ("stat", "statm", "status", "comm", "smaps_rollup", "oom_score", "oom_score_adj")
NEEDED = ("stat", "status", "comm")  # the others are for some only
MACHINE = (
    "self",
    "thread-self",
    "sys",
    "meminfo",
    "stat",
    "uptime",
    "version",
    "cpuinfo",
    "loadavg",
    "vmstat",
    "zoneinfo",
    "swaps",
)
USER = "1000"
LOW = range(2, 256)  # process numbers that the sandbox itself may come to use


def write(folder: Path) -> Path:
    """Write the list as a /proc of its own to a new folder, and return the folder.

    Processes that end meanwhile are left out. Raises OSError where the list cannot be written whole.
    """
    with readable_by_all():
        folder.mkdir()
        for name in MACHINE:
            (folder / name).symlink_to(f"/run/proc/{name}")
        for pid in filter(str.isdigit, os.listdir("/proc")):
            files = _of_process(Path("/proc") / pid)
            if files:
                (folder / pid).mkdir()
            for name, text in files.items():
                (folder / pid / name).write_text(text)
        for number in LOW:
            _let_find_itself(folder / str(number))
    return folder


def _let_find_itself(process: Path) -> None:
    """A `ps` in the sandbox looks itself up by its own number there, and gives up if it finds no files of a process.

    Where the host has no such process the sandbox's own may show; where it has, the files must all be readable.
    """
    if not process.exists():
        process.symlink_to(f"/run/proc/{process.name}")
    elif not (process / "smaps_rollup").exists():
        (process / "smaps_rollup").touch()


def _of_process(source: Path) -> dict[str, str]:
    """Name and content of the files of a process; none if it has ended or, by hidepid= of proc(5), may not be seen."""
    files = {}
    for name in FILES:
        try:
            files[name] = (source / name).read_text(errors="replace")
        except OSError:
            if name in NEEDED or not source.exists():
                return {}
    files["status"] = _neutral_users(files["status"])
    files["stat"] = _without_addresses(files["stat"])
    kernel_thread = "VmRSS:" not in files["status"]  # it has no memory of its own, and no command line
    files["cmdline"] = "" if kernel_thread else files["comm"].strip() + "\0"
    return files


def _without_addresses(stat: str) -> str:
    """Put zeros for where a process has its code, stack, heap and environment, as proc(5) does for other users."""
    start, name, rest = stat.rpartition(")")
    fields = rest.split()
    for number in (*range(26, 31), *range(45, 52)):  # of proc_pid_stat(5); the third comes after the name
        if number - 3 < len(fields):
            fields[number - 3] = "0"
    return f"{start}{name} {' '.join(fields)}\n"


def _neutral_users(status: str) -> str:
    """Keep the accounts of the system and make ordinary users one; groups would tell them apart, so they go."""

    def neutral(line: re.Match) -> str:
        ids = [number if int(number) < 1000 else USER for number in line[2].split()]
        return f"{line[1]}:\t" + "\t".join(ids)

    status = re.sub(r"^(Uid|Gid):\s+(.*)$", neutral, status, flags=re.MULTILINE)
    return re.sub(r"^Groups:.*$", "Groups:\t", status, flags=re.MULTILINE)  # procps stops at a line without the tab
