"""Running snippets in tests: their sources, what became of each, and what a run gave before anything was kept."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from live import cgroup, execute, sandbox, staging
from live.capture import Captures, Outcome
from live.discovery import discover
from live.problems import Problem
from live.project import Project
from live.run import Result


def with_header(body: str, title: str = "A title.", dependencies: tuple[str, ...] = (), **keys: Any) -> str:
    """A snippet's source: the body below a header with these keys of [tool.live]."""
    table = "".join(f"# {key} = {_toml(value)}\n" for key, value in keys.items())
    return (
        f'# /// script\n# requires-python = ">=3.11"\n# dependencies = {json.dumps(dependencies)}\n#\n'
        f'# [tool.live]\n{table}# ///\n"""{title}\n\nWhat it does.\n"""\n{body}'
    )


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value)


@dataclass
class Ran:
    """What became of one snippet.

    result: what the run gave, before redaction; None where it did not run.
    capture: what is in the bundle; None where nothing was kept.
    """

    outcome: Outcome
    result: Result | None
    capture: dict[str, Any] | None
    problems: list[Problem]
    notes: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        """All messages of the problems, each on a line."""
        return "\n".join(problem.what for problem in self.problems)


@contextlib.contextmanager
def remembered() -> Iterator[dict[str, Result]]:
    """Take note of what each run gives, before anything is redacted or refused."""
    results: dict[str, Result] = {}
    keep = execute.keep

    def remember(captures: Captures, outcome: Outcome, result: Result) -> None:
        results[outcome.snippet.name] = result
        keep(captures, outcome, result)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "keep", remember)
        yield results


@contextlib.contextmanager
def without_control_groups() -> Iterator[None]:
    """As on a machine where none may be made."""

    def refuse(*_: Any) -> None:
        raise PermissionError("no control group in this test")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cgroup, "_places", refuse)
        yield


def public(folder: Path) -> Path:
    """A folder that every user can reach: pytest's own are closed to others."""
    for parent in [folder, *folder.parents]:
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    return folder


def engine_of(uid: int, folder: Path) -> Callable[..., subprocess.CompletedProcess]:
    """The engine's command line for the project in `folder`, as a user with that number, to whom all in it is given.

    Only root can do this. The checkout may be where that user sees nothing, so the engine is copied.
    """
    shutil.copytree(Path(sandbox.__file__).parent, folder / "engine" / "live")
    needed = ["ansi2html", "detect-secrets", "msgspec", "nh3", "packaging", "psutil", "pymdown-extensions"]
    for distribution in staging.closure(needed).values():
        staging.copy_distribution(distribution, folder / "engine")
    for path in [folder, *folder.glob("**/*")]:
        os.chown(path, uid, uid)
    become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--"]
    environment = {"PYTHONPATH": str(folder / "engine"), "LIVE_STAGING": str(folder / "staged"), "LIVE_LAB": "off"}

    def live(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [*become, os.path.realpath(sys.executable), "-S", "-m", "live", *arguments],
            check=False,
            cwd=folder / "project",
            env=environment | {"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=600,
            start_new_session=True,
        )

    return live


def git(folder: Path, *arguments: str) -> None:
    """Have git do something, in somebody's name and without what the user of this machine has it do."""
    own = {"user.name": "Somebody", "user.email": "somebody@example.invalid", "init.defaultBranch": "main"}
    own |= {"commit.gpgsign": "false", "tag.gpgsign": "false", "core.hooksPath": "/dev/null"}
    settings = [word for name, value in own.items() for word in ("-c", f"{name}={value}")]
    subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True)


def captured(project: Project, names: Container[str] | None = None, results: dict[str, Result] | None = None) -> dict:
    """Capture a project, or those of its snippets that are named, and tell what became of each."""
    found, problems = discover(project.snippets)
    assert not problems, problems
    captures = Captures(project, [one for one in found if names is None or one.name in names], partial=True).take()
    return {
        name: Ran(
            outcome,
            (results or {}).get(name),
            project.bundle.load(name, host),
            [problem for problem in captures.problems if problem.snippet == name],
            captures.notes,
        )
        for (name, host), outcome in captures.outcomes.items()
    }
