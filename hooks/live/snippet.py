"""A snippet: a stand-alone program with a header that says how it is run and what pages may quote of it."""

import ast
import difflib
import os
import re
import signal
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from live import header, record, source, tools
from live.lab import settings
from live.lab.settings import Lab
from live.problems import LiveError, Problem
from live.units import parse_size

_REGION = re.compile(r"^\s*# (?:region (?P<start>[\w-]+)|(?P<end>endregion\b.*))\s*$")
_LIKE_REGION = re.compile(r"(?i)\s*#\s*(region\b\W*[\w-]*|end[ _-]?region\b.*)\s*")  # what is meant for one
# A name with version bounds, as headers here have it: told apart without loading a library for it.
_PLAIN = re.compile(r"[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?((>=|<=|==|!=|<|>)\d+(\.\d+)*(,(?=.)|\Z))*")
_READ = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*", re.ASCII)  # a file beside a snippet: no part of it is a dot or two
FEW = 12  # names that a message lists
WRONG = 50  # things in one snippet that are told at once
CLAIMS = 1000  # asserts of one; a run reports as many claims
LONGEST = 64 << 10  # bytes of a snippet's source: more than its lines may hold, and no more than Python parses soon
MOST = 16 << 20  # bytes of a file that one reads
PACKAGES = ("psutil", "matplotlib")  # those of the group `snippets` in pyproject.toml, which the sandbox holds
ONLY = (
    f"only {' and '.join(PACKAGES)} may be imported beside the standard library; see 'Add a Python package' in "
    "CONTRIBUTING.md"
)
OURS = ("", "hooks", "live", "snippets", "tests")  # what is of this repository; "" is the snippet's own folder
OLDEST = "3.11"  # version of Python, which the README promises to be enough
_STANDARD = ("requires-python", "dependencies", "tool")  # the keys of PEP 723
PANIC = 256  # stands for the exit status of a snippet whose kernel panicked
HOSTS = ("build", *settings.HOSTS)


@dataclass(frozen=True)
class Snippet:
    """What a snippet file says of itself. Sizes are in bytes, times in seconds. `python`: the oldest version."""

    name: str
    path: Path
    source: str
    title: str
    description: str
    claims: dict[int, str]
    sections: dict[str, str]
    python: str = OLDEST
    dependencies: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    reads: list[Path] = field(default_factory=list)
    hosts: list[str] = field(default_factory=lambda: ["build"])
    timeout: float = 30
    memory: int = 1 << 30
    sees: str = "own"
    exclusive: bool = False
    exits: int | str = 0
    lab: Lab = field(default_factory=Lab)
    draws: bool = False

    @property
    def topic(self) -> str:
        """The folder that it is in."""
        return self.name.split("/")[0]

    def files(self) -> dict[str, bytes]:
        """What it is made of: paths below the snippets folder, and the content of each."""
        reads = {f"{self.topic}/{path.relative_to(self.path.parent)}": path.read_bytes() for path in self.reads}
        return {f"{self.name}.py": self.source.encode()} | reads

    def line_of(self, text: str) -> int:
        """The first line that has a text; 1 where none has."""
        return _line_of(text, self.source)

    @property
    def exit_status(self) -> int:
        """The exit status that is expected, as a shell gives it: 128 + N for signal N; or PANIC."""
        if self.exits == "panic":
            return PANIC
        return 128 + signal.Signals[self.exits] if isinstance(self.exits, str) else self.exits


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


def spelled(name: str) -> str:
    """The name of a file as it can be printed, whatever bytes it is made of."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def read(path: Path, folder: Path) -> Snippet:
    """Read one snippet file below `folder`. Raises LiveError with everything that is wrong in it."""
    name = spelled(path.relative_to(folder).with_suffix("").as_posix())
    reader = _Reader(name, path, folder)
    snippet = reader.snippet()
    if reader.problems or not snippet:
        raise LiveError(reader.problems)
    return snippet


def nearest(word: str, known: Iterable[str]) -> str:
    """Name the nearest of `known`, or all if they are few, as the end of a message."""
    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.4)
    if near:
        return f"did you mean {near[0]!r}?"
    if len(known) > FEW:
        return f"none of the {len(known)} known is like it"
    return f"known: {', '.join(known)}" if known else "there is none"


def requirement_name(text: str) -> str:
    """The package that a requirement names."""
    return re.match(r"[\w.-]*", text)[0]  # type: ignore[index]  # matches whatever comes


def how_it_ended(status: int, verb: str = "it ended with ") -> str:
    """An exit status in words; 128 + N stands for signal N."""
    if status == PANIC:
        return f"{verb}a kernel panic"
    if status > 128:
        try:
            return f"{verb}{signal.Signals(status - 128).name}"
        except ValueError:
            pass
    return f"{verb}status {status}"


def _line_of(text: str, whole: str) -> int:
    return whole.count("\n", 0, max(whole.find(text), 0)) + 1


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
                problems.append(Problem(at=_at(snippet.name, line), what=both))  # of none: both can be read and run
    return problems


def _at(name: str, line: int) -> str:
    return f"snippets/{name}.py:{line}"


class _Reader:
    """Reads one file and gathers what is wrong in it, so that all of it can be told at once."""

    def __init__(self, name: str, path: Path, folder: Path) -> None:
        self.name, self.path, self.folder = name, path, folder
        self.problems: list[Problem] = []
        self.source = ""

    def wrong(self, what: str, line: int = 1) -> None:
        if len(self.problems) < WRONG:
            self.problems.append(Problem(snippet=self.name, at=_at(self.name, line), what=what))

    def line_of(self, text: str) -> int:
        return _line_of(text, self.source)

    def snippet(self) -> Snippet | None:
        if not re.fullmatch(record.SNIPPET, self.name):
            form = "lower-case letters, digits and underscores, at most 60 and 80"
            self.wrong(f"a snippet is snippets/<topic>/<name>.py, in {form}")
        refused = self.refused()
        if refused:
            self.wrong(refused)
            return None
        try:
            self.source = source.read(self.path)
            tree = source.parsed(self.source)
        except source.BadSource as error:
            self.wrong(str(error), error.line)
            return None
        title, description = self.docstring(tree)
        keys = self.keys()
        if keys:  # else what it declares is not known
            self.imports(tree, keys)
        self.places(keys)
        return Snippet(
            name=self.name,
            path=self.path,
            source=self.source,
            title=title,
            description=description,
            claims=self.claims(tree),
            sections=self.sections(),
            draws=any(isinstance(node, ast.FunctionDef) and node.name == "draw" for node in tree.body),
            **keys,
        )

    def refused(self) -> str:
        """Why the file is not even opened; "" where it can be."""
        if ".." in self.path.relative_to(self.folder).parts:
            return "leads out of the snippets folder"
        if self.linked(self.path):
            return "is a link, or in a folder that is one; a snippet is a file of its own"
        try:
            status = self.path.lstat()
        except OSError as error:
            return f"cannot be read: {error.strerror}; mend its rights"
        if not stat.S_ISREG(status.st_mode):
            return "is no regular file"
        if status.st_size > LONGEST:
            return f"has {status.st_size >> 10:,} KiB; {LONGEST >> 10} KiB of source are the most"
        return ""

    def linked(self, file: Path) -> bool:
        """Whether a file below the snippets folder, or a folder on the way to it, is a link."""
        return any(os.path.islink(self.folder / part) for part in _trail(file.relative_to(self.folder)))

    def docstring(self, tree: ast.Module) -> tuple[str, str]:
        text = ast.get_docstring(tree) or ""
        unseen = source.UNSEEN.search(text)
        if unseen:
            self.wrong(f"its docstring has U+{ord(unseen[0]):04X} in it, which a page cannot show; take it out")
        lines = text.split("\n", 1)
        if not lines[0]:
            self.wrong("has no docstring; its first line is the title on the page")
        elif not re.fullmatch(record.TITLE, lines[0]):
            self.wrong(f"its title has over {record.LINE} characters, or such as are not seen; say it in a sentence")
        return lines[0], lines[1].strip() if len(lines) > 1 else ""

    def claims(self, tree: ast.Module) -> dict[int, str]:
        found = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
        if len(found) > CLAIMS:
            self.wrong(f"has {len(found):,} asserts; {CLAIMS:,} are the most", found[CLAIMS].lineno)
            return {}
        lines = self.source.encode().split(b"\n")
        for node in found:
            if node.msg is None:
                self.wrong("this assert has no message; say what was found, for the reader", node.lineno)
        return {node.lineno: source.segment(lines, node.test) for node in sorted(found, key=lambda node: node.lineno)}

    def imports(self, tree: ast.Module, keys: dict[str, Any]) -> None:
        """What is imported must be declared: the reader's `uv run` installs nothing else."""
        declared = {requirement_name(text).replace("-", "_") for text in keys.get("dependencies", [])}
        declared |= {path.stem for path in keys.get("reads", [])} | sys.stdlib_module_names
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = ["." * node.level + (node.module or "")]
            else:
                continue
            for name in names:
                if name.split(".")[0] not in declared:
                    self.wrong(f"imports {name!r}{_why_not(name)}", node.lineno)

    def places(self, keys: dict[str, Any]) -> None:
        """Keys that only have a meaning in the lab, or none there."""
        in_lab = set(keys.get("hosts", [])) & set(settings.HOSTS)
        if "lab" in keys and not in_lab:
            self.wrong('lab = {…} says how a guest is made; add host = "lab"', self.line_of("# lab"))
        if keys.get("exits") == "panic" and set(keys.get("hosts", ["build"])) != in_lab:
            self.wrong("only a guest of the lab may panic", self.line_of("# exits"))
        if in_lab and keys.get("sees") == "host":
            self.wrong('sees = "host" is for host = "build"; a guest has no other processes', self.line_of("# sees"))

    def sections(self) -> dict[str, str]:
        """The named parts of the source, between `# region name` and `# endregion`."""
        sections: dict[str, str] = {}
        open_at, name, body = 0, "", []
        for number, line in enumerate(self.source.split("\n"), 1):
            match = _REGION.match(line)
            if not match:
                body.append(line)
                if _LIKE_REGION.fullmatch(line):
                    self.wrong("is no region as it stands; write '# region name' and '# endregion'", number)
            elif match["start"]:
                if name:
                    self.wrong(f"region {name!r} of line {open_at} is still open; regions do not nest", number)
                if match["start"] in sections:
                    self.wrong(f"region {match['start']!r} exists twice", number)
                open_at, name, body = number, match["start"], []
            elif name:
                sections[name], name = "\n".join(body), ""
            else:
                self.wrong("endregion without a region", number)
        if name:
            self.wrong(f"region {name!r} is not closed; end it with '# endregion'", open_at)
        return sections

    def keys(self) -> dict[str, Any]:
        """Read the inline metadata and return what of it differs from the defaults."""
        try:
            metadata, first = header.read(self.source)
        except source.BadSource as error:
            self.wrong(str(error), error.line)
            return {}
        for key in metadata.keys() - set(_STANDARD):
            self.wrong(f"unknown key {key!r} in the header: {nearest(key, _STANDARD)}", self.line_of(f"# {key}"))
        live = self.table(metadata.get("tool"), first)
        if live is None:
            return {}
        given: dict[str, Any] = {
            "python": self.python(metadata.get("requires-python", f">={OLDEST}")),
            "dependencies": self.dependencies(metadata.get("dependencies", [])),
        }
        for key, value in live.items():
            if key not in _KEYS:
                self.wrong(f"unknown key {key!r} in [tool.live]: {nearest(key, _KEYS)}", self.line_of(f"# {key}"))
                continue
            try:
                given["hosts" if key == "host" else key] = _KEYS[key](self, value)
            except ValueError as error:
                self.wrong(f"{key} = {header.shown(value)}: {error}", self.line_of(f"# {key}"))
        return given

    def table(self, tool: Any, first: int) -> dict[str, Any] | None:
        """The table [tool.live]. It is alone: by others `uv run` might install from anywhere on a reader's machine."""
        tool = tool if isinstance(tool, dict) else {}
        others = sorted(tool.keys() - {"live"})
        for key in others:
            near = difflib.get_close_matches(key, ["live"])
            why = (
                "did you mean [tool.live]?"
                if near
                else "only [tool.live] may be there, for a reader's uv would do what it says"
            )
            line = max(first, self.line_of(f"tool.{key}"))
            self.wrong(f"unknown table [tool.{key}] in the header: {why}", line)
        live = tool.get("live")
        if isinstance(live, dict):
            return live
        if not others:
            self.wrong("its header has no [tool.live] table; add it, if only the line '# [tool.live]'", first)
        return None

    def python(self, given: Any) -> str:
        match = re.fullmatch(r">=\s*(3\.\d{1,2})", given) if isinstance(given, str) else None
        if match:
            return match[1]
        what = f'bad requires-python: say the oldest that it runs with, as in requires-python = ">={OLDEST}"'
        self.wrong(what, self.line_of("# requires-python"))
        return OLDEST

    def dependencies(self, given: Any) -> list[str]:
        try:
            wrong = [text for text in _strings(self, given) if not _PLAIN.fullmatch(text) and not _is_requirement(text)]
        except ValueError as error:
            given, wrong = [], [str(error)]
        if wrong:
            text = wrong[0][: header.SHOWN]
            what = f'bad dependencies: {text}; write a name, with bounds if need be, as in "psutil>=7,<8"'
            self.wrong(what, self.line_of("# dependencies"))
        others = [text for text in given if text not in wrong and requirement_name(text) not in PACKAGES]
        if others:
            self.wrong(
                f"dependencies: {header.shown(others[0])} is none of a snippet's; {ONLY}",
                self.line_of("# dependencies"),
            )
        return [text for text in given if text not in wrong + others]

    def tool_names(self, given: Any) -> list[str]:
        names = _strings(self, given)
        for name in names:
            if name not in tools.PACKAGES:
                near = nearest(name, tools.PACKAGES)
                near += "" if near.endswith("?") else "."
                add = "Otherwise add it there with its Debian package."
                raise ValueError(f"no command {name!r} in hooks/live/tools.py; {near} {add}")
        return names

    def fact_names(self, given: Any) -> list[str]:
        names = _strings(self, given)
        if len(set(names)) < len(names):
            raise ValueError("a name stands twice")
        for name in names:
            if not name.isidentifier() or not re.fullmatch(record.NAME, name):
                raise ValueError(f"{name!r} is not the name of a variable with at most 60 characters")
        return names

    def files(self, given: Any) -> list[Path]:
        """Files beside the snippet. In the sandbox each is mounted by its name, so a name leads nowhere else."""
        names = _strings(self, given)
        for number, name in enumerate(names):
            if not _READ.fullmatch(name):
                example = "'sample.txt' or 'data/sample.txt', in letters, digits, dots and dashes"
                raise ValueError(f"{header.shown(name)} is no file beside the snippet; name it as in {example}")
            if name in names[:number] or name == self.path.name:
                raise ValueError(f"{name} is there already; name each file once, and not the snippet itself")
            wrong = self.unfit(self.path.parent / name)
            if wrong:
                raise ValueError(wrong.format(name))
        return [self.path.parent / name for name in names]

    def unfit(self, file: Path) -> str:
        """Why a file cannot be read by a snippet, with {} for its name; "" where it can."""
        if self.linked(file):
            return "{} is a link, or in a folder that is one; put the file itself there"
        try:
            status = file.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return "there is no file {}"
        except OSError as error:
            return f"{{}} cannot be read: {error.strerror}"
        if not stat.S_ISREG(status.st_mode):
            return "{} is no regular file"
        if status.st_size > MOST:
            return f"{{}} has {status.st_size >> 20:,} MiB; {MOST >> 20} MiB are the most"
        return "" if os.access(file, os.R_OK) else "{} cannot be read; mend its rights"

    def exit_name(self, given: Any) -> int | str:
        if given == "panic" or (isinstance(given, str) and given in signal.Signals.__members__):
            return given
        if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= 255:
            return given
        raise ValueError("must be an exit status from 0 to 255, a signal's name such as 'SIGSEGV', or 'panic'")


def _trail(path: Path) -> Iterator[Path]:
    """A relative path, and all folders that lead to it."""
    yield path
    yield from path.parents


def _why_not(name: str) -> str:
    """Why a module cannot be imported that is declared nowhere, as the end of a message."""
    package = name.split(".", maxsplit=1)[0]
    if package in PACKAGES:
        return ", which its header does not list in dependencies"
    if package in OURS:
        return "; a snippet runs by itself and imports nothing of this repository"
    return f"; {ONLY}"


def _is_requirement(text: str) -> bool:
    """Whether a text is a requirement of PEP 508 that names a package and versions of it, and nothing else."""
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415  (few headers need it)

    try:
        asked = Requirement(text)
    except InvalidRequirement:
        return False
    return not (asked.url or asked.extras or asked.marker)


def _strings(_: _Reader, given: Any) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
        raise ValueError("must be a list of strings")
    return given


def _one_of(*choices: str) -> Callable[[_Reader, Any], str]:
    def choose(_: _Reader, given: Any) -> str:
        if given not in choices:
            raise ValueError(f"must be {' or '.join(map(repr, choices))}")
        return given

    return choose


def _hosts(_: _Reader, given: Any) -> list[str]:
    names = [given] if isinstance(given, str) else _strings(_, given)
    if not names or not set(names) <= set(HOSTS):
        raise ValueError(f"must be one of {', '.join(map(repr, HOSTS))}, or a list of these")
    if len(set(names)) < len(names):
        raise ValueError("a host stands twice; name each once")
    return names


def _lab(_: _Reader, given: Any) -> Lab:
    return settings.read(given, nearest)


def _truth(_: _Reader, given: Any) -> bool:
    if not isinstance(given, bool):
        raise ValueError("must be true or false")
    return given


def _seconds(_: _Reader, given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= 600:
        raise ValueError("must be a number of seconds, at most 600")
    return given


def _size(_: _Reader, given: Any) -> int:
    if not isinstance(given, str):
        raise ValueError("must be a size such as '512MiB'")
    return parse_size(given)


_KEYS: dict[str, Callable[[_Reader, Any], Any]] = {
    "needs": _Reader.tool_names,
    "facts": _Reader.fact_names,
    "reads": _Reader.files,
    "host": _hosts,
    "timeout": _seconds,
    "memory": _size,
    "sees": _one_of("own", "host"),
    "exclusive": _truth,
    "exits": _Reader.exit_name,
    "lab": _lab,
}
