"""What a process and all that it started use, read from /proc."""

import contextlib
import fcntl
import os
import re
import subprocess
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
NS_GET_USERNS = 0xB701  # ioctl_ns(2)


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
    """Bytes that these processes hold.

    Resident sizes count shared pages once for each, and files in memory that are also mapped once more, so they are
    only an upper bound. Proportional sizes are right but take long to read and hold the process up meanwhile, so they
    are read only where the bound is over `enough`. Which shared pages are of a file that was counted already is not
    told; it is taken to be all that can be, so that no snippet is stopped for what it did not use.
    """
    files = _files(pids)
    bound = files + sum(_resident(pid) for pid in pids)
    if bound <= enough:
        return bound
    own, shared = (sum(column) for column in zip(*map(_proportional, pids), strict=True))
    return own + max(shared, files)


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    return 0


def _proportional(pid: int) -> tuple[int, int]:
    """Bytes of memory of its own, and its part of what is shared."""
    with contextlib.suppress(OSError):
        lines = re.findall(r"^(\w+):\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        sizes = {name: int(size) * 1024 for name, size in lines}
        return sizes["Pss_Anon"] + sizes["SwapPss"], sizes["Pss_Shmem"]
    return 0, 0


def _files(pids: list[int]) -> int:
    """Bytes in files that are in memory whether or not they are mapped: memfd, /tmp, /dev/shm, System V segments."""
    open_files = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for descriptor in os.scandir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    if os.readlink(descriptor.path).startswith("/memfd:"):
                        status = os.stat(descriptor.path)
                        open_files[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(open_files.values()) + _mounted(pids[-1]) + _system_v(pids[-1])


def _mounted(pid: int) -> int:
    """Bytes in the temporary folders that the process sees, where they are not ours."""
    used = 0
    for folder in ("/tmp", "/dev/shm"):
        with contextlib.suppress(OSError):
            seen = f"/proc/{pid}/root{folder}"
            if os.stat(seen).st_dev != os.stat(folder).st_dev:
                there = os.statvfs(seen)
                used += (there.f_blocks - there.f_bfree) * there.f_frsize
    return used


def _system_v(pid: int) -> int:
    """Bytes in the segments of the process's IPC namespace, where it is not ours.

    /proc/sysvipc/shm (proc_sysvipc(5)) is of the namespace of its reader, and only a new process with one thread can
    change that; so it takes a program.
    """
    with contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as stack:
        ipc = os.open(f"/proc/{pid}/ns/ipc", os.O_RDONLY)
        stack.callback(os.close, ipc)
        if os.fstat(ipc).st_ino == os.stat("/proc/self/ns/ipc").st_ino:
            return 0
        user = fcntl.ioctl(ipc, NS_GET_USERNS)
        stack.callback(os.close, user)
        within = [f"--user=/proc/self/fd/{user}", f"--ipc=/proc/self/fd/{ipc}", "--preserve-credentials"]
        listed = subprocess.run(
            ["nsenter", *within, "cat", "/proc/sysvipc/shm"], capture_output=True, pass_fds=(ipc, user), check=False
        )
        return sum(sum(map(int, line.split()[-2:])) for line in listed.stdout.splitlines()[1:])  # rss and swap
    return 0
