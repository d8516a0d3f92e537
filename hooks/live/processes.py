"""What a process and all that it started use, read from /proc."""

import contextlib
import os
import re
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
    """Processor time of these processes and of the children that they waited for (proc_pid_stat(5), fields 14 to 17)."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / TICKS


def memory(pids: list[int], enough: int) -> int:
    """Bytes that these processes hold.

    Resident sizes count shared pages once for each, so they are only an upper bound. Proportional sizes are right but
    take long to read and hold the process up meanwhile, so they are read only where the bound is over `enough`.
    """
    bound = sum(_resident(pid) for pid in pids)
    if bound <= enough:
        return bound
    return sum(_proportional(pid) + _unmapped_files(pid) for pid in pids)


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE + _unmapped_files(pid)
    return 0


def _proportional(pid: int) -> int:
    with contextlib.suppress(OSError):
        match = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        return int(match[1]) * 1024 if match else 0
    return 0


def _unmapped_files(pid: int) -> int:
    """Bytes in memory files that the process has open: they need not be mapped to take memory."""
    total = 0
    with contextlib.suppress(OSError):
        for descriptor in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if os.readlink(descriptor.path).startswith("/memfd:"):
                    total += os.stat(descriptor.path).st_blocks * 512
    return total
