"""The first of the two stages: decide what must run, have it run, and tell what became of each snippet."""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

from live import bundle, host, tools
from live.problems import Problem
from live.project import Project
from live.snippet import Snippet

TAIL, TAIL_BYTES = 12, 4 << 10  # of stderr in a message
SLOW = 5  # seconds between two lines about what is running


@dataclass
class Outcome:
    """What became of one snippet on one host in this build."""

    snippet: Snippet
    host: str
    status: str = ""
    reason: str = ""
    reused: bool = False
    capture: dict[str, Any] = field(default_factory=dict)

    def entry(self, pages: Iterable[str]) -> dict[str, Any]:
        """The line of build.json; its form is a promise to other people's scripts."""
        return {
            "snippet": self.snippet.name,
            "host": self.host,
            "title": self.snippet.title,
            "status": self.status,
            "reason": self.reason,
            "claims": [
                {"line": claim["line"], "text": claim["message"], "held": claim["held"]}
                for claim in self.capture.get("claims", [])
            ],
            "facts": self.capture.get("facts", {}),
            "seconds": self.capture.get("seconds", 0),
            "cpu_seconds": self.capture.get("cpu_seconds", 0),
            "peak_memory": self.capture.get("peak_memory", 0),
            "reused": self.reused,
            "pages": sorted(set(pages)),
        }


class Captures:
    """One round of capturing."""

    def __init__(self, project: Project, snippets: list[Snippet], partial: bool = False) -> None:
        """`partial`: these are not all snippets, so captures of others are no strangers."""
        self.project, self.snippets, self.partial = project, snippets, partial
        self.host = {} if project.mode == "frozen" else host.describe()
        self.outcomes: dict[tuple[str, str], Outcome] = {}
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.keys: dict[str, str] = {}
        self.seconds: dict[str, float] = {}

    def take(self) -> "Captures":
        """Bring every snippet to an outcome. Raises LiveError only where nothing can be run at all."""
        waiting = []
        for snippet in self.snippets:
            for name in snippet.hosts:
                outcome = Outcome(snippet, name)
                self.outcomes[snippet.name, name] = outcome
                if self.project.mode == "frozen":
                    self._thaw(outcome)
                elif not self._settled(outcome):
                    waiting.append(snippet)
        if waiting:
            from live import execute  # noqa: PLC0415  (a warm build runs nothing, and starts faster without it)

            execute.run(self, waiting)
        if not self.partial and self.project.mode != "frozen":
            self._forget_strangers()
        return self

    def skipped(self) -> list[Problem]:
        """What did not run, as problems for whoever wants everything to run."""
        return [
            Problem(snippet=outcome.snippet.name, at=f"snippets/{outcome.snippet.name}.py:1", what=outcome.reason)
            for outcome in self.outcomes.values()
            if outcome.status == "skipped"
        ]

    def _thaw(self, outcome: Outcome) -> None:
        """Use what is in the bundle, whatever machine it is from."""
        name = outcome.snippet.name
        capture = self.load(name, outcome.host)
        if capture and capture["source"] == outcome.snippet.source:
            outcome.status, outcome.reused, outcome.capture = "held", True, summary(capture)
            self.host = self.host or capture["host"]
            return
        before = next((e for e in bundle.read_report(self.project.bundle)["captures"] if e["snippet"] == name), {})
        if before.get("status") == "skipped":
            outcome.status, outcome.reason = "skipped", before["reason"]
            return
        why = "is of another version of the snippet" if capture else "is missing"
        self.fail(
            outcome,
            f"its capture {why}; in frozen mode nothing runs. Capture with 'make capture' and bring the bundle.",
        )

    def _settled(self, outcome: Outcome) -> bool:
        """Whether there is nothing to run: a tool is absent, or a valid capture is there."""
        snippet = outcome.snippet
        lacking = tools.missing(snippet.needs)
        if lacking:
            outcome.status = "skipped"
            outcome.reason = f"needs {', '.join(lacking)}, which this machine lacks; {tools.how_to_get(lacking)}"
            return True
        self.keys[snippet.name] = bundle.key(snippet, self.host, _versions(tuple(snippet.dependencies)))
        capture = self.load(snippet.name, outcome.host)
        if capture:
            self.seconds[snippet.name] = capture["seconds"]
        if self.project.mode == "run" and capture and capture["key"] == self.keys[snippet.name]:
            outcome.status, outcome.reused, outcome.capture = "held", True, summary(capture)
            return True
        return False

    def load(self, name: str, host_name: str) -> dict[str, Any] | None:
        """What the bundle has of a snippet; a file that is no capture is noted, and as good as none."""
        try:
            return self.project.bundle.load(name, host_name)
        except bundle.Foreign as error:
            self.notes.append(f"bundle: {error}; it is made anew")
            return None

    def fail(self, outcome: Outcome, what: str, line: int = 1, stderr: str = "") -> None:
        """Note why an outcome cannot be shown, with the line of the snippet and the end of its errors."""
        snippet = outcome.snippet
        detail = "" if what.startswith("claim") else stderr
        self.problems.append(
            Problem(snippet=snippet.name, at=f"snippets/{snippet.name}.py:{line}", what=what, detail=detail)
        )
        outcome.status, outcome.reason = "failed", "; ".join(filter(None, [outcome.reason, what]))

    def _forget_strangers(self) -> None:
        """Captures of snippets that are gone are only in the way; those of one that cannot be read now are not."""
        for name, host_name in list(self.project.bundle.names()):
            if not (self.project.snippets / f"{name}.py").exists():
                self.project.bundle.drop(name, host_name)


def summary(capture: dict[str, Any]) -> dict[str, Any]:
    """The parts of a capture that the report needs; its output stays on disk."""
    return {name: capture[name] for name in ("claims", "facts", "seconds", "cpu_seconds", "peak_memory")}


@functools.cache
def _versions(dependencies: tuple[str, ...]) -> dict[str, str]:
    """The installed versions of what a snippet declares."""
    names = [re.match(r"[\w.-]+", text)[0] for text in dependencies]
    return {name: metadata.version(name) for name in names}
