"""Captures on disk: one JSON file for each snippet and host, valid only while nothing that matters has changed."""

import contextlib
import functools
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from live import leftovers
from live.problems import writing
from live.snippet import Snippet

FORMAT = 1
FOLDER = Path(__file__).parent
# What of the engine shapes a run on the machine that builds, and in the lab.
BUILD_ENGINE = ("harness.py", "hostlist.py", "matplotlibrc", "run.py", "sandbox.py", "sandboxed.py")
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
KEPT_HOST = (
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


class Foreign(Exception):
    """A file in the bundle that is no capture of ours."""


class Bundle:
    """The captures below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str, host: str) -> Path:
        """Where a capture is kept."""
        return self.folder / f"{name}.{host}.json"

    def load(self, name: str, host: str) -> dict[str, Any] | None:
        """Return a capture, or None if there is none. Raises Foreign for a file that is something else."""
        path = self.path(name, host)
        try:
            capture = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise Foreign(f"{path.name} is not a capture ({error})") from error
        if not isinstance(capture, dict) or capture.get("format") != FORMAT or capture.get("snippet") != name:
            raise Foreign(f"{path.name} is not a capture of {name} in format {FORMAT}")
        if SHAPE.keys() - capture.keys() or any(not isinstance(capture[key], kind) for key, kind in SHAPE.items()):
            raise Foreign(f"{path.name} lacks parts of a capture")
        return capture

    def store(self, capture: dict[str, Any]) -> None:
        """Write a capture whole or not at all."""
        write_json(self.path(capture["snippet"], capture["host"]["name"]), capture)

    def drop(self, name: str, host: str) -> None:
        """Forget a capture."""
        with writing(self.path(name, host), "LIVE_BUNDLE"):
            self.path(name, host).unlink(missing_ok=True)

    def names(self) -> Iterator[tuple[str, str]]:
        """Snippet and host of each file that is there."""
        for path in sorted(self.folder.glob("*/*.*.json")):
            name, host = path.name.removesuffix(".json").rsplit(".", 1)
            yield f"{path.parent.name}/{name}", host


SHAPE = {
    "key": str,
    "host": dict,
    "status": int,
    "stdout": str,
    "claims": list,
    "facts": dict,
    "figures": list,
    "source": str,
}


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
    descriptor, path = tempfile.mkstemp(dir=folder, prefix=".", suffix=".tmp")
    os.close(descriptor)
    return path


def key(snippet: Snippet, surroundings: dict[str, Any]) -> str:
    """A hash over all that can change what a run gives. How a page shows it is not in it."""
    matters = {
        "format": FORMAT,
        "source": snippet.source,
        "reads": [hashlib.sha256(path.read_bytes()).hexdigest() for path in snippet.reads],
        "surroundings": surroundings,
    }
    return hashlib.sha256(json.dumps(matters, sort_keys=True).encode()).hexdigest()


@functools.cache
def engine(files: tuple[str, ...]) -> list[str]:
    """Hashes of files of the engine, as they were when this process loaded them."""
    return [hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in files]


def read_report(bundle: Bundle) -> dict[str, Any]:
    """What the last round of capturing said of each snippet; empty where there was none."""
    try:
        report = json.loads((bundle.folder / "build.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        report = None
    if not isinstance(report, dict) or not isinstance(report.get("captures"), list):
        return {"format": FORMAT, "hosts": {}, "captures": [], "notes": []}
    return report
