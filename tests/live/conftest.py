"""A project in a temporary folder, and a way to run one snippet of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from live.project import Project
from running import Ran, captured, remembered, with_header


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
def run_all(project: Callable[..., Project]) -> Callable[..., dict[str, Ran]]:
    """Run several snippets together: run_all({"topic/name": source}) gives a Ran for each name."""

    def go(snippets: dict[str, str]) -> dict[str, Ran]:
        with remembered() as results:
            return captured(project(snippets).with_mode("fresh"), snippets, results)

    return go


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
