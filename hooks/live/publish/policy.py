"""What a page may do in a reader's browser: a Content-Security-Policy, and a refusal of what that would stop.

A static site sends no headers of its own, so the policy stands in each page. It names the inline scripts of the theme
by their hashes and no others: whatever else gets into a page, the browser does not run it. Refusing it in the build as
well only tells the author early; nothing rests on it.
"""

import base64
import functools
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from live.problems import Problem

# A page's own host and nothing else; frame-ancestors works only in a header, which the README has.
ALLOWED = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "style-src-attr": "'unsafe-inline'",  # matplotlib's drawings say in style attributes how they look
    "img-src": "'self' data:",  # the theme's icons are data
    "font-src": "'self'",
    "connect-src": "'self'",  # the search index
    "worker-src": "'self'",  # the search
    "object-src": "'none'",
    "frame-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",  # the search form is never sent
}
CHARSET = '<meta charset="utf-8">'
DATA = ("application/json", "application/ld+json")  # blocks that do not run

_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_TYPE = re.compile(r"""\btype\s*=\s*["']?([^\s"'>]+)""", re.IGNORECASE)
_SOURCE = re.compile(r"\bsrc\s*=", re.IGNORECASE)
# In a theme's script an expression of Jinja stands for an address within the site.
_EXPRESSION, _ADDRESS = re.compile(r"\{\{.*?\}\}"), r"[\w./~%-]*"

# Looked for in every tag of every page, so each pattern begins with what is rare.
_ELEMENT = re.compile(
    r"<(?:applet|audio|base|embed|frame|iframe|img|input|link|meta|object|portal|script|source|style|track|video)"
    r"\b[^>]*>",
    re.IGNORECASE,
)
_HANDLER = re.compile(r"<[a-z][^<>]*?\son[a-z]+\s*=[^>]*>", re.IGNORECASE)
_SCRIPT_LINK = re.compile(r"""=\s*["']?\s*javascript:[^>]*>""", re.IGNORECASE)
_ELSEWHERE = r"""=\s*["']?\s*(?:[a-z][\w+.-]*:)?//"""
_REFUSED = {
    r"<style": "style elements are not applied; write it into docs/assets/site.css",
    r"<(?:i?frame|object|embed|applet|portal)": "nothing is shown inside a page; link to it",
    r"<base": "a page's links cannot be moved; write them out",
    r"<meta\b.*\bhttp-equiv": "a page cannot act as its server; leave it out",
    rf"<(?:audio|img|input|script|source|track|video)\b.*\s(?:src|srcset|poster)\s*{_ELSEWHERE}": (
        "pages ask nobody else for anything; copy it into docs/assets"
    ),
    rf"<link\b(?=.*\srel\s*=\s*[\"']?(?:stylesheet|pre|icon|modulepreload|manifest)).*\shref\s*{_ELSEWHERE}": (
        "pages ask nobody else for anything; copy it into docs/assets"
    ),
}
_WRONG = [(re.compile(pattern, re.IGNORECASE | re.DOTALL), what) for pattern, what in _REFUSED.items()]


def guard(html: str, source: str, text: str, templates: Iterable[str]) -> tuple[str, list[Problem]]:
    """Give a page its policy, and say what in it the policy stops.

    html: the whole page.
    source, text: the path of its Markdown below docs, and what is in it; "" for pages without.
    templates: the folders of the theme.
    """
    known = _scripts_of(tuple(templates))
    inline = list(_inline(html))
    allowed = [script for _, script in inline if any(pattern.fullmatch(script) for pattern in known)]
    wrong = {tag: "inline scripts do not run; do without it" for tag, script in inline if script not in allowed}
    wrong |= dict(_refused(html))
    problems = [Problem(page=_where(source, text, tag), what=f"{_short(tag)}: {what}") for tag, what in wrong.items()]
    if CHARSET not in html:
        problems.append(Problem(page=f"docs/{source}", what=f"the theme no longer writes {CHARSET}; see policy.py"))
    meta = f'<meta http-equiv="Content-Security-Policy" content="{_policy(dict.fromkeys(map(_hash, allowed)))}">'
    return html.replace(CHARSET, CHARSET + meta, 1), problems


def allow_reload(application: Callable[..., Any]) -> Callable[..., Any]:
    """A WSGI application whose pages also allow the script that `mkdocs serve` puts at the end of each."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        head: list[Any] = []
        body = application(environ, lambda *said: head.extend(said))
        status, headers = head[:2]
        if ("Content-Type", "text/html") in headers:
            page = b"".join(body).decode()
            script = page.rpartition("<script>")[2].partition("</script>")[0]
            page = page.replace("script-src 'self'", f"script-src 'self' '{_hash(script)}'", 1)
            body = [page.encode()]
            headers = [(name, value) for name, value in headers if name != "Content-Length"]
            headers.append(("Content-Length", str(len(body[0]))))
        start_response(status, headers)
        return body

    return answer


def _policy(hashes: Iterable[str]) -> str:
    allowed = ALLOWED | {"script-src": " ".join([ALLOWED["script-src"], *(f"'{one}'" for one in hashes)])}
    return "; ".join(f"{name} {value}" for name, value in allowed.items())


def _refused(html: str) -> Iterator[tuple[str, str]]:
    """Tags that the policy makes useless, each with what to do."""
    for found in _ELEMENT.finditer(html):
        for pattern, what in _WRONG:
            if pattern.match(found[0]):
                yield found[0], what
    yield from dict.fromkeys(_acting(html), "scripts in attributes do not run; do without it").items()


def _acting(html: str) -> Iterator[str]:
    """Tags with a script in an attribute; a text or a name that only reads like one is parsed, and is none."""
    for pattern in (_HANDLER, _SCRIPT_LINK):
        for found in pattern.finditer(html):
            start = html.rfind("<", 0, found.start() + 1)
            tag = _Tag(html[start : found.end()])
            if any(name.startswith("on") or value.lower().startswith("javascript:") for name, value in tag.attributes):
                yield tag.text


class _Tag(HTMLParser):
    """The first tag of a text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.attributes: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.text:
            self.text = self.get_starttag_text() or tag
            self.attributes = [(name, (value or "").strip()) for name, value in attrs]


def _runs(attributes: str) -> bool:
    """Whether a script element with these attributes has a script in it that a browser would run."""
    kind = _TYPE.search(attributes)
    return not _SOURCE.search(attributes) and not (kind and kind[1].lower() in DATA)


@functools.cache
def _scripts_of(templates: tuple[str, ...]) -> list[re.Pattern[str]]:
    """What the inline scripts in the files of a theme can be."""
    files = (
        path
        for folder in templates
        for glob in ("*.html", "partials/*.html", "partials/javascripts/*.html")
        for path in sorted(Path(folder).glob(glob))
    )
    scripts = (script for path in files for _, script in _inline(path.read_text(encoding="utf-8")))
    return [re.compile(_ADDRESS.join(map(re.escape, _EXPRESSION.split(script)))) for script in scripts]


def _inline(html: str) -> Iterator[tuple[str, str]]:
    """Inline scripts, each as an element and by itself."""
    for found in _SCRIPT.finditer(html):
        if _runs(found[1]):
            yield found[0], found[2]


@functools.lru_cache(maxsize=256)  # a few scripts are the same on all pages of a depth
def _hash(script: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def _where(source: str, text: str, tag: str) -> str:
    """The page, with the line where the tag begins if it was written there."""
    before, found, _ = text.partition(tag.partition("\n")[0])
    return f"docs/{source}:{before.count(chr(10)) + 1}" if found else f"docs/{source}"


def _short(tag: str) -> str:
    line = " ".join(tag.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
