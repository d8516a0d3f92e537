"""Where things are, and how this build is to go about its captures."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from live.bundle import Bundle
from live.problems import LiveError, Problem

MODES = ("run", "fresh", "frozen")


@dataclass(frozen=True)
class Project:
    """A checkout.

    mode: "run" (what has no valid capture), "fresh" (all) or "frozen" (nothing).
    lab: where the images of the lab are kept.
    """

    root: Path
    docs: Path
    snippets: Path
    bundle: Bundle
    mode: str = "run"
    repository: str = ""
    lab: Path = Path(".cache/lab")

    @classmethod
    def at(cls, root: Path) -> "Project":
        """The project in a folder; its settings are those variables that the README lists. Raises LiveError."""
        root = root.resolve()
        mode = os.environ.get("LIVE_MODE") or "run"
        if mode not in MODES:
            raise LiveError([Problem(what=f"LIVE_MODE is {mode!r}; it can be {', '.join(MODES)}")])
        bundle = Path(os.environ.get("LIVE_BUNDLE") or root / ".cache" / "bundle").resolve()
        lab = Path(os.environ.get("LIVE_LAB") or root / ".cache" / "lab").resolve()
        repository = os.environ.get("REPO_URL", "").rstrip("/")
        return cls(root, root / "docs", root / "snippets", Bundle(bundle), mode, repository, lab)

    def with_mode(self, mode: str) -> "Project":
        """The same project, captured in another way."""
        return replace(self, mode=mode)


def sandbox_wanted() -> bool:
    """Whether snippets run in the sandbox; LIVE_SANDBOX=off is the one way to say no."""
    return os.environ.get("LIVE_SANDBOX") != "off"


def lab_wanted() -> bool:
    """Whether there may be virtual machines; LIVE_LAB=off is the way to say no."""
    return os.environ.get("LIVE_LAB") != "off"
