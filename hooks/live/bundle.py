"""Captures on disk: one JSON file for each snippet and host, valid only while nothing that matters has changed."""

import contextlib
import functools
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from live import leftovers, record
from live.problems import LiveError, Problem, writing
from live.snippet import Snippet

FOLDER = Path(__file__).parent
# What of the engine shapes a run on the machine that builds, and in the lab.
BUILD_ENGINE = ("harness.py", "hostlist.py", "matplotlibrc", "run.py", "sandbox.py", "sandboxed.py", "seccomp.py")
LAB_ENGINE = (
    "harness.py",
    "host.py",
    "run.py",
    "lab/guest.py",
    "lab/machine.py",
    "lab/run.py",
    "lab/settings.py",
    "lab/undrawn.py",
)
KEPT_HOST: tuple[str, ...] = (
    "kernel",
    "architecture",
    "page_size",
    "ram",
    "swap",
    "overcommit_memory",
    "overcommit_ratio",
    "overcommit_kbytes",
)
KEPT_HOST += ("transparent_hugepage", "cgroup", "runs_in", "python", "distribution")


class Foreign(LiveError):
    """A file in the bundle that is not what its name says."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__([Problem(what=f"{path.parent.name}/{path.name} {what}")])


class Bundle:
    """The captures below a folder, what the last round said of them, and what other machines said of theirs.

    Somebody else may have made it, so nothing in it is believed before its form was checked.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str, host: str) -> Path:
        """Where a capture is kept."""
        return self.folder / f"{name}.{host}.json"

    def load(self, name: str, host: str) -> dict[str, Any] | None:
        """Return a capture, or None if there is none. Raises Foreign for a file that is something else."""
        path = self.path(name, host)
        capture = _read(path, record.Capture, "a capture")
        if capture and (capture["snippet"], capture["host"]["name"]) != (name, host):
            raise Foreign(path, f"is not a capture of {name} on {host}")
        return capture

    def store(self, capture: dict[str, Any]) -> None:
        """Write a capture whole or not at all."""
        write_json(self.path(capture["snippet"], capture["host"]["name"]), capture)

    def drop(self, name: str, host: str) -> None:
        """Forget a capture."""
        with writing(self.path(name, host), "LIVE_BUNDLE"):
            self.path(name, host).unlink(missing_ok=True)

    def names(self) -> Iterator[tuple[str, str]]:
        """Snippet and host of each capture that is there. Other files in the folder are none of ours."""
        for path in sorted(self.folder.glob("*/*.*.json")):
            match = record.CAPTURE_FILE.fullmatch(f"{path.parent.name}/{path.name}")
            if match:
                yield match["snippet"], match["host"]

    def report(self) -> dict[str, Any]:
        """What the last round said of each snippet; empty where there was none. Raises Foreign."""
        found = _read(self.folder / "build.json", record.Report, "the report of a build")
        return found or {"format": record.FORMAT, "hosts": {}, "captures": [], "notes": []}

    def store_report(self, report: dict[str, Any], machine: str = "") -> None:
        """Keep the report of this round, or the one that came with the captures of another machine."""
        write_json(self.folder / (f"machines/{machine}.json" if machine else "build.json"), report)

    def has_other_machines(self) -> bool:
        """Whether captures of other machines were merged into this bundle."""
        return (self.folder / "machines").is_dir()

    def other_machines(self) -> Iterator[dict[str, Any]]:
        """The reports of machines whose captures were merged into this bundle. Raises Foreign."""
        for path in sorted(self.folder.glob("machines/*.json")):
            yield _read(path, record.Report, "the report of a machine")


def _read(path: Path, form: type, what: str) -> Any:
    """Read a file of a form; None where there is none. Raises Foreign, also for links, which may lead anywhere."""
    try:
        if path.parent.is_symlink():
            raise Foreign(path, "is in a folder that is a link")
        file = open(path, "rb", opener=_no_link)  # noqa: SIM115  (it is closed below)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Foreign(path, f"cannot be read: {error.strerror}") from None
    with file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > record.FILE:
            raise Foreign(path, f"is not {what}: it is no file, or larger than {record.FILE >> 20} MiB")
        try:
            return record.read(file.read(), form)
        except ValueError as error:
            raise Foreign(path, f"is not {what}: {error}") from None


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def write_json(path: Path, value: Any) -> None:
    """Write JSON to a temporary name beside the target and rename it. Raises LiveError where that cannot be."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(writing(path, "LIVE_BUNDLE"))
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary, lock = leftovers.held(functools.partial(_temporary, path.parent))
        stack.callback(os.close, lock)
        stack.callback(temporary.unlink, missing_ok=True)
        temporary.write_text(json.dumps(value, indent=1, ensure_ascii=False), encoding="utf-8")
        temporary.chmod(0o644)
        temporary.replace(path)


def _temporary(folder: Path) -> str:
    descriptor, path = tempfile.mkstemp(dir=folder, prefix=leftovers.WRITING, suffix=".tmp")
    os.close(descriptor)
    return path


def key(snippet: Snippet, surroundings: dict[str, Any]) -> str:
    """A hash over all that can change what a run gives. How a page shows it is not in it."""
    matters = {
        "format": record.FORMAT,
        "source": snippet.source,
        "reads": [hashlib.sha256(path.read_bytes()).hexdigest() for path in snippet.reads],
        "surroundings": surroundings,
    }
    return hashlib.sha256(json.dumps(matters, sort_keys=True).encode()).hexdigest()


@functools.cache
def engine(files: tuple[str, ...]) -> list[str]:
    """Hashes of files of the engine, as they were when this process loaded them."""
    return [hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in files]
