"""Run what must run, judge what it gave, and keep it or say why not."""

import json
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from live import record
from live.capture import Captures, Outcome, summary
from live.hosts import Build
from live.project import sandbox_wanted
from live.redact import Redactor, values_of
from live.run import Result, Run
from live.runner import Job, run_all
from live.secret_forms import secret_lines
from live.snippet import Snippet, how_it_ended

SLOW = 5  # seconds between two lines about what is running
REVOKE = "take it out, and revoke it, for others may have read it already"


def run(captures: Captures, waiting: list[Outcome]) -> None:
    """Run what waits and bring each to its outcome. Raises LiveError only where nothing can be run at all."""
    for name in sorted({outcome.host for outcome in waiting}):
        captures.notes += captures.hosts[name].notes()
    jobs = [_job(captures, outcome) for outcome in waiting]
    progress = _Progress(len(jobs))
    to_draw: list[tuple[Outcome, Result]] = []

    def done(outcome: Outcome, result: Result) -> None:
        progress.ended()
        if outcome.host != "build" and outcome.snippet.draws and not list(failures(outcome.snippet, result)):
            to_draw.append((outcome, result))
        else:
            keep(captures, outcome, result)

    run_all(jobs, done, progress)
    if to_draw:
        _draw(captures, to_draw)


def _job(captures: Captures, outcome: Outcome) -> Job:
    job = captures.hosts[outcome.host].job(outcome, outcome.snippet)
    known = captures.seconds.get((outcome.snippet.name, outcome.host), job.known_seconds)
    return replace(job, known_seconds=known)


def _draw(captures: Captures, measured: list[tuple[Outcome, Result]]) -> None:
    """Have figures drawn where matplotlib is, in the sandbox, from facts that a guest measured."""
    here = Build({text for snippet in captures.snippets for text in (*snippet.dependencies, "matplotlib")})

    def done(what: tuple[Outcome, Result], drawn: Result) -> None:
        outcome, result = what
        result.figures, result.unfit = drawn.figures, result.unfit + drawn.unfit
        result.error, result.stopped = drawn.error, drawn.stopped or _undrawn(drawn)
        result.stderr += drawn.stderr
        keep(captures, outcome, result)

    run_all([here.job((outcome, result), outcome.snippet, result.facts) for outcome, result in measured], done)


def _undrawn(drawn: Result) -> str:
    """Why a drawing that ended without an error of Python is none; "" if it is one."""
    return f"draw: {how_it_ended(drawn.status)}" if drawn.status and not drawn.error else ""


def keep(captures: Captures, outcome: Outcome, result: Result) -> None:
    """Store what a run gave, or tell why it cannot be used. An unexpected failure is never stored."""
    snippet, redactor = outcome.snippet, Redactor(captures.project.root)
    shown = {name: redactor.clean(getattr(result, name)) for name in ("stdout", "stderr", "log")}
    shown |= {name: [redactor.fields(one) for one in getattr(result, name)] for name in ("claims", "figures")}
    shown["facts"] = redactor.fields(result.facts)
    capture = {
        "format": record.FORMAT,
        "snippet": snippet.name,
        "key": captures.keys[snippet.name, outcome.host],
        "host": _described(captures.hosts[outcome.host].describe(snippet, result), redactor),
        "captured": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sandbox": "bubblewrap" if sandbox_wanted() else "none",
        "status": result.status,
        "seconds": round(result.seconds, 3),
        "cpu_seconds": round(result.cpu, 3),
        "peak_memory": result.peak,
        "source": snippet.source,
        **shown,
        "redacted": redactor.counts,
    }
    outcome.capture = summary(capture)
    found = [(line, redactor.clean(what)) for line, what in failures(snippet, result)]
    found += _leftovers(shown, redactor)
    found += [] if found else _unreadable(capture)
    found += [(line, f"its source holds a secret; {REVOKE}") for line in secret_lines(snippet.source)]
    for line, what in found:
        captures.fail(outcome, what, line, shown["stderr"])
        outcome.written = shown["stdout"] + shown["log"]
    if not found:
        outcome.status = "held"
        captures.project.bundle.store(capture)
        return
    before = captures.load(snippet.name, outcome.host)
    if before and before["key"] == capture["key"]:  # that of another version may be of use again
        captures.project.bundle.drop(snippet.name, outcome.host)


def _described(host: dict[str, Any], redactor: Redactor) -> dict[str, Any]:
    """What is known of the machine, cleaned; but a kernel is named as it is, whoever is called like a part of that."""
    return redactor.fields(host) | {name: host[name] for name in ("kernel", "architecture") if name in host}


def failures(snippet: Snippet, result: Result) -> Iterable[tuple[int, str]]:
    """Line and message of everything for which a run cannot be shown."""
    broken = {claim["line"]: claim["message"] for claim in result.claims if not claim["held"]}
    for line, message in broken.items():
        yield line, f"claim did not hold: {message}"
    error = result.error
    if result.stopped:
        yield 1, result.stopped
    elif error and error["line"] not in broken:
        yield error["line"], f"{error['type']}: {error['text']}"
    elif result.status != snippet.exit_status and not error:
        past = "" if result.whole or result.status > 128 else ", past the harness (os._exit, or its reports cut off)"
        yield 1, f"{how_it_ended(result.status)}{past}; its header expects {how_it_ended(snippet.exit_status, '')}"
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


def _leftovers(shown: dict, redactor: Redactor) -> Iterable[tuple[int, str]]:
    kinds = redactor.leftovers("\n".join(_texts(values_of(shown))))
    if kinds:
        yield 1, f"its output still holds what must not be published ({', '.join(kinds)})"


def _unreadable(capture: dict[str, Any]) -> Iterable[tuple[int, str]]:
    """What whoever reads the capture would refuse: there are limits that only the whole of a run can go over."""
    try:
        record.read(json.dumps(capture).encode(), record.Capture)
    except ValueError as error:
        yield 1, f"gave more than a capture may hold: {error}"


def _texts(value: Any) -> Iterable[str]:
    """Every text in a structure."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


class _Progress:
    """Says what is running when that takes long, so that a slow build does not look like a dead one."""

    def __init__(self, total: int) -> None:
        self.total, self.count = total, 0
        self.said = time.monotonic()

    def ended(self) -> None:
        self.count += 1

    def __call__(self, active: Iterable[Run]) -> None:
        now = time.monotonic()
        if active and now - self.said > SLOW:
            self.said = now
            running = ", ".join(f"{run.snippet.name} ({now - run.started:.0f} s)" for run in active)
            print(f"live: {self.count} of {self.total} ran; running: {running}", file=sys.stderr, flush=True)
