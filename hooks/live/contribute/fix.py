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
    prose = sorted({path.relative_to(root).as_posix() for pattern in PROSE for path in root.glob(pattern)})
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


def _hashes(root: Path) -> dict[str, str]:
    """Every file that may be mended, with what is in it."""
    tops = [path for path in root.iterdir() if path.name not in MADE]
    files = [file for top in tops for file in ([top] if top.is_file() else top.rglob("*")) if file.suffix in KINDS]
    return {file.relative_to(root).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
