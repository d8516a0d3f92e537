"""What a pull request runs first, in seconds: every part of it, whatever another part finds."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from pathspec import PathSpec

from live import check, pages
from live.capture import Captures
from live.contribute import answers, linters, page_rules, snippet_rules
from live.contribute.changed import UNKNOWN, changed
from live.contribute.linters import Linter
from live.discovery import discover
from live.problems import LiveError, Problem, nearest
from live.project import Project
from live.publish import allowed


@dataclass(frozen=True)
class Part:
    """A part of the check: what it looks at, and how it finds problems."""

    looks_at: str
    find: Callable[[Project], list[Problem]]


def _lint(tools: Iterable[Linter]) -> Callable[[Project], list[Problem]]:
    return lambda project: [problem for tool in tools for problem in tool.find(project.root)]


def _markdown(project: Project) -> list[Problem]:
    """What rumdl would mend in a page whose front matter cannot be read would make text of that."""
    try:
        kept = page_rules.headless(project.root)
    except LiveError:  # told where pages are read
        kept = set()
    found = _lint(linters.MARKDOWN)(project)
    return [one for one in found if linters.MENDS not in one.what or one.at.partition(":")[0] not in kept]


def _pages(project: Project) -> list[Problem]:
    """Rules of pages, and whether what they ask for is there, as far as that can be told without a run."""
    snippets, unreadable = discover(project.snippets)
    known = {snippet.name: snippet for snippet in snippets}
    broken = {problem.snippet for problem in unreadable}
    asked = [reference for reference in pages.references(project.docs) if reference.snippet not in broken]
    return [
        *allowed.problems(project.root),
        *page_rules.pages(project.root),
        *check.references(asked, known, {}),
        *check.unshown(asked, snippets),
        *_problems_of(_lost, project),
    ]


def _problems_of(find: Callable[[Project], list[Problem]], project: Project) -> list[Problem]:
    try:
        return find(project)
    except LiveError as error:
        return error.problems


def _lost(project: Project) -> list[Problem]:
    """Pages that nobody finds, as mkdocs.yml says."""
    text, told = settings(project.root)
    nav, left_out = told.get("nav"), PathSpec.from_lines("gitwildmatch", str(told.get("not_in_nav") or "").splitlines())
    return check.lost(project.docs, nav, left_out.match_file) + _misnamed(text, nav, project)


def settings(root: Path) -> tuple[str, dict[str, Any]]:
    """The text of mkdocs.yml and what it says. Raises LiveError."""
    try:
        text = (root / "mkdocs.yml").read_text(encoding="utf-8")
        told = yaml.load(text, _Loader)  # noqa: S506  (a safe one that knows no tags)
    except OSError as error:
        line, what = 1, f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        line, what = 1, "is not UTF-8 text; save it as such"
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line, what = (mark.line + 1 if mark else 1), f"is no YAML: {getattr(error, 'problem', error)}"
    else:
        if isinstance(told, dict):
            return text, told
        line, what = 1, "is no list of settings, such as 'nav:'"
    raise LiveError([Problem(at=f"mkdocs.yml:{line}", what=what)])


def _misnamed(text: str, nav: Any, project: Project) -> list[Problem]:
    """Entries of the navigation that lead to no page, or to one that had an entry before."""
    if not nav:
        return [Problem(at="mkdocs.yml:1", what="has no nav; list all pages under 'nav:'")]
    known, found = pages.names(project.docs), []
    for page, count in Counter(check.leaves(nav)).items():
        lines = [number for number, line in enumerate(text.splitlines(), 1) if page in re.split(r"[\s'\",\[\]]+", line)]
        last = lines[-1] if lines else 1
        if count > 1:
            found.append(Problem(at=f"mkdocs.yml:{last}", what=f"{page!r} is in nav twice; take one out"))
        if page not in known and "://" not in page:
            what = f"there is no page {page!r}: {nearest(page, known)}"
            found.append(Problem(at=f"mkdocs.yml:{last}", what=what))
    return found


def _snippets(project: Project) -> list[Problem]:
    snippets, problems = discover(project.snippets)
    return problems + snippet_rules.snippets(project.root, snippets)


def _runs(project: Project) -> list[Problem]:
    """Run the changed snippets unless a valid capture is there; check what pages quote, and what tests say of them."""
    snippets, unreadable = discover(project.snippets)
    chosen, which = changed(project.root, snippets)
    if which == UNKNOWN:  # which takes minutes
        print(f"         run: will run {which}", flush=True)
    captures = Captures(project, chosen, partial=True).take()
    ran = sum(not outcome.reused and outcome.status != "skipped" for outcome in captures.outcomes.values())
    left_out = f"; cannot be read, so not run: {len({problem.snippet for problem in unreadable})}" if unreadable else ""
    print(f"         run: {which}: {len(chosen)}; runs now: {ran}{left_out}")
    for outcome in captures.outcomes.values():
        if outcome.status == "skipped":
            print(f"         run: skipped {outcome.snippet.name} on {outcome.host}: {outcome.reason}")
    kept = Captures(project.with_mode("frozen"), snippets, partial=True).take()
    facts = {place: one.capture["facts"] for place, one in kept.outcomes.items() if one.status == "held"}
    known = {snippet.name: snippet for snippet in snippets}
    asked = [reference for reference in pages.references(project.docs) if reference.snippet in known]
    held = {outcome.snippet.name for outcome in captures.outcomes.values() if outcome.status == "held"}
    broken = map(_with_remedy, captures.problems)
    return [*broken, *check.references(asked, known, facts), *answers.wrong(project.root, sorted(held))]


def _with_remedy(problem: Problem) -> Problem:
    """What a run says is also shown in pages; only here it is known that somebody can change the program."""
    if not problem.what.startswith("claim did not hold"):
        return problem
    remedy = "mend the program, or widen the tolerance and say why"
    return replace(problem, what=f"{problem.what}; {remedy}")


# In the order of how soon each tells.
PARTS = {
    "style": Part("Python's style and form (ruff)", _lint(linters.STYLE)),
    "spelling": Part("words (typos)", _lint(linters.SPELLING)),
    "markdown": Part("Markdown, links and anchors (rumdl)", _markdown),
    "pages": Part("front matter and rules of pages, and what they show", _pages),
    "snippets": Part("headers and rules of snippets", _snippets),
    "types": Part("the engine's types (mypy)", _lint(linters.TYPES)),
    "run": Part("changed snippets in the sandbox, and their tests", _runs),
}


def run(project: Project, names: list[str]) -> int:
    """Check these parts, or all; print a line for each and for each finding. Return the exit status.

    Raises LiveError for links, through which no part may read.
    """
    allowed.refuse_links(project.root)
    for name in names:
        if name not in PARTS:
            raise LiveError([Problem(what=f"there is no part {name!r}: {nearest(name, PARTS)}")])
    chosen = [name for name in PARTS if not names or name in names]
    told: set[str] = set()
    for name, seconds, problems in _results(project, chosen):
        lines = [line for line in dict.fromkeys(map(_line, sorted(problems))) if line not in told]
        told.update(lines)
        verdict = f"{len(lines)} wrong" if lines else "ok"
        print(f"{verdict:8} {name:9} {seconds:4.1f} s  {PARTS[name].looks_at}", *lines, sep="\n", flush=True)
    if told:
        mended = sum("'make fix'" in line for line in told)
        print(f"\n{len(told)} finding{'s' * (len(told) > 1)}" + f"; 'make fix' mends {mended}" * bool(mended))
    return 1 if told else 0


def _results(project: Project, names: list[str]) -> Iterator[tuple[str, float, list[Problem]]]:
    """What each part found, in order. Snippets run at the end and by themselves: they measure."""
    with ThreadPoolExecutor() as pool:
        quiet = {name: pool.submit(_timed, project, name) for name in names if name != "run"}
        for name, found in quiet.items():
            yield name, *found.result()
    if "run" in names:
        yield "run", *_timed(project, "run")


def _timed(project: Project, name: str) -> tuple[float, list[Problem]]:
    start = time.monotonic()
    problems = _problems_of(PARTS[name].find, project)
    return time.monotonic() - start, problems


def _line(problem: Problem) -> str:
    """One line that begins with file and line, as editors understand it; what a program said follows, indented."""
    return str(Problem(at=problem.at or problem.page, what=_subject(problem) + problem.what, detail=problem.detail))


def _subject(problem: Problem) -> str:
    return f"snippet {problem.snippet}: " if problem.snippet and not problem.at else ""


class _Loader(yaml.SafeLoader):
    """Reads mkdocs.yml without what its tags stand for."""


_Loader.add_multi_constructor("", lambda *_: None)
