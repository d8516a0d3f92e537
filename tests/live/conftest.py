"""A project in a temporary folder, and a way to run one snippet of it."""

import json
import os
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from live import execute
from live.capture import Captures, Outcome
from live.lab import image
from live.lab.image import Image
from live.problems import Problem
from live.project import Project
from live.run import Result
from live.snippet import discover


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


@pytest.fixture
def source() -> Callable[..., str]:
    """Make a snippet's source: source(body, title=…, facts=[…], …)."""
    return with_header


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Project]:
    """Make a project: project(snippets={"topic/name": source}, pages={"x.md": text}).

    A source without a header gets the default one, with its own name as the title. Called again it adds to the same.
    """
    for name in ("LIVE_MODE", "LIVE_BUNDLE", "LIVE_SANDBOX", "REPO_URL"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "project"

    def make(snippets: dict[str, str] | None = None, pages: dict[str, str] | None = None) -> Project:
        for folder in ("docs", "snippets"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        for name, text in (snippets or {}).items():
            whole = text if "# /// script" in text else with_header(text, title=f"This is {name}.")
            (root / "snippets" / name).parent.mkdir(exist_ok=True)
            (root / "snippets" / f"{name}.py").write_text(whole, encoding="utf-8")
        for name, text in (pages or {}).items():
            (root / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
            (root / "docs" / name).write_text(text, encoding="utf-8")
        return Project.at(root)

    return make


@pytest.fixture
def run_all(project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Ran]]:
    """Run several snippets together: run_all({"topic/name": source}) gives a Ran for each name."""

    results: dict[str, Result] = {}
    keep = execute.keep

    def remember(captures: Captures, outcome: Outcome, result: Result) -> None:
        """Take note of what a run gave, before anything is redacted or refused."""
        results[outcome.snippet.name] = result
        keep(captures, outcome, result)

    monkeypatch.setattr(execute, "keep", remember)

    def go(snippets: dict[str, str]) -> dict[str, Ran]:
        return captured(project(snippets).with_mode("fresh"), snippets, results)

    return go


@pytest.fixture(scope="session")
def an_image() -> Image:
    """The lab's image with the release's kernel."""
    return image.get(Path(os.environ["LIVE_LAB"]), "release")


@pytest.fixture(scope="session")
def run_in() -> Callable[..., dict[str, Ran]]:
    """Run several snippets together in a folder, for tests that share runs: {"topic/name": (body, header keys)}."""

    def go(folder: Path, snippets: dict[str, tuple[str, dict[str, Any]]]) -> dict[str, Ran]:
        (folder / "docs").mkdir()
        for name, (body, keys) in snippets.items():
            path = folder / "snippets" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(with_header(body, **keys))
        return captured(Project.at(folder).with_mode("fresh"))

    return go


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


@pytest.fixture
def run(run_all: Callable[..., dict[str, Ran]]) -> Callable[..., Ran]:
    """Run one snippet: run(body, timeout=…, facts=[…], …) gives .result, .capture, .problems, .said and .notes.

    A body that need not claim anything may leave it out: a claim that holds and a line of output are added at its end.
    Give plain=True to run exactly the body.
    """

    def go(body: str, plain: bool = False, **keys: Any) -> Ran:
        end = "" if plain else '\nprint("the end")\nassert True, "it came to its end"\n'
        return run_all({"topic/tried": with_header(body + end, **keys)})["topic/tried"]

    return go
