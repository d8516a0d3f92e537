"""A project of four snippets: what builds of it make, say and leave behind."""

import contextlib
import ctypes
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import sites
from live import cgroup

PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
SNIPPETS = {
    "children": (
        "import subprocess\n"
        "children = [subprocess.Popen(['sleep', '0.05']) for _ in range(5)]\n"
        "size = sum(child.wait() == 0 for child in children)\n",
        {"needs": ["sleep"]},
    ),
    "prints": ("size = 700\nfor number in range(size):\n    print(number, 'x' * 100)\n", {}),
    "counts": ("size = sum(range(100))\nassert size > 0, 'it counts'\n", {}),
    "host": (
        "import subprocess\n"
        "listed = subprocess.run(['ps', '-eo', 'pid,rss,comm'], capture_output=True, text=True, check=True).stdout\n"
        "size = min(3, len(listed.splitlines()))\n",
        {"needs": ["ps"], "sees": "host"},
    ),
}
END = "print('shown', size)\nassert size, f'size was {size}'\n"


class Small:
    """The project and its folders: `root`, `bundle`, `site`, `staging`, and `tmp` for all other temporary files."""

    def __init__(self, folder: Path, staging: Path) -> None:
        pages = {"index.md": "# One\n\n" + "".join(sites.fence(f"t/{name}") for name in SNIPPETS)}
        snippets = {
            f"t/{name}": sites.snippet(f"{name.title()}.", f"\n{body}{END}", facts=["size"], **header)
            for name, (body, header) in SNIPPETS.items()
        }
        self.root = sites.project(folder / "root", pages, snippets)
        self.bundle, self.site, self.tmp, self.staging = folder / "bundle", folder / "site", folder / "tmp", staging
        self.tmp.mkdir()
        self.facts: dict = {}
        self.pids: list[int] = []  # of builds that were started and may have been killed

    def environment(self, **more: str) -> dict[str, str]:
        own = {"LIVE_STAGING": str(self.staging), "TMPDIR": str(self.tmp), "LIVE_LAB": "off"}
        return sites.environment(self.root, self.bundle, **(own | more))

    def command(self, kind: str = "build") -> list[str]:
        """That of a build, or of capturing alone."""
        if kind == "capture":
            return [sys.executable, "-m", "live", "capture"]
        return [str(sites.BIN / "mkdocs"), "build", "--site-dir", str(self.site)]

    def build(self, kind: str = "build", command: list | None = None, **more: str) -> subprocess.CompletedProcess:
        return sites.run(command or self.command(kind), self.root, self.environment(**more))

    def start(self, kind: str = "build", command: list | None = None, **more: str) -> subprocess.Popen:
        process = subprocess.Popen(
            command or self.command(kind),
            cwd=self.root,
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.pids.append(process.pid)
        return process

    def captures(self) -> dict[str, dict]:
        """Every capture that is there, read whole."""
        return {path.stem.partition(".")[0]: json.loads(path.read_text()) for path in self.bundle.glob("*/*.json")}

    def expect(self) -> None:
        """From now on, what a build gives is to be as it is now."""
        self.facts = {name: capture["facts"] for name, capture in self.captures().items()}
        assert self.facts.keys() == SNIPPETS.keys()

    def wrong(self) -> list[str]:
        """What is not as it should be after a build: its captures, and what lies about."""
        captures = self.captures()
        found = [f"{name} is missing" for name in self.facts.keys() - captures.keys()]
        for name, capture in captures.items():
            if capture["facts"] != self.facts[name] or not all(claim["held"] for claim in capture["claims"]):
                found.append(f"{name} is not right: {capture['facts']} {capture['claims']}")
            if min(capture["seconds"], capture["cpu_seconds"], capture["peak_memory"]) < 0:
                found.append(f"{name} took less than nothing")
        return found + self.left()

    def left(self) -> list[str]:
        """Files, folders and control groups that no build should leave."""
        kept = {*(f"t/{name}.build.json" for name in SNIPPETS), "t", "build.json"}
        found = [f"bundle/{path}" for path in _below(self.bundle) if path not in kept]
        found += [f"staging/{name}" for name in _top(self.staging) if not re.fullmatch(r"live-[0-9a-f]{16}", name)]
        return found + [f"tmp/{name}" for name in _top(self.tmp)] + control_groups(self.pids)


def _below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def _top(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def control_groups(pids: list[int]) -> list[str]:
    """Groups that builds with these numbers have made."""
    return [str(folder) for folder in cgroup.left() if int(folder.name.split("-")[1]) in pids]


_there: set[int] = set()  # processes below this one from before, such as a browser of other tests


@contextlib.contextmanager
def orphans() -> Iterator[None]:
    """Become the parent of all processes that are left alone."""
    _there.clear()
    _there.update(process.pid for process in psutil.Process().children(recursive=True))
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        outlived(2)  # which also takes the last words of those that ended late
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def outlived(seconds: float = 5) -> list[str]:
    """The processes below this one that are still there after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        alive = []
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if process.pid in _there:
                    continue
                if process.status() != psutil.STATUS_ZOMBIE:
                    alive.append(f"{process.pid} {' '.join(process.cmdline())[:100]}")
                elif process.ppid() == psutil.Process().pid:
                    with contextlib.suppress(psutil.Error):
                        process.wait(0)
        if not alive or time.monotonic() > end:
            return alive
        time.sleep(0.02)
