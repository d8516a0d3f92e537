"""Rules that every page keeps. Each gives the lines at fault, with what is wrong and what to do."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from live import pages as live_pages
from live.problems import Problem, nearest
from live.publish.page import INFO, MARKS, Findings, Page, places

LANGUAGES = ("snippet", "this-build", "console", "text", "python")
DESCRIPTION = range(40, 161)  # characters; search engines show about as many
_SIZE = f"{DESCRIPTION[0]} to {DESCRIPTION[-1]} characters"
_ENTRIES = f"'description: …', 'date: {date.today()}'"
_UNREADABLE = f"write {_ENTRIES}, and in quotes what holds a colon"
NEXT = 5  # links
LINKS = "docs/assets/links.txt"
CONTRIBUTING = "docs/contributing.md"  # a page of another kind

_HEADING = re.compile(r"#{1,6} ")
_PINNED = re.compile(r".*\{ #([a-z0-9-]+) \}")
_ELSEWHERE = re.compile(r"https?://[^\s)>\]\"'`]+")
_SCHEMED = re.compile(r"(?:\]\(|<)\s*+(?!https?://)([a-z][a-z0-9+.-]{0,15}+)://?", re.IGNORECASE)
_LIKE_A_FACT = re.compile(r"`(?!(?-i:#!fact) [^`\s:.]+\.[^`\s:])\s*+(?:#\s?!|!\s?#)\s*+facts?\b[^`]*`", re.IGNORECASE)
_NOTE, _NOTED = re.compile(r"(?<!^)\[\^([\w-]+)\]"), re.compile(r"\[\^([\w-]+)\]:")

# What could act in a reader's browser, or ask another host for something. Told by form, wherever it stands outside a
# fence: a parser that understands a page otherwise than Python-Markdown does would be a way around it.
_ELEMENTS = (
    "script|style|iframe|frame|frameset|object|embed|applet|form|input|button|textarea|select|link|meta|base|svg|math"
    "|template|portal|audio|video|source|label|dialog|noscript|noembed|plaintext|xmp|title"
)
_SCHEME = "|".join(r"\s*+".join(name) for name in ("javascript", "vbscript"))  # browsers pass over what stands between
# No form looks at a character more than a few times, however long a text is.
_ACTS = (
    (rf"<\s*+/?\s*+(?:{_ELEMENTS})\b", "a page is Markdown; pictures are files in docs/assets"),
    (r"(?<![\w-])on[a-z]{3,}+\s*+=", "no attribute may run a script"),
    (rf"(?:{_SCHEME})\s*+:|\bdata:[\w/+.-]*+[;,]", "a link leads to a page, a file or https://…"),
    (r"!\[(?:[^\]!]|!(?!\[))*+\]\(\s*+<?\s*+(?:https?:)?//", "a picture is a file in docs/assets"),
    (r"<\s*+img\b", "a picture is written ![what it shows](../assets/file.svg)"),
)


def front_matter(page: Page) -> Findings:
    """Each page says what it answers, for search engines, and since when it is there, for the feed."""
    told, last = page.front_matter
    if told is None:
        yield (
            _headless(page)
            if not last
            else (page.unreadable[0], f"its front matter cannot be read: {page.unreadable[1]}; {_UNREADABLE}")
        )
        return
    text, day = told.get("description"), told.get("date")
    written = page.lines[page.line_of("description:") - 1].partition(":")[2].strip()
    if not isinstance(text, str):
        yield 1, f"its front matter has no description; say in a sentence what the page answers, {_SIZE}"
    elif written.startswith(f"{text} #"):
        yield page.line_of("description:"), "its description ends where ' #' begins a comment; put it in quotes"
    elif "#!" in text or "!#" in text:
        yield page.line_of("description:"), "a description quotes no facts; say it without"
    elif len(text) not in DESCRIPTION:
        yield page.line_of("description:"), f"its description has {len(text)} characters; make it {_SIZE}"
    if type(day) is not date:  # a time of day is of a class below it
        what = f"its front matter does not say since when the page is there; write 'date: {date.today()}'"
        if isinstance(day, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", day):
            what = f"its date is in quotes; write 'date: {day}' without quotes"
        yield page.line_of("date:"), what


def _headless(page: Page) -> tuple[int, str]:
    first = next((line for line in page.lines if line.strip()), "")
    if page.lines[0] == "---":
        return 1, "its front matter does not end; close it with a line '---'"
    if first.startswith("---"):
        return 1, "front matter must begin on the first line with '---'"
    return 1, f"has no front matter; begin with '---', {_ENTRIES} and '---'"


def headings(page: Page) -> Findings:
    """Links to headings outlive a change of their words."""
    found = [(number, line) for number, line in page.prose if _HEADING.match(line)]
    if not found or not found[0][1].startswith("# "):
        yield 1, "has no title; write '# What is asked? { #what-is-asked }'"
    first: dict[str, int] = {}
    for number, line in found:
        pinned = _PINNED.fullmatch(line.rstrip())
        if not pinned:
            yield number, f"this heading has no pinned id; end it with '{{ #{_slug(line)} }}'"
        elif first.setdefault(pinned[1], number) != number:
            yield number, f"line {first[pinned[1]]} has the id '#{pinned[1]}', too; give this heading another"


def shows_a_run(page: Page) -> Findings:
    """What a page says was measured."""
    if not any(re.match(r" ?(snippet|this-build)\b", info) for _, _, info in page.fences):
        yield 1, "shows no run; show a snippet, see 'A page' in CONTRIBUTING.md"


def fences(page: Page) -> Findings:
    """Fences are closed, and of a language that is shown well."""
    closed = {number for first, last, _ in page.fences for number in range(first, last + 1)}
    for number, line in enumerate(page.lines, 1):
        if MARKS.match(line) and number not in closed:
            yield number, "this fence is not closed by a line with the same indentation and marks"
    for number, _, info in page.fences:
        match = INFO.fullmatch(info)
        if info.strip() and (not match or match["language"] not in LANGUAGES):
            language = (info.split() or [""])[0]
            known = 'options are written name="value"' if language in LANGUAGES else nearest(language, LANGUAGES)
            yield number, f"a fence of {info.strip()!r} is not shown: {known}"


def next_links(page: Page) -> Findings:
    """A reader is offered a few ways on, not a list."""
    start = next((number for number, line in page.prose if line.startswith("## Next")), None)
    if start:
        following = [(number, line) for number, line in page.prose if number > start and not _NOTED.match(line)]
        links = [number for number, line in following for _ in range(line.count("]("))]
        if len(links) > NEXT:
            yield links[NEXT], f"has {len(links)} links under Next; keep the best {NEXT}"


def footnotes(page: Page) -> Findings:
    """Each reference leads to a source, and each source is referred to."""
    defined = {match[1]: number for number, line in page.prose for match in [_NOTED.match(line)] if match}
    used = {name: number for number, line in reversed(page.prose) for name in _NOTE.findall(line)}
    for name in sorted(used.keys() - defined.keys()):
        yield used[name], f"footnote [^{name}] is nowhere; write '[^{name}]: …' at the end of the page"
    for name in sorted(defined.keys() - used.keys()):
        yield defined[name], f"nothing refers to footnote [^{name}]; refer to it, or delete it"


def links(page: Page) -> Findings:
    """A link that is mistyped leads nowhere."""
    for number, line in page.prose:
        for scheme in _SCHEMED.findall(line):
            yield number, f"a link with '{scheme}:' leads nowhere; did you mean 'https://'?"


def facts(page: Page) -> Findings:
    """A fact that is mistyped would be shown as it stands there."""
    for number, line in page.prose:
        for found in _LIKE_A_FACT.findall(line):
            yield number, f"{found} quotes nothing; did you mean `#!fact topic/name.fact`?"


def acting(page: Page) -> Findings:
    """A page holds no HTML that could act, and asks no other host for anything."""
    for form, remedy in _ACTS:
        for number, found in places(re.compile(form, re.IGNORECASE), page.outside):
            yield number, f"{found!r} could act in a reader's browser; {remedy}"


RULES: tuple[Callable[[Page], Findings], ...] = (
    front_matter,
    headings,
    shows_a_run,
    fences,
    next_links,
    footnotes,
    links,
    facts,
    acting,
)


def pages(root: Path) -> list[Problem]:
    """Everything that is wrong in the pages of a checkout and in what they include. Raises LiveError."""
    read = _pages(root)
    included = [root / "CONTRIBUTING.md", *(root / "docs" / "assets").glob("*.txt")]
    more = [Page(*one) for one in live_pages.read(filter(Path.is_file, included), root).items()]
    of_another_kind = [page for page in read if page.name == CONTRIBUTING]
    found = [problem for page in read if page.name != CONTRIBUTING for problem in _broken(page, RULES)]
    found += [problem for page in more + of_another_kind for problem in _broken(page, (acting, fences))]
    return sorted(found + _unlisted(root, read))


def _pages(root: Path) -> list[Page]:
    """All pages. Raises LiveError for those that cannot be read."""
    docs = root / "docs"
    return [Page(*page) for page in live_pages.read((docs / name for name in live_pages.names(docs)), root).items()]


def headless(root: Path) -> set[str]:
    """The pages whose front matter cannot be read, or is not seen as such. Raises LiveError."""
    return {page.name for page in _pages(root) if page.front_matter[0] is None}


def _broken(page: Page, rules: Iterable[Callable[[Page], Findings]]) -> list[Problem]:
    return [Problem(page=f"{page.name}:{number}", what=what) for rule in rules for number, what in rule(page)]


def elsewhere(read: Iterable[Page]) -> dict[str, str]:
    """Every link to another site, with the first place that has it. What is refused there is no link."""
    found: dict[str, str] = {}
    for page in read:
        refused = {number for number, _ in acting(page)}
        for number, line in enumerate(page.lines, 1):
            for link in _ELSEWHERE.findall(line) if number not in refused else ():
                found.setdefault(link, f"{page.name}:{number}")
    return found


def _unlisted(root: Path, read: list[Page]) -> list[Problem]:
    """Nothing is fetched when the site is built or tested; a person looks at the list of links now and then."""
    found = elsewhere(page for page in read if page.name != CONTRIBUTING)
    listed = (root / LINKS).read_text(encoding="utf-8").split() if (root / LINKS).is_file() else []
    new = [
        Problem(page=found[link], what=f"{link} is not in {LINKS}; 'make fix' adds it")
        for link in found.keys() - set(listed)
    ]
    return new + [
        Problem(page=f"{LINKS}:{number}", what=f"no page has {link}; 'make fix' takes it out")
        for number, link in enumerate(listed, 1)
        if link not in found
    ]


def list_links(root: Path) -> None:
    """Write the list of links anew. Raises LiveError."""
    found = elsewhere(page for page in _pages(root) if page.name != CONTRIBUTING)
    (root / LINKS).write_text("".join(f"{link}\n" for link in sorted(found)), encoding="utf-8")


def _slug(heading: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", heading.lower())) or "id"
