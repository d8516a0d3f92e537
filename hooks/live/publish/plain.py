"""A page as Markdown that stands alone: includes resolved, facts by their values, and for each fence what its run gave.

Nothing that a run printed can become Markdown: output stands in a fence that is longer than any in it, and what stands
in a sentence has its punctuation written as character references, which every dialect takes for plain text.
"""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from markdown import Markdown

from live import host, render, report, terminal
from live.facts import BadFact
from live.markdown import Budget, Shelf
from live.pages import FACT, Part, fact_name, language, options, parts, snippet_name
from live.problems import LiveError

if TYPE_CHECKING:
    from live.publish.site import Page

# What could be Markdown in the dialects that there are; some marks cannot within a number, a name or a sentence.
_MARKS = re.compile(
    r"""[!#$&*+<=>@\[\\\]^`{|}~]|-(?![^\W_])|(?<![^\W_])_|_(?![^\W_])"""  # emphasis, code, links, HTML, rules
    r"""|\A\d*[.)](?!\d)|(?<!\w):|:(?![\s\d]|\Z)|\.(?=[^\W\d])"""  # lists, definitions, addresses
)
_LEFT_OUT = re.compile(r"\*\[|</?div\b[^>]*>\s*$")  # what abbreviations mean, and boxes of the layout
_DRAWING = re.compile(r"<svg\b([^<>]*+)>[^<]*(?:<(?!/?svg\b)[^<]*)*</svg>")
_LABEL = re.compile(r'\baria-label="([^"]*)"')
_ATTRIBUTES = re.compile(r" ?\{:?\s*[#.][\w-]+\s*\}")
_LINK = re.compile(r"(?<=\]\()(?![a-z][\w+.-]*:|/|#)([^)\s#]+)")
_BACKTICKS = re.compile(r"`+")


def page(page: Page, urls: dict[str, str], shelf: Shelf, include: Callable[[str], str]) -> str:
    """The Markdown of a page. urls: the addresses of all pages, by source."""
    return "\n".join(_lines(page, urls, shelf, include)).strip() + "\n"


def _lines(page: Page, urls: dict[str, str], shelf: Shelf, include: Callable[[str], str]) -> Iterator[str]:
    budget = Budget(page.url)
    for part in parts(page.markdown):
        kind = language(part.info or "")
        if kind in ("snippet", "this-build"):
            shown = _run(part, shelf, page, budget) if kind == "snippet" else _this_build(shelf, page)
            indent = part.text[: len(part.text) - len(part.text.lstrip(" >"))]
            yield from (f"{indent}{line}" if line else indent.rstrip() for line in "\n\n".join(shown).split("\n"))
        elif part.info is not None:
            yield part.text
        elif "--8<--" in part.text:
            text = _DRAWING.sub(_told, include(part.text))
            yield from (_ATTRIBUTES.sub("", line) for line in text.split("\n"))
        elif not _LEFT_OUT.match(part.text):
            text = _ATTRIBUTES.sub("", part.text)
            text = _LINK.sub(lambda found: _moved(found[1], page, urls), text)
            yield FACT.sub(lambda found: escaped(_fact(found, shelf, budget)), text)


def includes(options: dict[str, Any]) -> Callable[[str], str]:
    """What replaces a line that asks for another file. options: those of pymdownx.snippets in mkdocs.yml."""
    reader = Markdown(
        extensions=["pymdownx.snippets"], extension_configs={"pymdownx.snippets": options | {"auto_append": []}}
    ).preprocessors["snippet"]
    return lambda line: "\n".join(reader.run([line]))


def escaped(text: str) -> str:
    """Text that stays text wherever it stands in a line of Markdown, and on that line."""
    return _MARKS.sub(lambda found: "".join(f"&#{ord(mark)};" for mark in found[0]), terminal.one_line(text))


def fenced(text: str, kind: str = "text") -> str:
    """Text in a fence that nothing in it can end."""
    text = terminal.plain(text).rstrip("\n")
    marks = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(text)), default=0))
    return f"{marks}{kind}\n{text}\n{marks}"


def _run(part: Part, shelf: Shelf, page: Page, budget: Budget) -> Iterator[str]:
    """What a fence shows, as paragraphs."""
    name, asked = snippet_name(part.body), options(part.info or "")
    show = asked.get("show", "all")
    try:
        snippet = shelf.snippet(name)
        places = [asked["host"]] if "host" in asked else shelf.hosts(snippet)
        captures = {place: shelf.capture(name, place) for place in places}
        shown = budget.captures(snippet, asked, captures)
    except LiveError as error:
        yield escaped(str(error))
        return
    yield f"**Run: {escaped(snippet.title)}** ([program]({_relative(f'snippets/{name}.py', page)}))"
    if show == "source":
        yield fenced(snippet.sections.get(asked.get("section", ""), snippet.source), "python")
        return
    for place, capture in captures.items():
        if place in shown and capture:
            yield _provenance(place, capture)
            yield from _given(show, capture)
        elif not capture and shelf.concerns_readers(name, place):
            yield f"Not run: {escaped(shelf.entries[name, place]['reason'])}"


def _provenance(place: str, capture: dict[str, Any]) -> str:
    where, machine = render.heading(place), host.summary(capture["host"])
    return f"{escaped(where)}: {escaped(machine)}. Ran on {escaped(capture['captured'])}."


def _given(show: str, capture: dict[str, Any]) -> Iterator[str]:
    """The parts of a capture that a fence asks for."""
    if show in ("all", "output", "figure"):
        yield from (f"Figure: {escaped(figure['text'])}" for figure in capture["figures"])
    if show in ("all", "output"):
        yield from (fenced(capture[stream]) for stream in ("stdout", "stderr") if capture[stream].strip())
    if show in ("all", "log") and capture.get("log"):
        yield from ("Kernel log:", fenced(capture["log"]))
    if show in ("all", "claims"):
        yield "Claims that held:"
        yield "\n".join(f"- {escaped(claim['message'])}" for claim in capture["claims"] if claim["held"])


def _this_build(shelf: Shelf, page: Page) -> Iterator[str]:
    link = _relative("build.json", page)
    yield f"{escaped(report.count(shelf.report['captures']))}. [build.json]({link}) has all of it."


def _fact(found: re.Match[str], shelf: Shelf, budget: Budget) -> str:
    name, place, path = fact_name(found[1])
    try:
        capture = shelf.capture(name, place or shelf.snippet(name).hosts[0])
        return budget.fact(capture["facts"], path, found[2] or "") if capture else "not measured"
    except (LiveError, BadFact) as error:
        return str(error)


def _told(drawing: re.Match[str]) -> str:
    """What a drawing shows, if it says so."""
    label = _LABEL.search(drawing[1])
    return f"Diagram: {html.unescape(label[1])}" if label else drawing[0]


def _moved(target: str, page: Page, urls: dict[str, str]) -> str:
    """A link between sources as one between what is published of them."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page.source), target))
    return _relative(urls.get(path, path), page)


def _relative(target: str, page: Page) -> str:
    path = posixpath.relpath(target or ".", page.url or ".")
    return f"{path}/" if target.endswith("/") or not target else path
