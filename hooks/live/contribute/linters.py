"""Programs that look at files without running them: how each is called, and what its findings ask for."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from live.problems import Problem

_FINDING = re.compile(r"(?:\./)?(?P<file>[^\s:][^:]*):(?P<line>\d+)(?::\d+)*:? (?:error: |unformatted: )?(?P<what>.*)")
_CODE = re.compile(r"\[?([A-Z]+\d+)\b")
_BROKEN = ": invalid-syntax: "
_NO_TEXT = ": io: stream did not contain valid UTF-8"  # ruff's formatter; its check names the file, too
MENDS = "'make fix' mends it"


@dataclass(frozen=True)
class Linter:
    """A program and its arguments.

    remedy: what to do about a finding, given its file and text; "" where the text says it.
    """

    arguments: tuple[str, ...]
    remedy: Callable[[str, str], str]

    def find(self, root: Path) -> list[Problem]:
        """Everything that it finds in a checkout. A program that cannot do its work is a problem, too."""
        name = self.arguments[0]
        try:
            ran = run(root, *self.arguments)
        except FileNotFoundError:
            return [Problem(what=f"{name} is not installed; run 'make setup'")]
        said = _once(ran.stdout.replace(f"{root}/", "").splitlines())
        found = [problem for line in said for problem in self._problem(line)]
        if ran.returncode and not found and _NO_TEXT not in ran.stdout + ran.stderr:
            what = f"{name} ended with status {ran.returncode} and no finding; mend what it says"
            return [Problem(what=what, detail="\n".join((ran.stderr + ran.stdout).strip().splitlines()[-5:]))]
        return found

    def _problem(self, line: str) -> list[Problem]:
        match = _FINDING.fullmatch(line)
        if match and not match["what"].startswith("note:"):
            what = match["what"].replace("[*] ", "").removesuffix(" [*]")
            remedy = self.remedy(match["file"], match["what"])
            return [Problem(at=f"{match['file']}:{match['line']}", what=f"{what}; {remedy}" if remedy else what)]
        return []


def _once(lines: list[str]) -> list[str]:
    """Of all that follows from a file that does not parse, the first."""
    first = {line.split(":")[0]: line for line in reversed(lines) if _BROKEN in line}
    return [line for line in lines if _BROKEN not in line or line is first[line.split(":")[0]]]


def run(root: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of this environment in a checkout. Raises FileNotFoundError where it is not installed."""
    path = Path(sys.executable).parent / program
    return subprocess.run([path, *arguments], cwd=root, capture_output=True, text=True, check=False)


def _by_rule(program: str) -> Callable[[str, str], str]:
    """Findings of a program that mends some itself and explains the others."""

    def remedy(_: str, what: str) -> str:
        if "valid UTF-8" in what:
            return "save it as such"
        code = _CODE.search(what)
        return MENDS if "[*]" in what else f"'.venv/bin/{program} rule {code[1]}' tells how" if code else "mend it"

    return remedy


def _respell(file: str, what: str) -> str:
    sure = what.count("`") == 4 and file.endswith(".md")
    return MENDS if sure else "mend it, or list it under [tool.typos] in pyproject.toml where it is right"


def _reform(_: str, what: str) -> str:
    return "mend it" if what.startswith("invalid-syntax") else MENDS


STYLE = (
    Linter(("ruff", "check", "--output-format", "concise", "--quiet"), _by_rule("ruff")),
    Linter(("ruff", "format", "--check", "--output-format", "concise"), _reform),
)
SPELLING = (Linter(("typos", "--hidden", "--no-check-filenames", "--format", "brief"), _respell),)
MARKDOWN = (Linter(("rumdl", "check", "."), _by_rule("rumdl")),)
TYPES = (Linter(("mypy",), lambda *_: "mend the type or what has it"),)
# What can be mended without a person, the last word being that of the formatter. Spelling is mended in prose alone:
# in a program a word may be a name.
MENDING = (
    ("ruff", "check", "--fix", "--quiet", "--exit-zero"),
    ("ruff", "format", "--quiet"),
    ("typos", "--hidden", "--write-changes", "--force-exclude"),
    ("rumdl", "check", "--fix", "--quiet"),
)
