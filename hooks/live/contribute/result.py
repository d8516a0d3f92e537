"""What runs gave, as one JSON object: what somebody sends who found a number wrong on their kernel."""

import subprocess
from typing import Any

from live.capture import Captures, Outcome
from live.contribute.changed import ask
from live.problems import LiveError
from live.project import Project
from live.redact import Redactor
from live.snippet import Snippet

FORMAT = 1


def result(project: Project, snippets: list[Snippet]) -> dict[str, Any]:
    """Run snippets afresh and tell all of it, also of those that failed, redacted as captures are."""
    told: dict[str, Any] = {"format": FORMAT, "commit": _commit(project), "runs": [], "errors": []}
    try:
        captures = Captures(project.with_mode("fresh"), snippets, partial=True).take()
    except LiveError as error:  # nothing can be run here at all
        told["errors"] = [str(problem) for problem in error.problems]
    else:
        told["runs"] = [_run(outcome) for outcome in captures.outcomes.values()]
        told["errors"] = [str(problem) for problem in captures.problems]
        told["notes"] = captures.notes
    return Redactor(project.root).clean(told)


def _run(outcome: Outcome) -> dict[str, Any]:
    entry = outcome.entry([])
    left_out = ("pages", "reused", "host")
    described = outcome.capture.get("host", {"name": outcome.host})
    return {key: value for key, value in entry.items() if key not in left_out} | {
        "host": described,
        "written": outcome.written,
    }


def _commit(project: Project) -> str:
    try:
        answer = ask(project.root, "describe", "--always", "--dirty", "--abbrev=12")
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()
