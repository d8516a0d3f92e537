"""One page's Markdown in the parts that rules look at: front matter, fences, and what stands outside of them."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

Findings = Iterator[tuple[int, str]]  # lines at fault, with what is wrong and what to do
MARKS = re.compile(r"^(?P<indent> *)(?P<marks>`{3,}|~{3,})(?P<info>.*)$")
INFO = re.compile(r""" ?(?P<language>[\w-]+)(\s+[\w-]+="[^"]*")*\s*""")
NESTED = re.compile(r"[\s>]*+(?:```|~~~)")
_ZEROS, _ENDLESS = re.compile(r"(?<=&#)(x?)0++(?=[0-9a-f])", re.IGNORECASE), re.compile(r"&(?=#\d{8})")


@dataclass(frozen=True)
class Page:
    """A page's name, such as "docs/oom/killer.md", and its Markdown."""

    name: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text; that with number 1 is the first."""
        return self.text.removesuffix("\n").split("\n")

    def line_of(self, start: str) -> int:
        """The number of the first line that begins so; 1 if none does."""
        return next((number for number, line in enumerate(self.lines, 1) if line.startswith(start)), 1)

    @cached_property
    def fences(self) -> list[tuple[int, int, str]]:
        """First and last line of each fence that is closed, and what stands behind its marks."""
        found, opened = [], None
        for number, line in enumerate(self.lines, 1):
            match = MARKS.match(line)
            if not match:
                continue
            if opened is None:
                opened = number, match["indent"], match["marks"], match["info"]
            elif (match["indent"], match["marks"], match["info"].strip()) == (*opened[1:3], ""):
                found.append((opened[0], number, opened[3]))
                opened = None
        return found

    @cached_property
    def prose(self) -> list[tuple[int, str]]:
        """The lines with their numbers that stand neither in the front matter nor in a fence."""
        inside = {number for first, last, _ in self.fences for number in range(first, last + 1)}
        inside |= set(range(1, self.front_matter[1] + 1))
        return [(number, line) for number, line in enumerate(self.lines, 1) if number not in inside]

    @cached_property
    def outside(self) -> str:
        """The text without what is surely shown as text, the lines of good fences, and with its characters resolved.

        A good fence has no options, and nothing in it begins or ends another or stands further left: those may be none.
        """
        inside: set[int] = set()
        for first, last, info in self.fences:
            match, begin = INFO.fullmatch(info), self.lines[first - 1]
            indent = begin[: len(begin) - len(begin.lstrip(" "))]
            lines = [line for line in self.lines[first : last - 1] if line.strip()]
            inner = all(line.startswith(indent) and not NESTED.match(line) for line in lines)
            if match and not match[2] and inner:
                inside |= set(range(first, last + 1))
        text = "\n".join("" if number in inside else line for number, line in enumerate(self.lines, 1))
        return html.unescape(_ENDLESS.sub("&amp;", _ZEROS.sub(r"\1", text)))  # which fails for very long numbers

    @cached_property
    def front_matter(self) -> tuple[dict | None, int]:
        """What stands between the first two lines of three dashes, None if it is no YAML, and the number of the second.

        Without any, the number is 0.
        """
        told, last = self._header
        return (told if isinstance(told, dict) else None), last

    @cached_property
    def unreadable(self) -> tuple[int, str]:
        """The line at which the front matter cannot be read, and why."""
        wrong = self._header[0]
        mark = getattr(wrong, "problem_mark", None)
        if isinstance(wrong, ValueError):  # of a day that no calendar has
            return self.line_of("date:"), str(wrong)
        why = getattr(wrong, "problem", None) or "it is too deep"
        return (mark.line + 2 if mark else 1), why if isinstance(wrong, Exception) else "it is no list of 'key: value'"

    @cached_property
    def _header(self) -> tuple[Any, int]:
        """The front matter, or the exception that says what is wrong in it, and the number of its last line."""
        match = re.match(r"---\n(.*?)^---$", self.text, re.DOTALL | re.MULTILINE)
        if not match:
            return None, 0
        last = match[0].count("\n") + 1
        try:
            return yaml.safe_load(match[1]) or {}, last
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            return error, last


def places(form: re.Pattern[str], text: str) -> Findings:
    """The lines in which something of a form begins, each once, with the first that does."""
    number, last, seen = 1, 0, 0
    for match in form.finditer(text):
        number, last = number + text.count("\n", last, match.start()), match.start()
        if number != seen:
            yield number, match[0].strip()
        seen = number
