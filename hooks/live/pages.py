"""What the pages ask for, with page and line: the fences and inline facts of their Markdown, not their prose."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FACT = re.compile(r"`#!fact ([^`\s:]+)(?::([^`]*))?`")

_FENCE = re.compile(r"^[\s>]*(?P<marks>`{3,}|~{3,})(?P<info>.*)$")
_OPTION = re.compile(r"""([\w-]+)=(?:"([^"]*)"|'([^']*)'|(\S+))""")


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

    @property
    def where(self) -> str:
        return f"docs/{self.page}:{self.line}"


def references(docs: Path) -> list[Reference]:
    """All references of all pages below `docs`, in order."""
    return [
        reference
        for path in sorted(docs.glob("**/*.md"))
        for reference in in_page(path.read_text(encoding="utf-8"), path.relative_to(docs).as_posix())
    ]


def in_page(text: str, page: str) -> Iterator[Reference]:
    """The references of one page's Markdown. Fences inside another fence are examples and do not count."""
    marks, info, start = "", "", 0
    body: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.match(line)
        if not marks and fence:
            marks, info, start, body = fence["marks"], fence["info"].strip(), number, []
        elif marks and fence and fence["marks"].startswith(marks) and not fence["info"].strip():
            if language(info) == "snippet":
                name = snippet_name("\n".join(body))
                yield Reference(page, start + 1, name, options(info))
            marks = ""
        elif marks:
            body.append(line)
        else:
            for match in FACT.finditer(line):
                name, host, fact = fact_name(match[1])
                yield Reference(page, number, name, fact=fact, spec=match[2] or "", host=host)


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
    words = shlex.split(body.replace(">", " "), comments=False) if body.strip() else [""]
    return words[0].removesuffix(".py")
