"""What differs from another commit, as git knows it: files by their path, and what they said there."""

import subprocess
from pathlib import Path

from live.problems import LiveError, Problem


def files(root: Path, base: str) -> dict[str, str]:
    """Every file that differs from the commit `base`, or is new and not ignored, with "added", "changed" or "removed".

    What is not committed yet counts. Raises LiveError where git knows no such commit.
    """
    commit = _git(root, base, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}").strip()
    told = _git(root, base, "diff", "--name-status", "--no-renames", "-z", commit, "--").split("\0")
    words = {"A": "added", "D": "removed"}
    found = {path: words.get(letter, "changed") for letter, path in zip(told[::2], told[1::2], strict=False)}
    new = _git(root, base, "ls-files", "--others", "--exclude-standard", "-z").split("\0")
    return found | {path: "added" for path in new if path}


def text_at(root: Path, base: str, path: str) -> str:
    """What a file said in the commit `base`; "" where it was not there."""
    try:
        return _git(root, base, "show", "--end-of-options", f"{base}:{path}")
    except LiveError:
        return ""


def _git(root: Path, base: str, *arguments: str) -> str:
    command = ["git", "-c", f"safe.directory={root}", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        told = (getattr(error, "stderr", "") or "").strip()
        what = f"git knows no commit {base!r} here; name one that was fetched, such as HEAD^1 or origin/main"
        raise LiveError([Problem(what=what, detail=told)]) from None
    return done.stdout
