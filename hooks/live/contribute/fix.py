"""Mend what can be mended without a person, and say what was changed."""

import hashlib
from pathlib import Path

from live.contribute import linters, page_rules

PROSE = ("*.md", "docs/**/*.md", ".github/**/*.md")


def fix(root: Path) -> list[str]:
    """Mend the files of a checkout; return the names of those that were changed. Raises FileNotFoundError."""
    before = _hashes(root)
    for program, *arguments in linters.MENDING:
        if program == "typos":
            arguments += sorted({str(path.relative_to(root)) for pattern in PROSE for path in root.glob(pattern)})
        linters.run(root, program, *arguments)
    page_rules.list_links(root)
    after = _hashes(root)
    return sorted(name for name in after if after[name] != before.get(name))


def _hashes(root: Path) -> dict[str, str]:
    """Every file that may be mended, with what is in it."""
    files = [path for pattern in ("**/*.py", "**/*.md", "docs/assets/links.txt") for path in root.glob(pattern)]
    files = [path for path in files if not path.relative_to(root).parts[0].startswith((".venv", ".cache", "site"))]
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
