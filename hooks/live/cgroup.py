"""A control group around one run, where this user may make one.

It is the only thing that counts all memory of a run: of children, of memfd files, of /dev/shm and of System V
segments that nobody has mapped. Where it cannot be had, `processes` watches instead, which sees most of that a tenth
of a second late.
"""

import contextlib
import functools
import os
import time
from pathlib import Path

from live import leftovers

MOUNT = Path("/sys/fs/cgroup")


class ControlGroup:
    """One group, or a pair of them in version 1, that ends with `remove`."""

    def __init__(self, name: str, memory: int, processes: int) -> None:
        """Make it below the group of this process; `name` is live-PID-… of this one. Raises OSError if not allowed."""
        self.folders: list[Path] = []
        self.locks: list[int] = []
        try:
            for parent, settings in _places(memory, processes):
                folder, lock = leftovers.held(functools.partial(_made, parent / name))
                self.folders.append(folder)
                self.locks.append(lock)
                for file, value in settings.items():
                    if (folder / file).exists():
                        (folder / file).write_text(str(value))
        except OSError:
            self.remove()
            raise

    def add(self, pid: int) -> None:
        """Move a process here. Raises OSError if it is gone."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(pid))

    def out_of_memory(self) -> bool:
        """Whether the kernel killed something for going over the limit."""
        for folder in self.folders:
            for file in ("memory.events", "memory.oom_control"):
                with contextlib.suppress(OSError):
                    fields = dict(line.split() for line in (folder / file).read_text().splitlines())
                    return int(fields.get("oom_kill", 0)) > 0
        return False

    def remove(self) -> None:
        """Remove it; the kernel may need a moment until the last process in it has gone."""
        for folder in self.folders:
            for _ in range(100):
                try:
                    folder.rmdir()
                    break
                except OSError:
                    time.sleep(0.01)
        while self.locks:
            os.close(self.locks.pop())


def allowed() -> bool:
    """Whether this user may make one here."""
    try:
        return bool(_places(0, 0))
    except OSError:
        return False


def left() -> list[Path]:
    """The groups that runs were given, by this build and by others."""
    with contextlib.suppress(OSError):
        return [folder for parent, _ in _places(0, 0) for folder in parent.glob("live-*-*")]
    return []


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _places(memory: int, processes: int) -> list[tuple[Path, dict[str, object]]]:
    """Where to make groups, and what to write in them. Raises OSError where there is no such place."""
    own = dict(line.split(":", 2)[1:] for line in Path("/proc/self/cgroup").read_text().splitlines())
    if (MOUNT / "cgroup.controllers").exists():
        here = MOUNT / own[""].lstrip("/")
        for parent in (here, here.parent):
            enabled = parent / "cgroup.subtree_control"
            if (
                enabled.exists()
                and {"memory", "pids"} <= set(enabled.read_text().split())
                and os.access(parent, os.W_OK)
            ):
                return [(parent, {"memory.max": memory, "memory.swap.max": 0, "pids.max": processes})]
        raise PermissionError("no control group here may be written to")
    limits: dict[str, dict[str, object]] = {
        "memory": {"memory.limit_in_bytes": memory, "memory.memsw.limit_in_bytes": memory},
        "pids": {"pids.max": processes},
    }
    places = [(MOUNT / kind / own[kind].lstrip("/"), settings) for kind, settings in limits.items() if kind in own]
    if len(places) < len(limits) or not all(os.access(parent, os.W_OK) for parent, _ in places):
        raise PermissionError("no control group here may be written to")
    return places
