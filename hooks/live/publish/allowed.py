"""What pages may bring into the site, whoever wrote them: the check and every build refuse the rest."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mkdocs.utils import meta

from live import pages
from live.problems import LiveError, Problem, nearest
from live.publish.page import NESTED, Findings, Page, places

KINDS = (".md", ".svg", ".css", ".txt", ".png")
KEYS = ("title", "description", "date", "search")
LONGEST = 2000  # characters of front matter
INCLUDED = "CONTRIBUTING.md"  # the one file outside of docs/assets that a page may include
_ONLY = f"a page may include {INCLUDED} and the .svg and .txt files of docs/assets"

# Every line in which pymdownx.snippets could see an include, and the one form of it that is allowed.
_CUT = re.compile(r"[ \t]*-+8<-")
_INCLUDE = re.compile(r'[ \t]*--8<-- "([^"]*)"\s*')
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")  # XML has no way to write most of them
_ATTRIBUTES = (
    (re.compile(r"(?<![\w-])style\s*+=", re.IGNORECASE), "the site has its own style; do without"),
    (
        re.compile(r"(?<![\w-])data-(?:md-|clipboard|[\w-]++\s*+=)", re.IGNORECASE),
        "such an attribute steers the theme; do without",
    ),
    (
        re.compile(r"""(?:[{:\s]#|(?<![\w-])id\s*+=\s*+["']?+\s*+)__""", re.IGNORECASE),
        "ids with two underscores are the theme's; name it otherwise",
    ),
    (
        re.compile(
            r"""(?:[{:\s]\.|(?<![\w-])class\s*+=\s*+(?:"(?:[^"]*[^"\w-])?|'(?:[^']*[^'\w-])?)?)md-(?!button(?![\w-]))""",
            re.IGNORECASE,
        ),
        "classes that begin with 'md-' are the theme's, and only md-button is for pages",
    ),
)
_SHAPES = "svg|g|defs|marker|path|rect|circle|ellipse|line|polyline|polygon|text|tspan|title|desc"
_DRAWN = (
    (re.compile(rf"<(?!/?(?:{_SHAPES})[\s/>])\S*"), f"a drawing is made of {_SHAPES.replace('|', ', ')}"),
    (re.compile(r"(?<![\w-])(?:on[a-z]{3,}+|(?:\w++:)?href)\s*+=", re.IGNORECASE), "a drawing does nothing"),
    (re.compile(r"url\(\s*+[\"']?(?!#)", re.IGNORECASE), "a drawing asks for no other file"),
    (re.compile(r"&(?!(?:amp|lt|gt|quot|#\d{1,7}|#x[0-9a-f]{1,6});)", re.IGNORECASE), "write '&amp;'"),
)


def refuse_links(root: Path) -> None:
    """Raise LiveError for what is no file of its own, before anything is read through it or written."""
    wrong = [(path, pages.unfit(path)) for top in ("docs", "snippets") for path in _entries(root / top)]
    problems = [Problem(at=f"{_name(path, root)}:1", what=what) for path, what in wrong if what]
    if problems:
        raise LiveError(problems)


def _entries(top: Path) -> Iterator[Path]:
    """What is below a folder, but for plain folders. Of what is hidden, those links that MkDocs would walk through."""
    found = [Path(folder, name) for folder, folders, files in os.walk(top) for name in (*folders, *files)]
    for path in [top, *found]:
        link = path.is_symlink()
        hidden = any(part.startswith(".") for part in path.relative_to(top).parts)
        if link if path.is_dir() else not hidden and (link or path.exists()):
            yield path


def problems(root: Path) -> list[Problem]:
    """All that pages bring in and may not. Raises LiveError where something is no file, or cannot be read."""
    refuse_links(root)
    files = sorted(_entries(root / "docs"))
    what = f"would be published as it is; docs may hold {', '.join(KINDS)} files"
    found = [Problem(page=f"{_name(path, root)}:1", what=what) for path in files if path.suffix not in KINDS]
    written = [path for path in (root / INCLUDED, *files) if path.is_file() and path.suffix in (".md", ".svg", ".txt")]
    texts, known = pages.read(written, root), _known(root)
    _refuse_depths(texts)
    for name, text in texts.items():
        page = Page(name, text)
        rules = (_controls, _attributes) if name == INCLUDED else RULES[Path(name).suffix]
        findings = [*_includes(page, known), *(finding for rule in rules for finding in rule(page))]
        found += [Problem(page=f"{name}:{number}", what=what) for number, what in findings]
    return sorted(set(found))


def _refuse_depths(texts: dict[str, str]) -> None:
    """Python ends without a word where MkDocs has it read YAML that is too deep; what is short cannot be."""
    matches = ((name, meta.YAML_RE.match(text)) for name, text in texts.items())
    what = f"its front matter has more than {LONGEST} characters; make it shorter"
    long = [Problem(page=f"{name}:1", what=what) for name, match in matches if match and len(match[1]) > LONGEST]
    if long:
        raise LiveError(long)


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _known(root: Path) -> set[str]:
    """What may be included, as pymdownx.snippets finds it with the paths that mkdocs.yml gives it."""
    assets = (path for path in (root / "docs" / "assets").glob("*") if path.suffix in (".svg", ".txt"))
    return {path.name for path in (root / INCLUDED, *assets) if path.is_file()}


def without(text: str, root: Path) -> str:
    """A page's Markdown without the includes that are refused: while serving, the rest is shown."""
    refused = {number for number, _ in _includes(Page("", text), _known(root))}
    return "\n".join("" if number in refused else line for number, line in enumerate(text.split("\n"), 1))


def _includes(page: Page, known: set[str]) -> Findings:
    for number, line in enumerate(page.text.split("\n"), 1):
        if _CUT.match(line):
            form = _INCLUDE.fullmatch(line)
            name = form[1] if form else ""
            if not form:
                yield number, f'an include is written --8<-- "file.svg", one on a line; {_ONLY}'
            elif name not in known:
                near = nearest(name, known) if re.fullmatch(r"[\w-]+\.(svg|txt)", name) else _ONLY
                yield number, f"there is no file {name!r} to include: {near}"


def _controls(page: Page) -> Findings:
    for number, line in enumerate(page.text.split("\n"), 1):
        if found := _CONTROL.search(line):
            yield number, f"holds the control character {found[0]!r}; take it out"


def _attributes(page: Page) -> Findings:
    yield from _found(page.outside, _ATTRIBUTES)


def _included(page: Page) -> Findings:
    """A fence that begins in one file and ends in another would turn what is shown as text into something else."""
    for number, line in enumerate(page.text.split("\n"), 1):
        if NESTED.match(line):
            yield number, "what is included has no fences; write it in the page"


def _drawing(page: Page) -> Findings:
    yield from _found(page.text, _DRAWN)


def _found(text: str, forms: tuple[tuple[re.Pattern[str], str], ...]) -> Findings:
    for form, remedy in forms:
        for number, found in places(form, text):
            yield number, f"{found[:60]!r} is not for pages; {remedy}"


def _told(page: Page) -> Findings:
    """The theme takes what MkDocs reads at the top of a page as it is: other keys, and HTML in a title."""
    told = meta.get_data(page.text)[1]
    for key, value in told.items() if isinstance(told, dict) else ():
        number = page.line_of(f"{key}:")
        if key not in KEYS:
            yield number, f"unknown key {str(key)[:40]!r} in its front matter; known: {', '.join(KEYS)}"
        elif key == "search":
            boost: Any = value["boost"] if isinstance(value, dict) and value.keys() == {"boost"} else None
            if type(boost) not in (int, float) or not 0 < boost <= 10:
                yield number, "'search' takes a number from 0 to 10 alone, as in 'search: {boost: 2}'"
        elif key in ("title", "description"):
            if not isinstance(value, str):
                yield number, f"its {key} is no text; write it in quotes"
            elif _CONTROL.search(value) or "\n" in value:
                yield number, f"its {key} holds a line break or a control character; write it on one line"
            elif key == "title" and "<" in value:
                yield number, "its title holds '<'; a title is plain text"


RULES: dict[str, tuple[Callable[[Page], Findings], ...]] = {
    ".md": (_controls, _attributes, _told),
    ".txt": (_controls, _attributes, _included),
    ".svg": (_controls, _attributes, _included, _drawing),
}
