"""All snippets of a folder, and what is wrong with those that cannot be run."""

import os
from pathlib import Path

from live.printable import spelled
from live.problems import LiveError, Problem
from live.reader import read
from live.snippet import Snippet


def discover(folder: Path) -> tuple[list[Snippet], list[Problem]]:
    """Read all snippets below `folder`; return those that can be run, and everything that is wrong in the others."""
    snippets: list[Snippet] = []
    problems: list[Problem] = []
    for path in _sources(folder, problems):
        try:
            snippets.append(read(path, folder))
        except LiveError as error:
            problems += error.problems
    return snippets, sorted(problems + _duplicates(snippets))


def _sources(folder: Path, problems: list[Problem]) -> list[Path]:
    """All that is called like a snippet; folders that cannot be looked into are problems. Links are not followed."""

    def unreadable(error: OSError) -> None:
        at = spelled(os.path.relpath(error.filename, folder.parent))
        problems.append(Problem(at=at, what=f"cannot be read: {error.strerror}; mend its rights"))

    found = [
        Path(place, name)
        for place, folders, files in os.walk(folder, onerror=unreadable if folder.exists() else None)
        for name in (*folders, *files)
    ]
    return sorted(path for path in found if path.suffix == ".py" and not path.name.startswith("."))  # an editor's


def _duplicates(snippets: list[Snippet]) -> list[Problem]:
    """Names that differ only in what a file system or a reader may not tell apart, and titles used twice."""
    problems = []
    for what, key in (
        ("the same name but for case and underscores as", lambda s: s.name.lower().replace("_", "")),
        ("the same title as", lambda s: s.title.casefold()),
    ):
        seen: dict[str, Snippet] = {}
        for snippet in snippets:
            other = seen.setdefault(key(snippet), snippet)
            if other is not snippet:
                both = f"{snippet.name} has {what} {other.name} (snippets/{other.name}.py); rename the newer one"
                line = snippet.line_of(snippet.title) if "title" in what else 1
                # Of neither snippet, as messages go: both can be read and run.
                problems.append(Problem(at=f"snippets/{snippet.name}.py:{line}", what=both))
    return problems
