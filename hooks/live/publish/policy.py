"""What a page may do in a reader's browser: a Content-Security-Policy, and a refusal of what that would stop.

A static site sends no headers of its own, so the policy stands in each page. It names the scripts of the theme and no
others: those within the page by their hashes, that in a file by a word that nothing else in the page can know. Whatever
else gets into a page or beside it, the browser does not run it. Refusing it in the build as well only tells the author
early; nothing rests on it.
"""

import base64
import functools
import hashlib
import itertools
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from live.problems import Problem

# A page's own host and nothing else; frame-ancestors works only in a header, which the README has.
ALLOWED = {
    "default-src": "'none'",
    "script-src": "",  # those of the theme, one by one: whatever a page can name on its own host may be a stranger's
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
MOST = 20  # problems of one page that are told
DATA = ("application/json", "application/ld+json")  # blocks that do not run

# A tag, with what is up to the next one: so no part of a page is looked at twice, whatever is left open in it.
_TAG = re.compile(r"<([a-z][^\s<>/]*+)[^<]*+", re.IGNORECASE)
_END = re.compile(r"</script", re.IGNORECASE)
_ACTING = re.compile(r"[\s/\"']on[a-z]+\s*=|javascript:", re.IGNORECASE)
_LEADING = {"action", "data", "formaction", "href", "src", "xlink:href"}  # attributes with an address
# In the theme's templates an expression of Jinja stands for an address within the site.
_EXPRESSION, _ADDRESS = re.compile(r"\{\{.*?\}\}"), r"[\w./~%-]*"
_FILE = re.compile(r"\{\{ '(assets/javascripts/[\w./-]+)' \| url \}\}")

_USELESS = {
    "style": "style elements are not applied; write it into docs/assets/site.css",
    "base": "a page's links cannot be moved; write them out",
    **dict.fromkeys(
        ("applet", "embed", "frame", "iframe", "object", "portal"), "nothing is shown inside a page; link to it"
    ),
}
_FETCHING = {"audio", "img", "input", "link", "script", "source", "track", "video"}
_WATCHED = {"meta", *_USELESS, *_FETCHING}
_AT_ONCE = re.compile(r"stylesheet|pre|icon|modulepreload|manifest", re.IGNORECASE)  # links that a browser follows
_ELSEWHERE = re.compile(r"(?:^|,)\s*(?:[a-z][a-z0-9+.-]*:)?[/\\]{2}", re.IGNORECASE)


@dataclass(frozen=True)
class Theme:
    """Its scripts: what those within a page can be, and the files of others."""

    inline: list[re.Pattern[str]]
    files: set[str]


class Tag(HTMLParser):
    """The first tag of a text. element: the whole of it, if it is a script; script: what is in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.name = self.text = self.script = ""
        self.attributes: dict[str, str] = {}
        self.feed(html)
        self.element = self.text

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.text:
            self.name, self.text = tag, self.get_starttag_text() or tag
            self.attributes = {name: (value or "").strip() for name, value in reversed(attrs)}  # of two, the first

    @property
    def inline(self) -> bool:
        """Whether it is a script that a browser would run, and is in the page."""
        return self.name == "script" and "src" not in self.attributes and not self.data

    @property
    def data(self) -> bool:
        return self.attributes.get("type", "").lower() in DATA and not {"src", "href"} & self.attributes.keys()


def guard(html: str, source: str, text: str, templates: Iterable[str]) -> tuple[str, list[Problem]]:
    """Give a page its policy, and say what in it the policy stops.

    html: the whole page.
    source, text: the path of its Markdown below docs, and what is in it; "" for pages without.
    templates: the folders of the theme.
    """
    theme, tags = _theme(tuple(templates)), list(_tags(html))
    own = {tag for tag in tags if tag.name == "script" and _is_of(theme, tag, source)}
    wrong = {tag.element: what for tag in tags if tag not in own and (what := _wrong(tag))}
    problems = [
        Problem(page=_where(source, text, tag), what=f"{_short(tag)}: {what}")
        for tag, what in itertools.islice(wrong.items(), MOST)
    ]
    if CHARSET not in html:
        problems.append(Problem(page=f"docs/{source}", what=f"the theme no longer writes {CHARSET}; see policy.py"))
    nonce = _digest(html)
    for tag in {tag.text for tag in own if not tag.inline}:
        html = html.replace(tag, f'<script nonce="{nonce}"{tag.removeprefix("<script")}')
    hashes = [_hash(tag.script) for tag in tags if tag in own and tag.inline]
    meta = f'<meta http-equiv="Content-Security-Policy" content="{_policy([f"nonce-{nonce}", *hashes])}">'
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
            page = page.replace("; script-src ", f"; script-src '{_hash(script)}' ", 1)
            body = [page.encode()]
            headers = [(name, value) for name, value in headers if name != "Content-Length"]
            headers.append(("Content-Length", str(len(body[0]))))
        start_response(status, headers)
        return body

    return answer


def _policy(scripts: Iterable[str]) -> str:
    allowed = ALLOWED | {"script-src": " ".join(f"'{one}'" for one in dict.fromkeys(scripts))}
    return "; ".join(f"{name} {value}" for name, value in allowed.items())


def _tags(html: str) -> Iterator[Tag]:
    """The tags of a page that may have to be refused. What is in a script is none."""
    at = 0
    while found := _TAG.search(html, at):
        at = found.end()
        if found[1].lower() not in _WATCHED and not _ACTING.search(found[0]):
            continue
        tag = Tag(found[0])
        if tag.name == "script":
            start = found.start() + len(tag.text)
            end = _END.search(html, start)
            at = end.start() if end else len(html)
            tag.script = html[start:at]
            tag.element = html[found.start() : html.find(">", at) + 1] if end else tag.text
        if tag.text:
            yield tag


def _is_of(theme: Theme, script: Tag, source: str) -> bool:
    """Whether a script is the theme's, and in a file that the theme brings."""
    if script.inline:
        return any(pattern.fullmatch(script.script) for pattern in theme.inline)
    return [*script.attributes] == ["src"] and any(
        re.fullmatch(_root(source) + re.escape(file), script.attributes["src"]) for file in theme.files
    )


def _root(source: str) -> str:
    """A pattern for what leads from a page to the root of the site; from that for wrong addresses, it is a path."""
    if not source:
        return r"(?:/[\w.~%-]+)*/"
    folder, name = posixpath.split(source.removesuffix(".md"))
    parts = [*filter(None, folder.split("/")), *([name] if name not in ("index", "README") else [])]
    return re.escape("../" * len(parts))


def _wrong(tag: Tag) -> str:
    """What makes a tag useless under the policy, with what to do; "" if nothing does."""
    given = tag.attributes
    if tag.inline:
        return "inline scripts do not run; do without it"
    if any(_ELSEWHERE.search(address) for address in _fetched(tag)):
        return "pages ask nobody else for anything; copy it into docs/assets"
    if tag.name == "script" and not tag.data:
        return "scripts run only where the theme brings them; do without it"
    if tag.name == "meta" and "http-equiv" in given:
        return "a page cannot act as its server; leave it out"
    if any(name.startswith("on") for name in given) or any(_is_script(given.get(name, "")) for name in _LEADING):
        return "scripts in attributes do not run; do without it"
    return _USELESS.get(tag.name, "")


def _fetched(tag: Tag) -> list[str]:
    """The addresses that a browser asks without being told to."""
    if tag.name == "link":
        return [tag.attributes.get("href", "")] if _AT_ONCE.match(tag.attributes.get("rel", "")) else []
    return [tag.attributes.get(name, "") for name in ("src", "srcset", "poster") if tag.name in _FETCHING]


def _is_script(address: str) -> bool:
    return re.sub(r"[\x00-\x20]+", "", address).lower().startswith("javascript:")


@functools.cache
def _theme(templates: tuple[str, ...]) -> Theme:
    """What the scripts in the templates of a theme can be."""
    files = (
        path
        for folder in templates
        for glob in ("*.html", "partials/*.html", "partials/javascripts/*.html")
        for path in sorted(Path(folder).glob(glob))
    )
    scripts = [tag for path in files for tag in _tags(path.read_text(encoding="utf-8")) if tag.name == "script"]
    inline = [_ADDRESS.join(map(re.escape, _EXPRESSION.split(tag.script))) for tag in scripts if tag.inline]
    addresses = (_FILE.fullmatch(tag.attributes.get("src", "")) for tag in scripts)
    return Theme([re.compile(pattern) for pattern in inline], {address[1] for address in addresses if address})


@functools.lru_cache(maxsize=256)  # a few scripts are the same on all pages of a depth
def _hash(script: str) -> str:
    return f"sha256-{_digest(script)}"


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _where(source: str, text: str, tag: str) -> str:
    """The page, with the line where the tag begins if it was written there."""
    before, found, _ = text.partition(tag.partition("\n")[0])
    return f"docs/{source}:{before.count(chr(10)) + 1}" if found else f"docs/{source}"


def _short(tag: str) -> str:
    line = " ".join(tag.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
