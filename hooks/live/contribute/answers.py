"""The tests of what snippets answer, for some snippets and without a run: their captures are there."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from live.contribute.linters import Linter
from live.problems import Problem


def wrong(root: Path, names: Iterable[str]) -> list[Problem]:
    """What tests find wrong in the facts that the named snippets gave."""
    try:
        tests = [test for name in names for test in _tests_of(root, name)]
    except SyntaxError as error:
        return [Problem(at=f"{error.filename}:{error.lineno or 1}", what=f"is not Python: {error.msg}")]
    remedy = "the test and the program disagree; mend the one that is wrong"
    arguments = ("--kept", "--quiet", "--tb=line", "-p", "no:cacheprovider", *dict.fromkeys(tests))
    return Linter(("pytest", *arguments), lambda *_: remedy).find(root) if tests else []


def _tests_of(root: Path, name: str) -> Iterator[str]:
    """The tests that name a snippet, as pytest calls them; a whole file where it does so outside of any."""
    for path in sorted((root / "tests" / "snippets").glob("test_*.py")):
        source, file = path.read_text(encoding="utf-8", errors="replace"), path.relative_to(root).as_posix()
        tests = [node for node in ast.parse(source, file).body if isinstance(node, ast.FunctionDef)]
        named = [test.name for test in tests if f'"{name}"' in (ast.get_source_segment(source, test) or "")]
        yield from (f"{file}::{test}" for test in named)
        if not named and f'"{name}"' in source:
            yield file
