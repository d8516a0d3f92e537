"""Which snippets a pull request changes, as git tells."""

from pathlib import Path

from live import changes
from live.snippet import Snippet

MAIN = ("origin/main", "main")  # that of the server first: work may be done on one's own main
UNKNOWN = (
    "all that need no lab, since git tells of no branch main here; 'git fetch origin main' has it run your own alone"
)


def changed(root: Path, snippets: list[Snippet]) -> tuple[list[Snippet], str]:
    """The snippets to run, and which those are, in words."""
    base = _base(root)
    if not base:
        return [snippet for snippet in snippets if snippet.hosts == ["build"]], UNKNOWN
    names = changes.files(root, base).keys()
    chosen = [snippet for snippet in snippets if names & {f"snippets/{name}" for name in snippet.files()}]
    return chosen, f"those that differ from main at {base[:10]}"


def _base(root: Path) -> str:
    """The commit at which this work left main; "" without git or main."""
    answers = (changes.ask(root, "merge-base", "HEAD", name) for name in MAIN)
    return next((answer.stdout.strip() for answer in answers if not answer.returncode), "")
