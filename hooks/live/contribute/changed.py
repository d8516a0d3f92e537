"""Which snippets a pull request changes, as git tells."""

import subprocess
from pathlib import Path

from live.snippet import Snippet

MAIN = ("origin/main", "main")  # that of the server first: work may be done on one's own main


def changed(root: Path, snippets: list[Snippet]) -> tuple[list[Snippet], str]:
    """The snippets to run, and which those are, in words."""
    try:
        base = _base(root)
        names = set(_lines(root, "diff", "--name-only", "--relative", "-z", base, "--", "snippets"))
        names |= set(_lines(root, "ls-files", "--others", "--exclude-standard", "-z", "--", "snippets"))
    except (OSError, subprocess.CalledProcessError):
        return snippets, "all without a valid capture, since git tells of no branch main here"
    chosen = [snippet for snippet in snippets if names & {f"snippets/{name}" for name in snippet.files()}]
    return chosen, f"those that differ from main at {base[:10]}"


def _base(root: Path) -> str:
    """The commit at which this work left main. Raises CalledProcessError without git or main."""
    for name in MAIN:
        found = ask(root, "merge-base", "HEAD", name)
        if not found.returncode:
            return found.stdout.strip()
    raise subprocess.CalledProcessError(found.returncode, "git merge-base")


def _lines(root: Path, *arguments: str) -> list[str]:
    answer = ask(root, *arguments)
    answer.check_returncode()
    return answer.stdout.split("\0")


def ask(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Ask git; the checkout may be another user's, as in a container."""
    command = ["git", "-c", f"safe.directory={root}", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
