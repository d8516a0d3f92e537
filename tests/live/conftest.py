"""A project in a temporary folder, and a way to run one snippet of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from live import execute
from live.capture import Captures, Outcome
from live.problems import Problem
from live.project import Project
from live.runner import Result
from live.snippet import discover


def with_header(body: str, title: str = "A title.", dependencies: tuple[str, ...] = (), **keys: Any) -> str:
    """A snippet's source: the body below a header with these keys of [tool.live]."""
    table = "".join(f"# {key} = {json.dumps(value)}\n" for key, value in keys.items())
    return (
        f'# /// script\n# requires-python = ">=3.11"\n# dependencies = {json.dumps(dependencies)}\n#\n'
        f'# [tool.live]\n{table}# ///\n"""{title}\n\nWhat it does.\n"""\n{body}'
    )


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
        where = project(snippets)
        found, problems = discover(where.snippets)
        assert not problems, problems
        chosen = [snippet for snippet in found if snippet.name in snippets]
        captures = Captures(where.with_mode("fresh"), chosen, partial=True).take()
        return {
            name: Ran(
                outcome,
                results.get(name),
                where.bundle.load(name, host),
                [problem for problem in captures.problems if problem.snippet == name],
                captures.notes,
            )
            for (name, host), outcome in captures.outcomes.items()
        }

    return go


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
