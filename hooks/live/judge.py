"""Whether a capture that was brought here says what a run of this very snippet could have said.

Its form was checked when it was read. That it is of some machine, and when it was made, can only be believed.
"""

from collections.abc import Iterator
from typing import Any

from live.redact import Redactor, values_of
from live.snippet import Snippet, how_it_ended

TEXTS = ("stdout", "stderr", "log")


def faults(snippet: Snippet, capture: dict[str, Any], redactor: Redactor) -> Iterator[str]:
    """What is wrong with it, each with the field that it is in."""
    if capture["source"] != snippet.source:
        yield "source: is of another version of the snippet"
        return
    if capture["status"] != snippet.exit_status:
        ended, expected = how_it_ended(capture["status"], ""), how_it_ended(snippet.exit_status, "")
        yield f"status: {ended}; the header expects {expected}"
    yield from _claims(snippet, capture["claims"])
    yield from (
        f"facts.{name}: the header does not promise it" for name in capture["facts"].keys() - set(snippet.facts)
    )
    yield from (f"facts.{name}: is missing" for name in snippet.facts if name not in capture["facts"])
    if not capture["stdout"].strip() and not capture["figures"]:
        yield "stdout: is empty, and there is no figure"
    for number, figure in enumerate(capture["figures"]):
        if not figure["text"].strip():
            yield f"figures[{number}].text: is empty"
    yield from _telling(capture, redactor)


def _claims(snippet: Snippet, claims: list[dict[str, Any]]) -> Iterator[str]:
    lines = {*snippet.claims, *map(snippet.line_of, snippet.lab.log)}  # those about the kernel's log are in the header
    for number, claim in enumerate(claims):
        if claim["line"] not in lines:
            yield f"claims[{number}].line: there is no claim in line {claim['line']}"
        if not claim["held"]:
            yield f"claims[{number}].held: it did not hold: {claim['message']}"
    if not claims:
        yield "claims: there is none"


def _telling(capture: dict[str, Any], redactor: Redactor) -> Iterator[str]:
    parts = {name: capture[name] for name in TEXTS}
    parts |= {name: str(values_of({name: capture[name]})) for name in ("claims", "facts", "figures")}
    for name, text in parts.items():
        kinds = redactor.leftovers(text)
        if kinds:
            yield f"{name}: holds what must not be published ({', '.join(kinds)})"
