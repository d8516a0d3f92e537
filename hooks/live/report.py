"""What a build tells of itself: build.json for scripts, and a summary for whoever waits for it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from live.capture import Captures, Outcome
from live.check import anchor
from live.pages import Reference
from live.printable import printable
from live.units import readable

FORMAT = 1
SLOWEST = 5


def build(captures: Captures, found: Iterable[Reference]) -> dict[str, Any]:
    """The content of build.json: `hosts`, `captures`, and `notes` on what was unusual."""
    shown: dict[str, list[Reference]] = {}
    for reference in sorted((r for r in found if not r.fact), key=lambda r: (r.page, r.line)):
        shown.setdefault(reference.snippet, []).append(reference)
    entries = []
    for outcome in captures.outcomes.values():
        blocks = shown.get(outcome.snippet.name, [])
        place = _anchor(outcome, blocks[0].options) if blocks else ""
        entries.append(outcome.entry(block.page for block in blocks) | {"anchor": place})
    return {
        "format": FORMAT,
        "built": captures.built or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "hosts": _hosts(captures),
        "captures": sorted(entries, key=lambda entry: (entry["snippet"], entry["host"])),
        "notes": captures.notes,
    }


def _anchor(outcome: Outcome, options: dict[str, str]) -> str:
    """Where a page tells of a run: in the block that shows it, or in a notice of its own that it was skipped."""
    noticed = outcome.status == "skipped" and outcome.host in ("lab", "lab-newer") and options.get("show") != "source"
    if noticed and options.get("host", outcome.host) == outcome.host:
        options = options | {"host": outcome.host}
    return anchor(outcome.snippet.name, options)


def _hosts(captures: Captures) -> dict[str, Any]:
    """What all captures of a host say alike of it; the guests of the lab differ in memory and settings."""
    found: dict[str, dict[str, Any]] = {}
    for (_, name), outcome in captures.outcomes.items():
        if outcome.status == "held":
            told = outcome.capture["host"]
            common = found.setdefault(name, told)
            found[name] = {key: value for key, value in common.items() if told.get(key) == value and key != "tools"}
    return dict(sorted(found.items()))


def count(entries: list[dict[str, Any]]) -> str:
    """One line that tells how it went."""
    by_status = {status: sum(e["status"] == status for e in entries) for status in ("held", "failed", "skipped")}
    claims = sum(claim["held"] for entry in entries for claim in entry["claims"])
    reused = sum(entry["reused"] for entry in entries)
    ran = by_status["held"] + by_status["failed"] - reused
    parts = [f"{by_status['held']} held", f"{by_status['failed']} failed", f"{by_status['skipped']} skipped"]
    runs = f"{len({entry['snippet'] for entry in entries})} snippets"
    if len(entries) > len({entry["snippet"] for entry in entries}):
        runs += f" in {len(entries)} runs"
    return f"{runs}: {', '.join(parts)}; {claims} claims held; {ran} ran now, {reused} reused"


def as_text(report: dict[str, Any], brief: bool = False) -> str:
    """The summary that a build prints: what was skipped and noted, and the slowest of those that ran.

    brief: of what only the lab could run, the number alone.
    """
    entries = report["captures"]
    lines = [f"live: {count(entries)}"]
    skipped = [entry for entry in entries if entry["status"] == "skipped"]
    counted = [entry for entry in skipped if brief and entry["host"].startswith("lab")]
    lines += [f"live: skipped {_named(entry)}: {entry['reason']}" for entry in skipped if entry not in counted]
    lines += [f"live: skipped {len(counted)} runs of the lab"] * bool(counted)
    lines += [f"live: {note}" for note in report["notes"]]
    ran = sorted((e for e in entries if not e["reused"] and e["seconds"]), key=lambda e: -e["seconds"])
    for entry in ran[:SLOWEST]:
        memory = readable(entry["peak_memory"]) if entry["peak_memory"] else "?"
        lines.append(
            f"live: {entry['seconds']:7.2f} s  {entry['cpu_seconds']:7.2f} s CPU  {memory:>10}  {_named(entry)}"
        )
    return printable("\n".join(lines))  # a bundle that was brought has a word in it


def _named(entry: dict[str, Any]) -> str:
    return entry["snippet"] if entry["host"] == "build" else f"{entry['snippet']} in {entry['host']}"
