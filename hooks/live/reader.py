"""Reading one snippet file: everything that is wrong in it is found, so that all can be told at once."""

import ast
import difflib
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from live import header, keys, record, source
from live.lab import settings
from live.printable import spelled
from live.problems import LiveError, Problem, nearest
from live.snippet import Snippet, requirement_name
from live.source import line_of

_REGION = re.compile(r"^\s*# (?:region (?P<start>[\w-]+)|(?P<end>endregion\b.*))\s*$")
_LIKE_REGION = re.compile(r"(?i)\s*#\s*(region\b\W*[\w-]*|end[ _-]?region\b.*)\s*")  # what is meant for one
_REPOSITORY = ("", "hooks", "live", "snippets", "tests")  # modules of it; "" is the snippet's own folder
WRONG = 50  # things in one snippet that are told at once
CLAIMS = 1000  # asserts of one; a run reports as many claims
MOST = 16 << 20  # bytes of a file that one reads


def read(path: Path, folder: Path) -> Snippet:
    """Read one snippet file below `folder`. Raises LiveError with everything that is wrong in it."""
    name = spelled(path.relative_to(folder).with_suffix("").as_posix())
    reader = _Reader(name, path, folder)
    snippet = reader.snippet()
    if reader.problems or not snippet:
        raise LiveError(reader.problems)
    return snippet


class _Reader:
    """Reads one file and gathers what is wrong in it."""

    def __init__(self, name: str, path: Path, folder: Path) -> None:
        self.name, self.path, self.folder = name, path, folder
        self.problems: list[Problem] = []
        self.source = ""

    def wrong(self, what: str, line: int = 1) -> None:
        if len(self.problems) < WRONG:
            self.problems.append(Problem(snippet=self.name, at=f"snippets/{self.name}.py:{line}", what=what))

    def wrong_key(self, key: str, what: str) -> None:
        self.wrong(what, line_of(f"# {key}", self.source))

    def snippet(self) -> Snippet | None:
        if not re.fullmatch(record.SNIPPET, self.name):
            form = "lower-case letters, digits and underscores, at most 60 and 80"
            self.wrong(f"a snippet is snippets/<topic>/<name>.py, in {form}")
        if ".." in self.path.relative_to(self.folder).parts:
            self.wrong("leads out of the snippets folder")
            return None
        try:
            self.check_file(self.path, source.LONGEST)
            self.source = source.read(self.path)
            tree = source.parsed(self.source)
        except source.BadSource as error:
            self.wrong(str(error), error.line)
            return None
        except ValueError as error:
            self.wrong(str(error))
            return None
        given = self.header()
        if not self.problems:  # else what it declares may not be known
            self.imports(tree, given)
        self.places(given)
        title, description = self.docstring(tree)
        return Snippet(
            name=self.name,
            path=self.path,
            source=self.source,
            title=title,
            description=description,
            claims=self.claims(tree),
            sections=self.sections(),
            draws=any(isinstance(node, ast.FunctionDef) and node.name == "draw" for node in tree.body),
            **given,
        )

    def check_file(self, file: Path, most: int) -> None:
        """Raises ValueError where a file below the snippets folder is none that may be read, or has more bytes."""
        within = file.relative_to(self.folder)
        if any(os.path.islink(self.folder / part) for part in (within, *within.parents)):
            raise ValueError("is a link, or in a folder that is one; put the file itself there")
        try:
            status = file.lstat()
        except (FileNotFoundError, NotADirectoryError):
            raise ValueError("is not there") from None
        except OSError as error:
            raise ValueError(f"cannot be read: {error.strerror}") from None
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("is no regular file")
        if status.st_size > most:
            raise ValueError(f"has {status.st_size >> 10:,} KiB; {most >> 10:,} are the most")
        if not os.access(file, os.R_OK):
            raise ValueError("cannot be read; mend its rights")

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

    def header(self) -> dict[str, Any]:
        """Read the inline metadata and return what of it differs from the defaults, by the fields of a snippet."""
        try:
            metadata, first = header.read(self.source)
        except source.BadSource as error:
            self.wrong(str(error), error.line)
            return {}
        live = self.table(metadata.pop("tool", {}), first)
        return self.values(metadata, "the header", keys.STANDARD) | self.values(live, "[tool.live]", keys.OURS)

    def table(self, tool: Any, first: int) -> dict[str, Any]:
        """The table [tool.live]. It is alone: by others `uv run` might install from anywhere on a reader's machine."""
        tool = tool if isinstance(tool, dict) else {}
        others = sorted(tool.keys() - {"live"})
        for key in others:
            near = difflib.get_close_matches(key, ["live"])
            only = "only [tool.live] may be there, for a reader's uv would do what it says"
            why = "did you mean [tool.live]?" if near else only
            line = max(first, line_of(f"tool.{key}", self.source))
            self.wrong(f"unknown table [tool.{key}] in the header: {why}", line)
        live = tool.get("live")
        if isinstance(live, dict):
            return live
        if not others:
            self.wrong("its header has no [tool.live] table; add it, if only the line '# [tool.live]'", first)
        return {}

    def values(self, given: dict[str, Any], table: str, known: dict[str, keys.Reads]) -> dict[str, Any]:
        """What the keys of a table say."""
        found = {}
        for key, value in given.items():
            if key not in known:
                self.wrong_key(key, f"unknown key {key!r} in {table}: {nearest(key, known)}")
                continue
            try:
                what = known[key](value)
                found[keys.FIELDS.get(key, key)] = list(self.files(what)) if key == "reads" else what
            except ValueError as error:
                self.wrong_key(key, f"{key} = {header.shown(value)}: {error}")
        return found

    def files(self, names: list[str]) -> Iterator[Path]:
        """The files beside the snippet that have these names. Raises ValueError."""
        for name in names:
            file = self.path.parent / name
            if file == self.path:
                raise ValueError(f"{name} is the snippet itself, which is there already; leave it out")
            try:
                self.check_file(file, MOST)
            except ValueError as error:
                raise ValueError(f"{name} {error}") from None
            yield file

    def imports(self, tree: ast.Module, given: dict[str, Any]) -> None:
        """What is imported must be declared: the reader's `uv run` installs nothing else."""
        declared = {requirement_name(text).replace("-", "_") for text in given.get("dependencies", [])}
        declared |= {path.stem for path in given.get("reads", [])} | sys.stdlib_module_names
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

    def places(self, given: dict[str, Any]) -> None:
        """Keys that only have a meaning in the lab, or none there."""
        in_lab = set(given.get("hosts", [])) & set(settings.HOSTS)
        if "lab" in given and not in_lab:
            self.wrong_key("lab", 'lab = {…} says how a guest is made; add host = "lab"')
        if given.get("exits") == "panic" and set(given.get("hosts", ["build"])) != in_lab:
            self.wrong_key("exits", "only a guest of the lab may panic")
        if in_lab and given.get("sees") == "host":
            self.wrong_key("sees", 'sees = "host" is for host = "build"; a guest has no other processes')


def _why_not(name: str) -> str:
    """Why a module cannot be imported that is declared nowhere, as the end of a message."""
    package = name.split(".", maxsplit=1)[0]
    if package in keys.PACKAGES:
        return ", which its header does not list in dependencies"
    if package in _REPOSITORY:
        return "; a snippet runs by itself and imports nothing of this repository"
    return f"; {keys.ONLY}"
