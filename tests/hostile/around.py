"""A machine that has something to steal, to reach and to break, and the ways in which hostile snippets run on it."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from live import processes, run
from live.project import Project
from running import Ran, captured, remembered, without_control_groups

SNIPPETS = Path(__file__).with_name("snippets")
UNCOUNTED = ("fills/socket_buffers",)  # hold what only a control group can count
HOGS = (
    "memory memory_of_children memory_files temporary_files inodes system_v_segments message_queues page_tables".split()
)
SETTINGS = (  # of the host, which a run could have changed
    "/proc/sys/vm/overcommit_memory",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/hostname",
    "/proc/sys/kernel/shmmax",
    "/proc/sys/kernel/msgmnb",
    "/proc/sys/fs/mqueue/queues_max",
    "/proc/sys/user/max_user_namespaces",
    "/sys/kernel/mm/transparent_hugepage/enabled",
)
KEPT = ("/etc/passwd", "/etc/ld.so.cache", "/dev/null", "/usr/bin/env", sys.executable)
PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/usr/bin", "/usr/lib", "/etc")
SYSTEM_V = ("/proc/sysvipc/shm", "/proc/sysvipc/msg", "/proc/sysvipc/sem")


def names(*topics: str) -> list[str]:
    """The hostile snippets of these topics."""
    return sorted(f"{path.parent.name}/{path.stem}" for topic in topics for path in SNIPPETS.glob(f"{topic}/*.py"))


@dataclass
class Outside:
    """The machine around the runs. Everything secret in it has the word `secret` in it."""

    folder: Path
    secret: str
    listeners: list[socket.socket] = field(default_factory=list)
    victim: subprocess.Popen | None = None
    before: dict[str, object] = field(default_factory=dict)
    runs: set[str] = field(default_factory=set)  # folders of other builds that are at work here
    available: int = 0  # bytes of memory, to begin with
    children: list[int] = field(default_factory=list)

    def state(self) -> dict[str, object]:
        """What no run may change: settings, files, what lies in shared places, and processes."""
        return {
            "settings": {path: Path(path).read_text() for path in SETTINGS if Path(path).exists()},
            "files": {path: _identity(path) for path in KEPT},
            "places": {path: _evil(path) for path in PLACES if Path(path).is_dir()},
            "segments": {path: sorted(Path(path).read_text().splitlines()[1:]) for path in SYSTEM_V},
            "secrets": sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()),
        }

    def reached(self) -> list[str]:
        """The addresses of its servers to which somebody connected."""
        found = []
        for listener in self.listeners:
            with contextlib.suppress(BlockingIOError):
                listener.accept()
                found.append(str(listener.getsockname()))
        return found


def _identity(path: str) -> tuple[int, ...]:
    status = os.stat(path)
    return status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns


def _evil(place: str) -> list[str]:
    """What is there by a name that hostile snippets use."""
    return sorted(name for name in os.listdir(place) if "evil" in name or "live-hostile" in name)


@contextlib.contextmanager
def planted() -> Iterator[Outside]:
    """A home with a key, a repository, a bundle, tokens, servers and a process, all within a run's reach if any are."""
    with contextlib.ExitStack() as stack:
        # Not below /tmp, which every run has one of its own of.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="live-test-", dir="/var/tmp")))
        folder.chmod(0o755)
        secret = f"canary-{os.urandom(8).hex()}"
        here = Outside(folder, secret)
        for path in ("home/.ssh/id_ed25519", "project/.git/config", "bundle/reads/other.json", "home/.netrc"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(json.dumps({"claims": [], "secret": secret}))
        (folder / "project" / "docs").mkdir()
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name in ("LIVE_MODE", "LIVE_SANDBOX", "REPO_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("HOME", str(folder / "home"))
        patch.setenv("DEPLOY_TOKEN", secret)
        patch.setenv("LIVE_BUNDLE", str(folder / "bundle"))
        for kind, address in _addresses(folder):
            listener = stack.enter_context(socket.socket(kind))
            listener.bind(address)
            listener.listen()
            listener.setblocking(False)
            here.listeners.append(listener)
        patch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={folder / 'bus'}")
        patch.setenv("SSH_AUTH_SOCK", str(folder / "bus"))
        here.victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", secret])
        stack.callback(here.victim.wait)
        stack.callback(here.victim.kill)
        _leave_in_shared_memory(stack, secret)
        here.before = here.state()
        here.runs = {path.name for path in Path("/var/tmp").glob("live-run-*")}
        here.available = processes.available()
        here.children = processes.tree(os.getpid())[1:]
        yield here


def _addresses(folder: Path) -> Iterator[tuple[int, object]]:
    yield socket.AF_INET, ("127.0.0.1", 0)
    yield socket.AF_INET, ("0.0.0.0", 0)
    yield socket.AF_UNIX, str(folder / "bus")
    for number in range(16):  # the first name that nobody has; several suites may be at work
        with socket.socket(socket.AF_UNIX) as tried, contextlib.suppress(OSError):
            tried.bind(f"\0live-hostile-{number}")
            break
    yield socket.AF_UNIX, f"\0live-hostile-{number}"


def _leave_in_shared_memory(stack: contextlib.ExitStack, secret: str) -> None:
    """A secret in a file that everybody on the machine may read."""
    path = Path("/dev/shm") / secret
    path.write_text(secret)
    path.chmod(0o644)
    stack.callback(path.unlink)


def _run(outside: Outside, *chosen: str) -> dict[str, Ran]:
    """Run those that are named, and put everything back."""
    project = Project.at(outside.folder / "project").with_mode("fresh")
    shutil.copytree(SNIPPETS, project.snippets, dirs_exist_ok=True)
    try:
        with remembered() as results:
            return captured(project, chosen, results)
    finally:
        shutil.rmtree(project.snippets)
        shutil.rmtree(outside.folder / "bundle")
        (outside.folder / "bundle" / "reads").mkdir(parents=True)
        (outside.folder / "bundle" / "reads" / "other.json").write_text(outside.secret)


def alone(outside: Outside, name: str) -> Ran:
    """With no other run that could keep the engine from looking at this one."""
    return _run(outside, name)[name]


def _as_it_is(outside: Outside) -> dict[str, Ran]:
    """With a control group where this user may make one."""
    return _run(outside, *names("reads", "writes", "reaches", "fills", "stays", "breaks", "forges", "looks"))


def _watched(outside: Outside) -> dict[str, Ran]:
    with without_control_groups():
        return _run(outside, *(f"fills/{name}" for name in HOGS))


def _nothing_counted(outside: Outside) -> dict[str, Ran]:
    """What nobody counts, on a machine that has little memory left: 400 MiB more than must be."""
    with without_control_groups(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "LEFT", (processes.available() - (400 << 20)) / processes.ram())
        return _run(outside, *UNCOUNTED)


def _in_guests(outside: Outside) -> dict[str, Ran]:
    return _run(outside, *names("lab"))


WAYS = {
    "as it is": _as_it_is,
    "watched": _watched,
    "nothing counted": _nothing_counted,
    "in guests": _in_guests,
}
