"""Whether what the pages ask for is there: every reference is checked before anything is rendered."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from live.facts import BadFact, quote
from live.pages import Reference, names
from live.problems import Problem, nearest
from live.snippet import Snippet

SHOWS = ("all", "output", "source", "figure", "claims", "log")
OPTIONS = ("show", "section", "host")


Facts = dict[tuple[str, str], dict[str, Any]]  # by snippet and host


def references(found: Iterable[Reference], snippets: dict[str, Snippet], facts: Facts) -> list[Problem]:
    """Problems with references. `facts` has what was measured by those runs that have a capture."""
    found = list(found)
    problems = [
        Problem(page=reference.where, snippet=reference.snippet, what=what)
        for reference in found
        for what in _wrong_with(reference, snippets, facts)
    ]
    wrong = {problem.page for problem in problems}
    found = [r for r in found if not r.fact and r.where not in wrong]
    for (page, identity), count in Counter((r.page, anchor(r.snippet, r.options)) for r in found).items():
        if count > 1:
            last = [r for r in found if r.page == page and anchor(r.snippet, r.options) == identity][-1]
            problems.append(
                Problem(
                    page=last.where,
                    snippet=last.snippet,
                    what="is shown twice on this page in the same way; once will do",
                )
            )
    return problems


def unshown(found: Iterable[Reference], snippets: Iterable[Snippet]) -> list[Problem]:
    """Snippets that no page shows."""
    shown = {reference.snippet for reference in found if not reference.fact}
    return [
        Problem(snippet=s.name, at=f"snippets/{s.name}.py:1", what="is shown by no page; show it in one or delete it")
        for s in snippets
        if s.name not in shown
    ]


def lost(docs: Path, nav: Any, left_out: Callable[[str], bool]) -> list[Problem]:
    """Pages that are in no navigation, so nobody finds them. Without `nav` all are in it."""
    listed = set(leaves(nav))
    return [
        Problem(page=f"docs/{page}:1", what="is in no nav; add it to mkdocs.yml")
        for page in (names(docs) if nav else [])
        if page not in listed and not left_out(page)
    ]


def leaves(nav: Any) -> Iterator[str]:
    """What the entries of a navigation lead to."""
    if isinstance(nav, str):
        yield nav
    for part in nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ():
        yield from leaves(part)


def option(options: dict[str, str], snippet: Snippet | None) -> Iterator[str]:
    """What is wrong with the options of a fence."""
    for name in options:
        if name not in OPTIONS:
            yield f"unknown option {name!r}: {nearest(name, OPTIONS)}"
    show = options.get("show", "all")
    if show not in SHOWS:
        yield f"unknown show={show!r}: {nearest(show, SHOWS)}"
    host = options.get("host")
    if host and snippet and host not in snippet.hosts:
        yield f"it does not run on {host!r}: {nearest(host, snippet.hosts)}"
    section = options.get("section")
    if section and show != "source":
        yield 'a section is a part of the source; add show="source"'
    if section and snippet and section not in snippet.sections:
        yield f"the source has no region {section!r}: {nearest(section, snippet.sections)}"


def anchor(name: str, options: dict[str, str]) -> str:
    """The stable anchor of a block on its page."""
    parts = ["run", *name.split("/")]
    if options.get("show", "all") != "all":
        parts += [options["show"], *filter(None, [options.get("section")])]
    parts += options["host"].split("@") if "host" in options else []
    return "-".join(parts).replace("_", "-")


def _wrong_with(reference: Reference, snippets: dict[str, Snippet], facts: Facts) -> Iterator[str]:
    snippet = snippets.get(reference.snippet)
    if not reference.fact and reference.names != 1:
        yield "a snippet fence holds one name, such as memory/x; is the fence closed?"
    elif snippet is None:
        yield f"there is no such snippet: {nearest(reference.snippet, snippets)}"
    elif reference.fact:
        head = reference.fact.split(".")[0]
        host = reference.host or snippet.hosts[0]
        if head not in snippet.facts:
            yield f"unknown fact {head!r}: {nearest(head, snippet.facts)}"
        elif host not in snippet.hosts:
            yield f"it does not run on {host!r}: {nearest(host, snippet.hosts)}"
        elif (snippet.name, host) in facts:
            try:
                quote(facts[snippet.name, host], reference.fact, reference.spec)
            except BadFact as error:
                yield str(error)
    elif not reference.readable:
        yield 'would be shown as text: options are written name="value", as in ``` snippet show="output"'
    else:
        yield from option(reference.options, snippet)
