"""What the pages ask for, with page and line: the fences and inline facts of their Markdown, not their prose."""

import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from live.problems import LiveError, Problem

LARGEST = 2**20  # bytes of a file; no page comes near
FACT = re.compile(r"`#!fact ([^`\s:]+)(?::([^`]*))?`")

_FENCE = re.compile(r"^[\s>]*(?P<marks>`{3,}|~{3,})(?P<info>.*)$")
_OPTION = re.compile(r"""(?<![\w-])([\w-]++)=(?:"([^"]*)"|'([^']*)'|([^\s}]+))""")
# What SuperFences takes for a fence; it shows others as text.
_TAKEN = re.compile(r"""\{[^}]*\}|[\w.-]+(?:\s+[\w-]+=(?:"[^"]*"|'[^']*'))*""")


@dataclass(frozen=True)
class Reference:
    """One place that shows a snippet (a fence) or quotes a fact."""

    page: str
    line: int
    snippet: str
    options: dict[str, str] = field(default_factory=dict)
    fact: str = ""
    spec: str = ""
    host: str = ""
    readable: bool = True  # whether the fence is one for Markdown, too
    names: int = 1  # lines with something in them, of a fence

    @property
    def where(self) -> str:
        return f"docs/{self.page}:{self.line}"


@dataclass(frozen=True)
class Part:
    """A fence with the lines in it, or one line of what stands between fences, which has no `info`."""

    line: int
    text: str
    info: str | None = None
    body: str = ""


def references(docs: Path) -> list[Reference]:
    """All references of all pages below `docs`, in order. Raises LiveError for pages that cannot be read."""
    texts = read((docs / page for page in names(docs)), docs.parent)
    return [reference for name, text in texts.items() for reference in in_page(text, name.partition("/")[2])]


def names(docs: Path) -> list[str]:
    """All pages below `docs`, as paths from there. Hidden files are an editor's, and MkDocs passes over them, too."""
    found = (path.relative_to(docs) for path in docs.glob("**/*.md"))
    return sorted(path.as_posix() for path in found if not any(part.startswith(".") for part in path.parts))


def read(paths: Iterable[Path], root: Path) -> dict[str, str]:
    """The texts of files, by their paths from `root`. Raises LiveError with all that cannot be read."""
    texts, problems = {}, []
    for path in paths:
        name = path.relative_to(root).as_posix()
        try:
            if what := unfit(path):
                problems.append(Problem(page=f"{name}:1", what=what))
                continue
            texts[name] = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            problems.append(Problem(page=name, what=f"cannot be read: {error.strerror}; mend or remove it"))
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            problems.append(Problem(page=f"{name}:{line}", what="is not UTF-8 text; save it as such"))
    if problems:
        raise LiveError(problems)
    return texts


def unfit(path: Path) -> str:
    """Why a file is not to be read; what a link leads to may be somebody's own, or have no end. "" if it may be."""
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        return "is a link; put a file of its own there"
    if not stat.S_ISREG(found.st_mode):
        return "is no file; remove it, or put a file there"
    return "is larger than 1 MiB; make it smaller" if found.st_size > LARGEST else ""


def in_page(text: str, page: str) -> Iterator[Reference]:
    """The references of one page's Markdown. Fences inside another fence are examples and do not count."""
    for part in parts(text):
        if part.info is None:
            for match in FACT.finditer(part.text):
                name, host, fact = fact_name(match[1])
                yield Reference(page, part.line, name, fact=fact, spec=match[2] or "", host=host)
        elif language(part.info) == "snippet":
            taken = bool(_TAKEN.fullmatch(part.info))
            names = sum(bool(line.strip(" >\t")) for line in part.body.split("\n"))
            name = snippet_name(part.body)
            yield Reference(page, part.line + 1, name, options(part.info), readable=taken, names=names)


def parts(text: str) -> Iterator[Part]:
    """A page's Markdown in parts, none left out. What follows a fence that is never closed is one, of no language."""
    start, marks, info, lines = 0, "", "", []
    for number, line in enumerate(text.split("\n"), 1):
        fence = _FENCE.match(line)
        if marks:
            lines.append(line)
            if fence and fence["marks"].startswith(marks) and not fence["info"].strip():
                yield Part(start, "\n".join(lines), info, "\n".join(lines[1:-1]))
                marks = ""
        elif fence:
            start, marks, info, lines = number, fence["marks"], fence["info"].strip(), [line]
        else:
            yield Part(number, line)
    if marks:
        yield Part(start, "\n".join(lines), "")


def language(info: str) -> str:
    """The first word of a fence's info string, in its plain or its {.braced} form."""
    words = info.strip("{} ").split()
    return words[0].lstrip(".") if words else ""


def options(info: str) -> dict[str, str]:
    """The options of a fence's info string."""
    return {match[1]: next(filter(None, match.groups()[1:]), "") for match in _OPTION.finditer(info)}


def fact_name(text: str) -> tuple[str, str, str]:
    """Snippet, host and fact of `topic/name.fact` or, where it ran on several hosts, `topic/name@host.fact`."""
    place, _, fact = text.partition(".")
    name, _, host = place.partition("@")
    return name, host, fact


def snippet_name(body: str) -> str:
    """The snippet that a fence names: `topic/name.py`, with or without the ending."""
    words = body.replace(">", " ").split()
    return words[0].removesuffix(".py") if words else ""
