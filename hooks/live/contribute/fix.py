"""Mend what can be mended without a person, and say what was changed."""

import hashlib
from pathlib import Path

from live.contribute import linters, page_rules
from live.problems import LiveError, Problem
from live.publish import allowed

PROSE = ("*.md", "docs/**/*.md", ".github/**/*.md", "hooks/**/*.md")
KINDS = {".py", ".md", ".txt"}
MADE = {".git", ".venv", ".cache", "site"}  # not by people


def fix(root: Path) -> list[str]:
    """Mend the files of a checkout; return the names of those that were changed. Raises LiveError."""
    allowed.refuse_links(root)
    _refuse_links(_files(root), root)
    found = {path for pattern in PROSE for path in root.glob(pattern) if not path.name.startswith(".")}
    prose = sorted(path.relative_to(root).as_posix() for path in found)
    kept = page_rules.headless(root)  # rumdl would make text of it
    before = _hashes(root)
    for program, *arguments in linters.MENDING:
        if program == "typos":
            arguments += prose
        if program == "rumdl":
            arguments += [name for name in prose if name not in kept]
        try:
            linters.run(root, program, *arguments)
        except FileNotFoundError:
            raise LiveError([Problem(what=f"{program} is not installed; run 'make setup'")]) from None
    page_rules.list_links(root)
    after = _hashes(root)
    return sorted(name for name in after if after[name] != before.get(name))


def _refuse_links(files: list[Path], root: Path) -> None:
    """What is mended is written, and a link may lead out of the checkout."""
    what = "is a link, through which nothing is mended; put a file of its own there"
    found = [Problem(at=f"{file.relative_to(root).as_posix()}:1", what=what) for file in files if file.is_symlink()]
    if found:
        raise LiveError(found)


def _files(root: Path) -> list[Path]:
    """Every file that may be mended; what is hidden is an editor's."""
    tops = [path for path in root.iterdir() if path.name not in MADE]
    found = (file for top in tops for file in ([top] if top.is_symlink() or top.is_file() else top.rglob("*")))
    return [file for file in found if file.suffix in KINDS and not file.name.startswith(".")]


def _hashes(root: Path) -> dict[str, str]:
    """Every file that may be mended, with what is in it."""
    files = filter(Path.is_file, _files(root))
    return {file.relative_to(root).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
