"""Rules that every snippet keeps, beyond what its header must be for it to run."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

from live.printable import spelled
from live.problems import Problem, nearest
from live.snippet import Snippet

LINES, WIDTH = 110, 100  # what a page shows without a reader getting lost
SETTINGS = "ruff.toml"  # of the style of snippets, in their folder
_TITLE = re.compile(r"[A-Z].{8,90}\.")
_ASKED = re.compile(r"""facts_of\(\s*["']([^"']*)["']\s*[,)]""")
_NAMED = (ast.Name, ast.Call, ast.NamedExpr)  # what a condition has that depends on anything


def snippets(root: Path, read: list[Snippet]) -> list[Problem]:
    """Everything that is wrong in snippets that could be read, in their folder and in what their tests name."""
    topics = {path.name for path in (root / "docs").iterdir() if path.is_dir()}
    tests = dict(_tests(root))
    tested = "".join(tests.values())
    found = [
        Problem(snippet=snippet.name, at=f"snippets/{snippet.name}.py:{line}", what=what)
        for snippet in read
        for line, what in _wrong_with(snippet, topics, tested)
    ]
    return [*found, *_strays(root / "snippets", read), *_unknown(root, tests)]


def _tests(root: Path) -> Iterator[tuple[str, str]]:
    """The tests of single snippets, by their paths from the root; one that cannot be read is told by others."""
    for path in sorted((root / "tests" / "snippets").glob("test_*.py")):
        if path.name != "test_all.py" and path.is_file() and os.access(path, os.R_OK):
            yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8", errors="replace")


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
    for line, condition in snippet.claims.items():
        if not _depends(condition):
            told = " ".join(condition.split())[:40]
            yield line, f"'assert {told}' holds whatever happens, so it shows nothing; compare what was measured"
    if len(lines) > LINES:
        yield LINES + 1, f"has {len(lines)} lines; show one thing in at most {LINES}, or make two of it"
    if wide:
        yield wide[0], f"this line is wider than {WIDTH} characters; break it"
    if f'"{snippet.name}"' not in tested:
        yield 1, f'no test checks what it answers; write one in tests/snippets/ that asks facts_of("{snippet.name}")'
    if snippet.topic not in topics:
        yield 1, f"its topic has no pages; make docs/{snippet.topic}/, or move it to one of {', '.join(sorted(topics))}"


def _depends(condition: str) -> bool:
    """Whether a condition has anything in it that a run could change."""
    tree = ast.parse(f"({condition}\n)", mode="eval")
    return any(isinstance(node, _NAMED) for node in ast.walk(tree))


def _strays(folder: Path, read: list[Snippet]) -> Iterator[Problem]:
    """What lies among snippets and is of none. Hidden files are an editor's, and so are caches."""
    used = {folder / SETTINGS} | {path for snippet in read for path in (snippet.path, *snippet.reads)}
    unread = {path.parent for path in folder.glob("*/*.py") if path not in used}  # what would those read?
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__pycache__"))]
        linked = [name for name in folders if os.path.islink(os.path.join(place, name))]
        for path in (Path(place, name) for name in sorted([*linked, *files])):
            told = path.name.startswith(".") or path.suffix == ".py" or path in used
            if not told and unread.isdisjoint(path.parents):
                at = f"snippets/{spelled(path.relative_to(folder).as_posix())}"
                yield Problem(at=f"{at}:1", what="no snippet reads it; remove it, or name it in reads beside it")


def _unknown(root: Path, tests: dict[str, str]) -> Iterator[Problem]:
    """Snippets that tests ask for and that are not there."""
    known = {path.relative_to(root / "snippets").with_suffix("").as_posix() for path in root.glob("snippets/*/*.py")}
    for file, text in tests.items():
        for match in _ASKED.finditer(text):
            if match[1] not in known:
                line = text.count("\n", 0, match.start(1)) + 1
                what = f"there is no such snippet as {match[1]!r}: {nearest(match[1], known)}"
                yield Problem(at=f"{file}:{line}", what=what)
