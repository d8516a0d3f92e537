"""What a build tells of itself: build.json for scripts, a page for readers, a table for whoever waits for it."""

import html
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from live import render
from live.capture import Captures
from live.check import anchor
from live.pages import Reference
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
        place = anchor(blocks[0].snippet, blocks[0].options) if blocks else ""
        entries.append(outcome.entry(block.page for block in blocks) | {"anchor": place})
    return {
        "format": FORMAT,
        "built": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "hosts": _hosts(captures),
        "captures": sorted(entries, key=lambda entry: (entry["snippet"], entry["host"])),
        "notes": captures.notes,
    }


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


def as_text(report: dict[str, Any]) -> str:
    """The summary that a build prints: what was skipped and noted, and the slowest of those that ran."""
    entries = report["captures"]
    lines = [f"live: {count(entries)}"]
    lines += [f"live: skipped {_named(entry)}: {entry['reason']}" for entry in entries if entry["status"] == "skipped"]
    lines += [f"live: {note}" for note in report["notes"]]
    ran = sorted((e for e in entries if not e["reused"] and e["seconds"]), key=lambda e: -e["seconds"])
    for entry in ran[:SLOWEST]:
        memory = readable(entry["peak_memory"]) if entry["peak_memory"] else "?"
        lines.append(
            f"live: {entry['seconds']:7.2f} s  {entry['cpu_seconds']:7.2f} s CPU  {memory:>10}  {_named(entry)}"
        )
    return "\n".join(lines)


def _named(entry: dict[str, Any]) -> str:
    return entry["snippet"] if entry["host"] == "build" else f"{entry['snippet']} in {entry['host']}"


def as_html(report: dict[str, Any], link: Callable[[str], str]) -> str:
    """The report as it stands on the page of the build."""
    entries = report["captures"]
    parts = [f'<p>{html.escape(count(entries))}. <a href="{link("build.json")}">build.json</a> has all of it.</p>']
    parts += [f'<p class="live-note">{html.escape(note)}</p>' for note in report["notes"]]
    for name, host in report["hosts"].items():
        parts.append(
            _table(
                render.HOSTS.get(name, name),
                ("", ""),
                [(key.replace("_", " "), _shown(key, host[key])) for key in host],
            )
        )
    rows = [_row(entry, link) for entry in entries]
    parts.append(
        _table(
            "Every snippet",
            ("snippet", "host", "status", "claims", "time", "CPU", "peak memory", "this time"),
            rows,
            escape=False,
        )
    )
    return f'<div class="live-report" data-search-exclude>{"".join(parts)}</div>'


def _row(entry: dict[str, Any], link: Callable[[str], str]) -> tuple[str, ...]:
    held = sum(claim["held"] for claim in entry["claims"])
    shown = html.escape(entry["snippet"]).replace("/", "/<wbr>").replace("_", "_<wbr>")  # may break there, not anywhere
    if entry["pages"]:
        page = re.sub(r"(^|/)index/$", r"\1", entry["pages"][0].removesuffix(".md") + "/")
        shown = f'<a href="{link(page or "./")}#{html.escape(entry["anchor"])}">{shown}</a>'
    memory = readable(entry["peak_memory"]) if entry["peak_memory"] else "–"
    status = html.escape(entry["status"] + (f": {entry['reason']}" if entry["reason"] else ""))
    now = "reused" if entry["reused"] else "–" if entry["status"] == "skipped" else "ran"
    return (
        shown,
        html.escape(entry["host"]),
        status,
        f"{held}",
        f"{entry['seconds']:.2f} s",
        f"{entry['cpu_seconds']:.2f} s",
        memory,
        now,
    )


def _shown(key: str, value: Any) -> str:
    if key in ("ram", "swap"):
        return readable(value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {text}" for name, text in value.items())
    return str(value)


def _table(title: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]], escape: bool = True) -> str:
    write = html.escape if escape else str
    top = "".join(f"<th>{name}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{write(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    top = f"<thead><tr>{top}</tr></thead>" if any(head) else ""
    return (
        f'<h2>{title}</h2><div class="live-wide" tabindex="0" role="region" aria-label="{title}">'
        f'<table class="live-table">{top}<tbody>{body}</tbody></table></div>'
    )
