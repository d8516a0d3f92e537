"""One build: read, capture, check, and have everything ready for rendering."""

from dataclasses import replace
from pathlib import Path

from live import check, pages, report
from live.capture import Captures
from live.discovery import discover
from live.markdown import Shelf
from live.problems import Problem
from live.project import Project
from live.snippet import Snippet


class Build:
    """Everything that a site generator needs of the engine, made before it renders its first page."""

    def __init__(self, root: Path, docs: Path | None = None, lenient: bool = False, mode: str | None = None) -> None:
        """Capture and check. Problems are gathered; LiveError is raised only where nothing can be run at all."""
        project = Project.at(root)
        self.project = project.with_mode(mode) if mode else project
        self.references = pages.references(docs or self.project.docs)
        self.problems: list[Problem] = []
        self.snippets = self._read()
        captures = Captures(self.project, self.snippets).take()
        self.problems += self._checked(captures)
        self.skipped = self._placed(captures.skipped())
        self.report = report.build(captures, self.references)
        if self.project.mode != "frozen":  # then the bundle stays what it was brought as
            self.project.bundle.store_report(self.report)
        self.shelf = Shelf(self.project, self.report, lenient)
        self.shelf.snippets = {snippet.name: snippet for snippet in self.snippets}

    def _read(self) -> list[Snippet]:
        """The snippets that can be read; the others are problems, told with all the rest."""
        snippets, problems = discover(self.project.snippets)
        self.problems += self._placed(problems)
        return snippets

    def _checked(self, captures: Captures) -> list[Problem]:
        """Problems of the runs with the page that shows each, and problems of the references."""
        known = {snippet.name: snippet for snippet in self.snippets}
        facts = {place: o.capture["facts"] for place, o in captures.outcomes.items() if o.status == "held"}
        unreadable = {problem.snippet for problem in self.problems}
        references = [reference for reference in self.references if reference.snippet not in unreadable]
        return (
            self._placed(captures.problems)
            + check.references(references, known, facts)
            + check.unshown(self.references, self.snippets)
        )

    def _placed(self, problems: list[Problem]) -> list[Problem]:
        """The same problems, each with the first page and line that shows the snippet."""
        first = {reference.snippet: reference.where for reference in reversed(self.references)}
        return [replace(problem, page=first.get(problem.snippet, "")) for problem in problems]
