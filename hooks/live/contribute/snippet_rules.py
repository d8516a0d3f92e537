"""Rules that every snippet keeps, beyond what its header must be for it to run."""

import re
from collections.abc import Iterator
from pathlib import Path

from live.problems import Problem
from live.snippet import Snippet

LINES, WIDTH = 110, 100  # what a page shows without a reader getting lost
_TITLE = re.compile(r"[A-Z].{8,90}\.")


def snippets(root: Path, read: list[Snippet]) -> list[Problem]:
    """Everything that is wrong in snippets that could be read."""
    topics = {path.name for path in (root / "docs").iterdir() if path.is_dir()}
    tested = "".join(
        path.read_text(encoding="utf-8", errors="replace")
        for path in sorted((root / "tests" / "snippets").glob("test_*.py"))
        if path.name != "test_all.py"
    )
    return [
        Problem(snippet=snippet.name, at=f"snippets/{snippet.name}.py:{line}", what=what)
        for snippet in read
        for line, what in _wrong_with(snippet, topics, tested)
    ]


def _wrong_with(snippet: Snippet, topics: set[str], tested: str) -> Iterator[tuple[int, str]]:
    lines = snippet.source.splitlines()
    wide = [number for number, line in enumerate(lines, 1) if len(line) > WIDTH]
    if not _TITLE.fullmatch(snippet.title):
        yield (
            snippet.line_of('"""'),
            "its title is no sentence; say what it shows in 10 to 92 characters with a full stop",
        )
    if not snippet.claims:
        yield 1, "it makes no claim; let an assert say what a page may state"
    if len(lines) > LINES:
        yield LINES + 1, f"has {len(lines)} lines; show one thing in at most {LINES}, or make two of it"
    if wide:
        yield wide[0], f"this line is wider than {WIDTH} characters; break it"
    if f'"{snippet.name}"' not in tested:
        yield 1, f'no test checks what it answers; write one in tests/snippets/ that asks facts_of("{snippet.name}")'
    if snippet.topic not in topics:
        yield 1, f"its topic has no pages; make docs/{snippet.topic}/, or move it to one of {', '.join(sorted(topics))}"
