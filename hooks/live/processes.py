"""What a process and all that it started use, read from /proc."""

import contextlib
import fcntl
import os
import re
import subprocess
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
INODE = 1 << 10  # bytes that the kernel needs for a file in memory, also for an empty one
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


def ram() -> int:
    """Bytes of memory that this machine has."""
    return os.sysconf("SC_PHYS_PAGES") * PAGE


def available() -> int:
    """Bytes that this machine could still give (proc_meminfo(5), MemAvailable)."""
    return _sizes(Path("/proc/meminfo")).get("MemAvailable", 0)


def peak(pids: list[int]) -> int:
    """The most bytes that the largest of these processes has had resident so far."""
    return max((_sizes(Path(f"/proc/{pid}/status")).get("VmHWM", 0) for pid in pids), default=0)


def memory(pids: list[int], enough: int) -> int:
    """Bytes that these processes hold. The first is outside of their namespaces, the second lasts as long as they do.

    Resident sizes count shared pages once for each, and files in memory that are also mapped once more, so they are
    only an upper bound. Proportional sizes are right but take long to read and hold the process up meanwhile, so they
    are read only where the bound is over `enough`. Which shared pages are of a file that was counted already is not
    told; it is taken to be all that can be, so that no snippet is stopped for what it did not use.
    """
    files = _files(pids)
    statuses = [_sizes(Path(f"/proc/{pid}/status")) for pid in pids]
    tables = sum(status.get("VmPTE", 0) for status in statuses)  # a mapping that was only read has nothing else
    bound = files + tables + sum(status.get("VmRSS", 0) for status in statuses)
    if bound <= enough:
        return bound
    parts = [_sizes(Path(f"/proc/{pid}/smaps_rollup")) for pid in pids]
    own = sum(part.get("Pss_Anon", 0) + part.get("SwapPss", 0) for part in parts)
    return tables + own + max(sum(part.get("Pss_Shmem", 0) for part in parts), files)


def _sizes(path: Path) -> dict[str, int]:
    """The lines of a file of /proc that say a size in kB, which there are 1,024 bytes; none where it cannot be read."""
    with contextlib.suppress(OSError):
        lines = re.findall(r"^(\w+):\s+(\d+) kB", path.read_text(errors="replace"), re.MULTILINE)
        return {name: int(size) * 1024 for name, size in lines}
    return {}


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
    first = pids[min(1, len(pids) - 1)]
    return sum(open_files.values()) + _mounted(first) + _system_v(first)


def _mounted(pid: int) -> int:
    """Bytes in the temporary folders that the process sees, where they are not ours."""
    used = 0
    for folder in ("/tmp", "/dev/shm"):
        with contextlib.suppress(OSError):
            seen = f"/proc/{pid}/root{folder}"
            if os.stat(seen).st_dev != os.stat(folder).st_dev:
                there = os.statvfs(seen)
                used += (there.f_blocks - there.f_bfree) * there.f_frsize + (there.f_files - there.f_ffree) * INODE
    return used


def _system_v(pid: int) -> int:
    """Bytes in the segments and message queues of the process's IPC namespace, where it is not ours.

    /proc/sysvipc (proc_sysvipc(5)) is of the namespace of its reader, and only a new process with one thread can
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
        files = ("/proc/sysvipc/shm", "/proc/sysvipc/msg")
        listed = subprocess.run(
            ["nsenter", *within, "cat", *files], capture_output=True, text=True, pass_fds=(ipc, user), check=False
        )
        used, names = 0, []
        for fields in map(str.split, listed.stdout.splitlines()):
            if fields[0] == "key":
                names = fields
            else:
                one = dict(zip(names, fields, strict=False))
                used += sum(int(one.get(name, 0)) for name in ("rss", "swap", "cbytes"))
        return used
    return 0
