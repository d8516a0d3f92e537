"""What runs gave, as one JSON object: what somebody sends who found a number wrong on their kernel."""

from typing import Any

from live import changes
from live.capture import Captures, Outcome
from live.problems import LiveError
from live.project import Project
from live.redact import Redactor
from live.snippet import Snippet

FORMAT = 1


def result(project: Project, snippets: list[Snippet]) -> dict[str, Any]:
    """Run snippets afresh and tell all of it, also of those that failed, redacted as captures are."""
    redactor = Redactor(project.root)
    told: dict[str, Any] = {"format": FORMAT, "commit": _commit(project), "runs": [], "errors": []}
    try:
        captures = Captures(project.with_mode("fresh"), snippets, partial=True).take()
    except LiveError as error:  # nothing can be run here at all
        told["errors"] = redactor.clean([str(problem) for problem in error.problems])
    else:
        told["runs"] = [_run(outcome, redactor) for outcome in captures.outcomes.values()]
        told["errors"] = redactor.clean([str(problem) for problem in captures.problems])
        told["notes"] = captures.notes
    return told


def _run(outcome: Outcome, redactor: Redactor) -> dict[str, Any]:
    """All of a run. Facts, claims and host were cleaned when it ended; texts are what may have come later."""
    told = outcome.entry([]) | {"host": outcome.capture.get("host", {"name": outcome.host}), "written": outcome.written}
    left_out = ("pages", "reused")
    return {
        key: redactor.clean(value) if isinstance(value, str) else value
        for key, value in told.items()
        if key not in left_out
    }


def _commit(project: Project) -> str:
    return changes.ask(project.root, "describe", "--always", "--dirty", "--abbrev=12").stdout.strip()
