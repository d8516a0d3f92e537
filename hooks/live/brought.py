"""Captures that were made elsewhere: a bundle that is rendered frozen, or those of other machines merged into it."""

from typing import Any

from live import bundle, judge
from live.capture import Captures, Outcome, summary
from live.problems import Problem
from live.redact import Redactor

ANEW = "Capture anew with 'make capture', and bring the bundle of that."


def take(captures: Captures, waiting: list[Outcome]) -> None:
    """Bring what waits to its outcome without running anything, and add the outcomes of other machines."""
    redactor = Redactor(captures.project.root)
    try:
        report = captures.project.bundle.report()
        told = {(e["snippet"], e["host"]): e for e in report["captures"]}
        if waiting:
            captures.notes, captures.built = [*report["notes"], *captures.notes], report.get("built", "")
    except bundle.Foreign as error:
        told = {}
        captures.problems += [Problem(what=f"{error}. {ANEW}")] if waiting else []
    for outcome in waiting:
        _thaw(captures, outcome, told.get(outcome.place, {}), redactor)
    if not captures.partial:
        _add_others(captures, redactor)


def _thaw(captures: Captures, outcome: Outcome, told: dict[str, Any], redactor: Redactor) -> None:
    """Use what is in the bundle, whatever machine it is from."""
    outcome.reused = told.get("status") != "skipped"  # nothing runs now
    capture = _load(captures, outcome)
    if outcome.status:
        return
    if capture:
        _judge(captures, outcome, capture, redactor)
    elif told.get("status") == "skipped":
        outcome.status, outcome.reason = "skipped", told["reason"]
    elif told.get("status") == "failed":
        captures.fail(outcome, f"failed where it was captured: {told['reason']}")
    else:
        captures.fail(outcome, f"its capture is missing; in frozen mode nothing runs. {ANEW}")


def _add_others(captures: Captures, redactor: Redactor) -> None:
    """What failed or was skipped on another machine is no failure of this build; what is no capture of it is."""
    try:
        entries = [entry for report in captures.project.bundle.other_machines() for entry in report["captures"]]
    except bundle.Foreign as error:
        captures.problems.append(Problem(what=f"{error}. {ANEW}"))
        return
    known = {snippet.name: snippet for snippet in captures.snippets}
    for entry in entries:
        snippet = known.get(entry["snippet"])
        if snippet and entry["host"].split("@")[0] in snippet.hosts:
            outcome = Outcome(snippet, entry["host"], reused=True)
            captures.outcomes[outcome.place] = outcome
            _take_over(captures, outcome, entry, redactor)


def _take_over(captures: Captures, outcome: Outcome, entry: dict[str, Any], redactor: Redactor) -> None:
    capture = _load(captures, outcome)
    if outcome.status:
        return
    if capture and capture["source"] == outcome.snippet.source:
        _judge(captures, outcome, capture, redactor)
    elif capture:
        outcome.status, outcome.reason = "skipped", "ran there as another version of the snippet"
    elif entry["status"] == "held":
        outcome.status, outcome.reason = "skipped", "its capture did not come with the others"
    else:
        outcome.status, outcome.reason = entry["status"], entry["reason"]
        claims = [claim | {"message": claim["text"]} for claim in entry["claims"]]
        outcome.capture = entry | {"claims": [claim for claim in claims if claim["line"] in outcome.snippet.claims]}


def _load(captures: Captures, outcome: Outcome) -> dict[str, Any] | None:
    try:
        return captures.project.bundle.load(*outcome.place)
    except bundle.Foreign as error:
        captures.fail(outcome, f"{error}. {ANEW}")
        return None


def _judge(captures: Captures, outcome: Outcome, capture: dict[str, Any], redactor: Redactor) -> None:
    """Take a capture over if it can be one of this snippet."""
    faults = list(judge.faults(outcome.snippet, capture, redactor))
    for fault in faults:
        captures.fail(outcome, f"its capture on {outcome.host} cannot be used: {fault}. {ANEW}")
    if not faults:
        outcome.status, outcome.reused, outcome.capture = "held", True, summary(capture)
