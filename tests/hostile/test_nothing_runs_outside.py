"""No way to run or look at snippets runs one outside of the sandbox.

A snippet that finds out where it is leaves a mark where nothing holds it. It is put in the place of all snippets of a
copy of this repository, and everything that runs, reads or collects snippets is done there.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from around import SNIPPETS
from test_repository import ROOT, tracked

WATCHFUL = SNIPPETS / "looks" / "around_and_behaves.py"
NAME = "memory/around_and_behaves"  # of a topic that the pages have
TITLE = "It finds out whether it is watched"
MARK = "live-hostile-was-here"
TARGETS = ("list", "capture", "run", "check")
PYTEST = ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
MAKE = ["make", "-o", "setup", f"BIN={Path(sys.executable).parent}", f"NAME={NAME}"]
WAYS = {f"make {name}": [*MAKE, name] for name in TARGETS}
WAYS |= {
    "make site": [sys.executable, "-m", "mkdocs", "build", "-q", "-d", "built"],
    "collecting tests": [sys.executable, *PYTEST, "--collect-only", "tests"],
    "testing snippets": [sys.executable, *PYTEST, "tests/snippets/test_all.py"],
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The repository with one snippet."""
    folder = tmp_path_factory.mktemp("copy")
    for path in tracked():
        if not path.is_relative_to(ROOT / "snippets"):
            target = folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    (folder / "snippets" / NAME).parent.mkdir(parents=True)
    shutil.copy(WATCHFUL, folder / "snippets" / f"{NAME}.py")
    return folder


def surroundings(folder, marks):
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LIVE_STAGING")}
    return kept | {
        "PYTHONPATH": str(folder / "hooks"),
        "LIVE_MARKS": str(marks),
        "LIVE_LAB": "off",
        "LIVE_MODE": "fresh",
        "NO_MKDOCS_2_WARNING": "1",
        "TMPDIR": str(marks),  # where else it would leave a mark
    }


def test_where_nothing_holds_it_that_snippet_leaves_a_mark(tmp_path):
    """Else nothing here could fail."""
    subprocess.run([sys.executable, WATCHFUL], env=surroundings(tmp_path, tmp_path), capture_output=True, check=False)

    assert (tmp_path / MARK).exists()


@pytest.mark.parametrize("way", WAYS)
def test_it_leaves_none_by(copy, tmp_path, way):
    ended = subprocess.run(
        WAYS[way],
        cwd=copy,
        env=surroundings(copy, tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    marks = [path for path in (tmp_path / MARK, Path("/tmp", MARK)) if path.exists()]  # the second without a variable
    for path in marks:
        path.unlink()
    assert marks == [], ended.stdout + ended.stderr
    if way != "make site":  # which is quiet
        assert Path(NAME).name in ended.stdout or TITLE in ended.stdout, "it did not come so far"
    if way in ("make capture", "make run", "make site"):
        (capture,) = copy.rglob("bundle/memory/around_and_behaves*.json")
        assert "'a filter': True" in json.loads(capture.read_text())["stdout"]
        capture.unlink()
    if way == "testing snippets":
        assert " passed" in ended.stdout
        assert "test_it_runs_by_itself" not in ended.stdout, "it ran by itself, too, and held"
