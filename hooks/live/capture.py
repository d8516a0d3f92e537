"""The first of the two stages: decide what must run, run it, keep what it gave, and tell what became of it."""

import functools
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from live import bundle, host, runner, sandbox, staging, tools
from live.problems import Problem
from live.project import Project
from live.redact import Redactor
from live.runner import Result
from live.snippet import Snippet, how_it_ended

TAIL = 12  # lines of stderr in a message
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
            self._run(waiting)
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
        capture = self._load(name, outcome.host)
        if capture and capture["source"] == outcome.snippet.source:
            outcome.status, outcome.reused, outcome.capture = "held", True, _summary(capture)
            self.host = self.host or capture["host"]
            return
        before = next((e for e in bundle.read_report(self.project.bundle)["captures"] if e["snippet"] == name), {})
        if before.get("status") == "skipped":
            outcome.status, outcome.reason = "skipped", before["reason"]
            return
        why = "is of another version of the snippet" if capture else "is missing"
        self._fail(
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
        capture = self._load(snippet.name, outcome.host)
        if capture:
            self.seconds[snippet.name] = capture["seconds"]
        if self.project.mode == "run" and capture and capture["key"] == self.keys[snippet.name]:
            outcome.status, outcome.reused, outcome.capture = "held", True, _summary(capture)
            return True
        return False

    def _load(self, name: str, host_name: str) -> dict[str, Any] | None:
        try:
            return self.project.bundle.load(name, host_name)
        except bundle.Foreign as error:
            self.notes.append(f"bundle: {error}; it is made anew")
            return None

    def _run(self, waiting: list[Snippet]) -> None:
        staged = staging.stage({text for snippet in self.snippets for text in snippet.dependencies})
        redactor = functools.partial(Redactor, self.project.root)
        self.notes += sandbox.weaknesses() if waiting else []
        progress = _Progress(len(waiting))

        def done(snippet: Snippet, result: Result) -> None:
            outcome = self.outcomes[snippet.name, "build"]
            self._keep(outcome, result, redactor())
            progress.ended()

        runner.run_all(waiting, staged, self.seconds, done, progress)

    def _keep(self, outcome: Outcome, result: Result, redactor: Redactor) -> None:
        """Store what a run gave, or tell why it cannot be used. An unexpected failure is never stored."""
        snippet = outcome.snippet
        capture = {
            "format": bundle.FORMAT,
            "snippet": snippet.name,
            "key": self.keys[snippet.name],
            "host": self.host | {"tools": {name: tools.version(name) for name in snippet.needs}},
            "captured": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "sandbox": "bubblewrap" if sandbox.wanted() else "none",
            "status": result.status,
            "seconds": round(result.seconds, 3),
            "cpu_seconds": round(result.cpu, 3),
            "peak_memory": result.peak,
            "source": snippet.source,
        }
        shown = {name: getattr(result, name) for name in ("stdout", "stderr", "claims", "facts", "figures")}
        shown = redactor.clean(shown)
        capture |= shown | {"redacted": redactor.counts}
        outcome.capture = _summary(capture)
        kinds = redactor.leftovers(
            "\n".join([shown["stdout"], shown["stderr"], str(shown["claims"]), str(shown["facts"])])
        )
        found = list(failures(snippet, result, redactor))
        if kinds:
            found.append((1, f"its output still holds what must not be published ({', '.join(kinds)})"))
        for line, what in found:
            self._fail(outcome, what, line, shown["stderr"])
        if found:
            before = self._load(snippet.name, outcome.host)
            if before and before["key"] == capture["key"]:  # that of another version may be of use again
                self.project.bundle.drop(snippet.name, outcome.host)
        else:
            outcome.status = "held"
            self.project.bundle.store(capture)

    def _fail(self, outcome: Outcome, what: str, line: int = 1, stderr: str = "") -> None:
        snippet = outcome.snippet
        detail = "" if what.startswith("claim") else "\n".join(stderr.strip().splitlines()[-TAIL:])
        self.problems.append(
            Problem(snippet=snippet.name, at=f"snippets/{snippet.name}.py:{line}", what=what, detail=detail)
        )
        outcome.status, outcome.reason = "failed", "; ".join(filter(None, [outcome.reason, what]))

    def _forget_strangers(self) -> None:
        """Captures of snippets that are gone are only in the way; those of one that cannot be read now are not."""
        for name, host_name in list(self.project.bundle.names()):
            if not (self.project.snippets / f"{name}.py").exists():
                self.project.bundle.drop(name, host_name)


def failures(snippet: Snippet, result: Result, redactor: Redactor) -> Iterable[tuple[int, str]]:
    """Line and message of everything for which a run cannot be shown."""
    broken = {claim["line"]: claim["message"] for claim in result.claims if not claim["held"]}
    for line, message in broken.items():
        yield line, f"claim did not hold: {redactor.clean(message)}"
    error = result.error
    if result.stopped:
        yield 1, result.stopped
    elif error and error["line"] not in broken:
        yield error["line"], f"{error['type']}: {redactor.clean(error['text'])}"
    elif result.status != snippet.exit_status and not error:
        yield 1, f"{how_it_ended(result.status)}; its header expects {how_it_ended(snippet.exit_status, '')}".rstrip()
    else:
        yield from ((1, what) for what in result.unfit)
        if not error and not result.unfit:
            yield from _not_given(snippet, result)


def _not_given(snippet: Snippet, result: Result) -> Iterable[tuple[int, str]]:
    missing = [name for name in snippet.facts if name not in result.facts]
    if missing:
        yield 1, f"it ended before it gave the facts {', '.join(missing)}"
    if not result.claims:
        yield 1, "it made no claim; let an assert say what a page may state"
    if not result.stdout.strip() and not result.figures:
        yield 1, "it shows nothing; print what a reader should see"


def _summary(capture: dict[str, Any]) -> dict[str, Any]:
    """The parts of a capture that the report needs; its output stays on disk."""
    return {name: capture[name] for name in ("claims", "facts", "seconds", "cpu_seconds", "peak_memory")}


@functools.cache
def _versions(dependencies: tuple[str, ...]) -> dict[str, str]:
    return {name: found.version for name, found in staging.closure(dependencies).items()}


class _Progress:
    """Says what is running when that takes long, so that a slow build does not look like a dead one."""

    def __init__(self, total: int) -> None:
        self.total, self.count = total, 0
        self.said = time.monotonic()

    def ended(self) -> None:
        self.count += 1

    def __call__(self, active: list[runner.Run]) -> None:
        now = time.monotonic()
        if active and now - self.said > SLOW:
            self.said = now
            running = ", ".join(f"{run.snippet.name} ({now - run.started:.0f} s)" for run in active)
            print(f"live: {self.count} of {self.total} ran; running: {running}", file=sys.stderr, flush=True)
