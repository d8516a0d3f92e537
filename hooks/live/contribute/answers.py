"""The tests of what snippets answer, for some snippets and without a run: their captures are there."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from live.contribute.linters import Linter
from live.problems import LiveError, Problem


def wrong(root: Path, names: Iterable[str]) -> list[Problem]:
    """What tests find wrong in the facts that the named snippets gave."""
    try:
        tests = [test for name in names for test in _tests_of(root, name)]
    except LiveError as error:
        return error.problems
    remedy = "the test and the program disagree; mend the one that is wrong"
    arguments = ("--kept", "--quiet", "--tb=line", "-p", "no:cacheprovider", *dict.fromkeys(tests))
    return Linter(("pytest", *arguments), lambda *_: remedy).find(root) if tests else []


def _tests_of(root: Path, name: str) -> Iterator[str]:
    """The tests that name a snippet, as pytest calls them; a whole file where it does so outside of any."""
    for path in sorted((root / "tests" / "snippets").glob("test_*.py")):
        file = path.relative_to(root).as_posix()
        source, tree = _read(path, file)
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        lines = source.split("\n")
        naming = [each for each in functions if f'"{name}"' in "\n".join(lines[each.lineno - 1 : each.end_lineno])]
        if naming and all(map(_is_test, naming)):
            yield from (f"{file}::{test.name}" for test in naming)
        elif f'"{name}"' in source:
            _require_test(tree, file, naming)
            yield file


def _read(path: Path, file: str) -> tuple[str, ast.Module]:
    """A file of tests. Raises LiveError where it cannot be one."""
    try:
        source = path.read_text(encoding="utf-8")
        return source, ast.parse(source)
    except OSError as error:
        line, what = 1, f"cannot be read: {error.strerror}; mend or remove it"
    except UnicodeDecodeError:
        line, what = 1, "is not UTF-8 text; save it as such"
    except SyntaxError as error:
        line, what = error.lineno or 1, f"is not Python: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        line, what = 1, f"is not Python that can be read: {error}"
    raise LiveError([Problem(at=f"{file}:{line}", what=what)])


def _require_test(tree: ast.Module, file: str, naming: list[ast.FunctionDef]) -> None:
    """Raises LiveError for a file in which pytest finds no test, and would only say that it found none."""
    if any(isinstance(node, ast.FunctionDef) and _is_test(node) for node in ast.walk(tree)):
        return
    line, called = (naming[0].lineno, f"; call it test_{naming[0].name}") if naming else (1, "; add one")
    raise LiveError([Problem(at=f"{file}:{line}", what=f"has no function whose name begins with test_{called}")])


def _is_test(function: ast.FunctionDef) -> bool:
    return function.name.startswith("test")
