"""The two points at which Markdown meets captures: a SuperFences fence and an InlineHilite inline.

Both are named in mkdocs.yml as `!!python/name:live.markdown.…`, which MkDocs, ProperDocs and Zensical all understand.
"""

import functools
import os
import posixpath
import traceback
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote as quote_url

from markdown import Markdown
from pymdownx.inlinehilite import InlineHiliteException
from pymdownx.superfences import SuperFencesException

from live import bundle, check, render
from live import this_build as page_of_build
from live.facts import BadFact, quote
from live.figure import BadFigure
from live.host import summary
from live.pages import fact_name, snippet_name
from live.problems import LiveError, Problem
from live.project import Project
from live.reader import read
from live.snippet import HOSTS, Snippet


class Budget:
    """How much of what runs gave one page may still show, in bytes."""

    def __init__(self, page: str) -> None:
        self.left = render.PAGE_BYTES
        self.over = (
            f"takes what the page {page!r} shows of runs over {self.left >> 10} KiB; print less, or show it elsewhere"
        )

    def take(self, size: int) -> bool:
        """Whether there is room for so much more, which is then taken."""
        if size > self.left:
            return False
        self.left -= size
        return True

    def fact(self, facts: dict[str, Any], path: str, spec: str) -> str:
        """A fact as it is quoted. Raises BadFact if there is no room for it either."""
        text = quote(facts, path, spec)
        if not self.take(len(text)):
            raise BadFact(self.over)
        return text

    def captures(
        self, snippet: Snippet, options: dict[str, str], found: dict[str, dict[str, Any] | None]
    ) -> dict[str, dict[str, Any]]:
        """Those captures that there is room for. Raises LiveError if one of this machine is not among them."""
        kept = {}
        for host, capture in found.items():
            if capture and self.take(render.size(capture, options.get("show", "all"))):
                kept[host] = capture
            elif capture and "@" not in host:
                raise LiveError([Problem(snippet=snippet.name, what=self.over)])
        return kept


class Shelf:
    """What can be shown in this build.

    A generator with hooks makes one and fills in what it knows; without hooks, the bundle tells all.
    """

    def __init__(self, project: Project, report: dict[str, Any], lenient: bool = False) -> None:
        self.project, self.report = project, report
        self.lenient = lenient  # show a problem in the page and go on, because somebody else will report it
        self.page_url: str | None = None
        self.problems: list[Problem] = []
        self.rendering: tuple[Markdown, str, Budget] | None = None
        self.entries = {(entry["snippet"], entry["host"]): entry for entry in self.report["captures"]}
        self.others: dict[str, list[str]] = {}  # hosts of other machines, by snippet
        for name, host in sorted(self.entries, key=_by_machine):
            if "@" in host:
                self.others.setdefault(name, []).append(host)
        self.snippets: dict[str, Snippet] = {}

    def budget(self, md: Markdown) -> Budget:
        """What the page being rendered may still show; a page that is rendered anew begins anew."""
        page = _page_url(self, md)
        if not self.rendering or self.rendering[:2] != (md, page):
            self.rendering = (md, page, Budget(page))
        return self.rendering[2]

    def snippet(self, name: str) -> Snippet:
        """The snippet of that name. Raises LiveError."""
        if name not in self.snippets:
            path = self.project.snippets / f"{name}.py"
            if not path.is_file():
                known = [
                    p.relative_to(self.project.snippets).with_suffix("").as_posix()
                    for p in self.project.snippets.glob("*/*.py")
                ]
                raise LiveError([Problem(snippet=name, what=f"there is no such snippet: {check.nearest(name, known)}")])
            self.snippets[name] = read(path, self.project.snippets)
        return self.snippets[name]

    @functools.lru_cache(maxsize=32)  # noqa: B019  (a shelf lives as long as the build that it serves)
    def capture(self, name: str, host: str) -> dict[str, Any] | None:
        """The capture of a snippet, or None where it was skipped or failed. Raises LiveError where one is missing."""
        if self.entries.get((name, host), {}).get("status") in ("skipped", "failed"):
            return None
        try:
            found = self.project.bundle.load(name, host)
        except bundle.Foreign as error:
            raise LiveError([Problem(snippet=name, what=f"{error}; capture anew with 'make capture'")]) from None
        if not found:
            raise LiveError([Problem(snippet=name, what="has no capture; make one with 'make capture'")])
        return found

    def hosts(self, snippet: Snippet) -> list[str]:
        """Where a snippet ran: as its header says, and on other machines."""
        return [*snippet.hosts, *self.others.get(snippet.name, [])]

    def concerns_readers(self, name: str, host: str) -> bool:
        """Whether a page says that there is no capture: what another machine skipped stands in the report alone."""
        return "@" not in host or self.entries[name, host]["status"] == "failed"


def _by_machine(place: tuple[str, str]) -> tuple[str, int]:
    kind, _, machine = place[1].partition("@")
    return machine, HOSTS.index(kind)


_shelf: Shelf | None = None


def put_shelf(shelf: Shelf | None) -> None:
    """Set what the next pages are rendered from."""
    global _shelf  # noqa: PLW0603  (Markdown gives its formatters no other place for state)
    _shelf = shelf


def shelf() -> Shelf:
    """What pages are rendered from; without hooks, the bundle of the project in the current folder."""
    if _shelf is None:
        project = Project.at(Path(os.environ.get("LIVE_ROOT", ".")))
        put_shelf(Shelf(project, project.bundle.report()))
    return cast(Shelf, _shelf)


def validate(
    language: str, inputs: dict[str, str], options: dict[str, Any], attrs: dict[str, Any], md: Markdown
) -> bool:
    """Take every option: what is wrong with one is said where page and line are known."""
    options.update(inputs)
    return True


def fence(source: str, language: str, css_class: str, options: dict[str, Any], md: Markdown, **_: Any) -> str:
    """Render a ```snippet fence."""
    place, name = shelf(), snippet_name(source)
    try:
        return _block(place, name, {key: str(value) for key, value in options.items()}, md)
    except Exception as error:  # noqa: BLE001  (of any but its own SuperFences says nothing, and shows the fence as it is)
        told = _told(name, error)
        if not place.lenient:
            raise SuperFencesException(str(told)) from None
        place.problems += told.problems
        return render.notice(name, {"host": "", "status": "failed", "reason": str(told)}, options)


def _told(name: str, error: Exception) -> LiveError:
    """An error as problems; one that should not happen with where it happened, so that it can be found."""
    if isinstance(error, LiveError):
        return error
    if isinstance(error, BadFact):
        return LiveError([Problem(snippet=name, what=str(error))])
    what = f"cannot be shown, for a mistake in the engine: {error!r}"
    return LiveError([Problem(snippet=name, what=what, detail="".join(traceback.format_exception(error)))])


def _block(place: Shelf, name: str, options: dict[str, str], md: Markdown) -> str:
    snippet, page_url = place.snippet(name), _page_url(place, md)
    wrong = list(check.option(options, snippet))
    if wrong:
        raise LiveError([Problem(snippet=name, what=what) for what in wrong])
    if options.get("show") == "source":  # which is there whatever became of its run
        return render.block(snippet, {}, options, _links(place, name, page_url))
    hosts = [options["host"]] if "host" in options else place.hosts(snippet)
    found = {host: place.capture(name, host) for host in hosts}
    missing = [host for host, capture in found.items() if not capture and place.concerns_readers(name, host)]
    notices = "".join(render.notice(name, place.entries[name, host], options) for host in missing)
    captures = place.budget(md).captures(snippet, options, found)
    if not captures:
        return notices
    try:
        return render.block(snippet, captures, options, _links(place, name, page_url)) + notices
    except BadFigure as error:
        raise LiveError([Problem(snippet=name, what=str(error))]) from None


def fact(source: str, language: str, css_class: str, md: Markdown) -> str:
    """Render an inline `#!fact topic/name.fact:spec`."""
    place = shelf()
    reference, _, spec = source.strip().partition(":")
    name, host, path = fact_name(reference)
    try:
        host = host or place.snippet(name).hosts[0]
        capture = place.capture(name, host)
        if capture is None:
            return render.fact("not measured", f"{name} did not run {render.place(host)}")
        measured = f"Measured by {name} {render.place(host)}, {summary(capture['host'])}"
        return render.fact(place.budget(md).fact(capture["facts"], path, spec), measured)
    except Exception as error:  # noqa: BLE001  (as in `fence`)
        told = _told(name, error)
        if not place.lenient:
            raise InlineHiliteException(str(told)) from None
        place.problems += [problem for problem in told.problems if problem not in place.problems]
        return f'<strong class="live-broken">{render.html.escape(str(told.problems[0]))}</strong>'


def this_build(source: str, language: str, css_class: str, options: dict[str, Any], md: Markdown, **_: Any) -> str:
    """Render a ```this-build fence: the report of the captures, with a link to build.json."""
    place = shelf()
    try:
        return page_of_build.as_html(place.report, functools.partial(_relative, _page_url(place, md)))
    except Exception as error:
        raise SuperFencesException(str(_told("", error))) from error


def _page_url(place: Shelf, md: Markdown) -> str:
    """What links of the page being rendered are relative to: its address, as the hook says.

    Zensical takes every link, also in HTML, for one between source files and turns it into one between addresses; so
    there it is the path of the source.
    """
    if place.page_url is not None:
        return place.page_url
    for processor in md.preprocessors:
        if hasattr(processor, "page"):
            return processor.page.path
    return ""


def _relative(page_url: str, target: str) -> str:
    """A link from a page to a path of the site."""
    folder = page_url if page_url.endswith("/") else posixpath.dirname(page_url)
    path = posixpath.relpath(target, folder.strip("/") or ".")
    return quote_url(f"{path}/" if target.endswith("/") else path)


def _links(place: Shelf, name: str, page_url: str) -> render.Links:
    edit = f"{place.project.repository}/edit/main/snippets/{name}.py" if place.project.repository else ""
    return render.Links(_relative(page_url, f"snippets/{name}.py"), edit)
