"""What a process and all that it started use, read from /proc."""

import contextlib
import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def tree(pid: int) -> list[int]:
    """Return the process and its descendants (proc_pid_task(5), `children`)."""
    pids, waiting = [], [pid]
    while waiting:
        pid = waiting.pop()
        pids.append(pid)
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{pid}/task"):
                with contextlib.suppress(OSError):
                    waiting += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    return pids


def cpu_seconds(pids: list[int]) -> float:
    """Processor seconds of these processes and of children they waited for (proc_pid_stat(5), fields 14 to 17)."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / TICKS


def memory(pids: list[int], enough: int) -> int:
    """Bytes that these processes hold together, or an upper bound of it that is at most `enough`.

    Resident sizes count shared pages once for each process, so they are only a bound. Proportional sizes are right but
    take long to read and hold the process up meanwhile, so they are read only where the bound does not settle it.
    Memory files count also where nobody has mapped them; those that are mapped are in the shared part already.
    """
    files = _memory_files(pids)
    bound = files + sum(_resident(pid) for pid in pids)
    if bound <= enough:
        return bound
    private = shared = 0
    for pid in pids:
        sizes = _proportional(pid)
        shared += sizes.get("Pss_Shmem", 0)
        private += sizes.get("Pss", 0) - sizes.get("Pss_Shmem", 0)
    return private + max(shared, files)


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    return 0


def _proportional(pid: int) -> dict[str, int]:
    """The lines Pss and Pss_Shmem of smaps_rollup in bytes; empty for a process that is gone."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return {
            name: int(size.split()[0]) * 1024
            for name, _, size in (x.partition(":") for x in lines)
            if name[:3] == "Pss"
        }
    return {}


def _memory_files(pids: list[int]) -> int:
    """Bytes in memory files that the processes have open, each file once."""
    sizes = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for descriptor in os.scandir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    if os.readlink(descriptor.path).startswith("/memfd:"):
                        status = os.stat(descriptor.path)
                        sizes[status.st_ino] = status.st_blocks * 512
    return sum(sizes.values())
