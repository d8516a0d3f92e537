"""What all tests share: the repository's snippets, each run once, afresh, into a bundle of the tests' own."""

import os
from pathlib import Path
from typing import Any

import pytest
from live.build import Build

ROOT = Path(__file__).parent.parent
os.environ.setdefault("LIVE_LAB", str(ROOT / ".cache" / "lab"))  # made once, for all projects of the tests


@pytest.fixture(scope="session")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The repository, captured; its bundle can be used again by whoever builds the site."""
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


@pytest.fixture(scope="session")
def facts_of(captured: Build) -> Any:
    """The facts that a snippet measured: facts_of("memory/name") on the first host of its header, or on a named one.

    Skips where the snippet could not run here.
    """
    hosts = {snippet.name: snippet.hosts for snippet in captured.snippets}

    def facts_of(name: str, host: str = "") -> dict[str, Any]:
        wanted = (name, host or hosts[name][0])
        (entry,) = [entry for entry in captured.report["captures"] if (entry["snippet"], entry["host"]) == wanted]
        if entry["status"] == "skipped":
            pytest.skip(entry["reason"])
        assert entry["status"] == "held", entry["reason"]
        return entry["facts"]

    return facts_of
