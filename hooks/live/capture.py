"""The first of the two stages: decide what must run, have it run, and tell what became of each snippet."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from live import bundle, hosts, leftovers
from live.problems import Problem
from live.project import Project
from live.redact import Redactor
from live.snippet import Snippet


@dataclass
class Outcome:
    """What became of one snippet on one host in this build."""

    snippet: Snippet
    host: str
    status: str = ""
    reason: str = ""
    reused: bool = False
    capture: dict[str, Any] = field(default_factory=dict)
    written: str = ""  # what a run that failed had written, for whoever has to mend it

    @property
    def place(self) -> tuple[str, str]:
        """What it is known by: snippet and host."""
        return self.snippet.name, self.host

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
        renew = project.mode == "fresh" and not partial
        self.hosts = {} if project.mode == "frozen" else hosts.all_of(project, snippets, renew)
        self.outcomes: dict[tuple[str, str], Outcome] = {}
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.built = ""  # when, if that was not now
        self.keys: dict[tuple[str, str], str] = {}
        self.seconds: dict[tuple[str, str], float] = {}

    def take(self) -> "Captures":
        """Bring every snippet to an outcome. Raises LiveError only where nothing can be run or kept at all."""
        leftovers.clear(self.project.bundle.folder)
        frozen = self.project.mode == "frozen"
        waiting = []
        for snippet in self.snippets:
            for name in snippet.hosts:
                outcome = Outcome(snippet, name)
                self.outcomes[outcome.place] = outcome
                if frozen or not self._settled(outcome):
                    waiting.append(outcome)
        if frozen or self.project.bundle.has_other_machines():
            from live import brought  # noqa: PLC0415  (a build of one machine starts faster without it)

            brought.take(self, waiting if frozen else [])
        if waiting and not frozen:
            from live import execute  # noqa: PLC0415  (a warm build runs nothing, and starts faster without it)

            execute.run(self, waiting)
        if not self.partial and not frozen:
            self._forget_strangers()
        self._name_nobody()
        return self

    def _name_nobody(self) -> None:
        """What programs of this machine said may hold its paths, and all of this is published."""
        redactor = Redactor(self.project.root)
        self.notes = redactor.names(list(dict.fromkeys(self.notes)))
        for outcome in self.outcomes.values():
            if outcome.status == "skipped":
                outcome.reason = redactor.names(outcome.reason)

    def skipped(self) -> list[Problem]:
        """What did not run, as problems for whoever wants everything to run."""
        return [
            Problem(snippet=outcome.snippet.name, at=f"snippets/{outcome.snippet.name}.py:1", what=outcome.reason)
            for outcome in self.outcomes.values()
            if outcome.status == "skipped" and "@" not in outcome.host
        ]

    def _settled(self, outcome: Outcome) -> bool:
        """Whether there is nothing to run: the host lacks something, or a valid capture is there."""
        snippet, where = outcome.snippet, self.hosts[outcome.host]
        lacking = where.lacks(snippet)
        if lacking:
            outcome.status, outcome.reason = "skipped", lacking
            return True
        refused = where.refuses(snippet)
        if refused:
            self.fail(outcome, refused, snippet.line_of(f"# {refused.partition(':')[0]}"))
            return True
        identity = outcome.place
        self.keys[identity] = bundle.key(snippet, where.surroundings(snippet))
        capture = self.load(*identity)
        if capture:
            self.seconds[identity] = capture["seconds"]
        if self.project.mode == "run" and capture and capture["key"] == self.keys[identity]:
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
        known = {snippet.name: snippet.hosts for snippet in self.snippets}
        for name, host_name in list(self.project.bundle.names()):
            gone = not (self.project.snippets / f"{name}.py").exists()
            if gone or host_name.split("@")[0] not in known.get(name, [host_name.split("@")[0]]):
                self.project.bundle.drop(name, host_name)


def summary(capture: dict[str, Any]) -> dict[str, Any]:
    """The parts of a capture that the report needs; its output stays on disk."""
    return {name: capture[name] for name in ("host", "claims", "facts", "seconds", "cpu_seconds", "peak_memory")}
