"""What all tests share: the repository's snippets, each run once, afresh, into a bundle of the tests' own."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from live import report
from live.build import Build
from live.capture import Captures
from live.discovery import discover
from live.lab import image
from live.lab.image import Image
from live.project import Project

ROOT = Path(__file__).parent.parent
os.environ.setdefault("LIVE_LAB", str(ROOT / ".cache" / "lab"))  # made once, for all projects of the tests


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make check` ask for the tests of what it ran."""
    parser.addoption("--kept", action="store_true", help="use the captures that there are, and run no snippet")


@pytest.fixture(scope="session")
def captured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The repository, captured; its bundle can be used again by whoever builds the site."""
    if request.config.getoption("kept"):
        return kept()
    bundle = tmp_path_factory.mktemp("captured") / "bundle"
    before = os.environ.get("LIVE_BUNDLE")
    os.environ["LIVE_BUNDLE"] = str(bundle)
    try:
        return Build(ROOT, mode="fresh")
    finally:
        if before is None:
            del os.environ["LIVE_BUNDLE"]
        else:
            os.environ["LIVE_BUNDLE"] = before


def kept() -> SimpleNamespace:
    """What was captured before; what was not has failed."""
    project = Project.at(ROOT).with_mode("frozen")
    snippets, problems = discover(project.snippets)
    captures = Captures(project, snippets, partial=True).take()
    return SimpleNamespace(project=project, snippets=snippets, problems=problems, report=report.build(captures, []))


@pytest.fixture(scope="session")
def facts_of(request: pytest.FixtureRequest, captured: Any) -> Any:
    """The facts that a snippet measured: facts_of("memory/name") on the first host of its header, or on a named one.

    Skips where the snippet could not run here.
    """
    hosts = {snippet.name: snippet.hosts for snippet in captured.snippets}

    def facts_of(name: str, host: str = "") -> dict[str, Any]:
        wanted = (name, host or hosts[name][0])
        (entry,) = [entry for entry in captured.report["captures"] if (entry["snippet"], entry["host"]) == wanted]
        if entry["status"] == "skipped" or (entry["status"] == "failed" and request.config.getoption("kept")):
            pytest.skip(entry["reason"])
        assert entry["status"] == "held", entry["reason"]
        return entry["facts"]

    return facts_of


@pytest.fixture(scope="session")
def kernel_of(captured: Any) -> Any:
    """The version of a host's kernel, such as (6, 1): what the lab has is a distribution's choice."""

    def kernel_of(host: str) -> tuple[int, ...]:
        return tuple(map(int, captured.report["hosts"][host]["kernel"].split(".")[:2]))

    return kernel_of


@pytest.fixture(scope="session")
def an_image() -> Image:
    """The lab's image with the release's kernel."""
    return image.get(Path(os.environ["LIVE_LAB"]), "release")
