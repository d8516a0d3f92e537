"""What differs from another commit, as git knows it: files by their path, and what they said there."""

import subprocess
from pathlib import Path

from live.problems import LiveError, Problem


def files(root: Path, base: str) -> dict[str, str]:
    """Every file that differs from the commit `base`, or is new and not ignored, with "added", "changed" or "removed".

    What is not committed yet counts. Raises LiveError where git knows no such commit.
    """
    commit = ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    if commit.returncode:
        what = f"git knows no commit {base!r} here; name one that was fetched, such as HEAD^1 or origin/main"
        raise LiveError([Problem(what=what, detail=commit.stderr.strip())])
    options = ("--name-status", "--no-renames", "--relative", "-z")
    told = ask(root, "diff", *options, commit.stdout.strip(), "--").stdout.split("\0")
    words = {"A": "added", "D": "removed"}
    found = {path: words.get(letter, "changed") for letter, path in zip(told[::2], told[1::2], strict=False)}
    new = ask(root, "ls-files", "--others", "--exclude-standard", "-z").stdout.split("\0")
    return found | {path: "added" for path in new if path}


def text_at(root: Path, base: str, path: str) -> str:
    """What a file said in the commit `base`; "" where it was not there."""
    return ask(root, "show", "--end-of-options", f"{base}:./{path}").stdout


def ask(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Ask git, also of another user's checkout, as in a container; without git it is as if there were no checkout."""
    command = ["git", "-c", f"safe.directory={root}", "-C", str(root), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))
