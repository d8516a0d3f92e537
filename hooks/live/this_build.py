"""The page of the build: the machines, the claims that differ between them, and what became of every snippet."""

import html
import re
from collections.abc import Callable
from typing import Any

from live import render
from live.report import count
from live.terminal import visible
from live.units import readable

LONGEST = 500  # characters of a reason


def as_html(report: dict[str, Any], link: Callable[[str], str]) -> str:
    """The report as it stands on the page of the build."""
    entries = report["captures"]
    parts = [f'<p>{html.escape(count(entries))}. <a href="{link("build.json")}">build.json</a> has all of it.</p>']
    parts += [f'<p class="live-note">{visible(note)}</p>' for note in report["notes"]]
    parts.append(_machines(report["hosts"]))
    parts.append(_differences(entries))
    rows = [_row(entry, link) for entry in entries]
    parts.append(
        _table(
            "runs",
            "Every snippet",
            ("snippet", "host", "status", "claims", "time", "CPU", "peak memory", "this time"),
            rows,
        )
    )
    return f'<div class="live-report" data-search-exclude>{"".join(parts)}</div>'


def _machines(hosts: dict[str, dict[str, Any]]) -> str:
    """The machines side by side; what not all have alike is marked."""
    names = list(dict.fromkeys(key for host in hosts.values() for key in host if key not in ("name", "image", "lab")))
    rows = []
    for name in names:
        cells = [_shown(name, host[name]) if name in host else _absent(host) for host in hosts.values()]
        mark = ' class="live-differs"' if len(set(cells)) > 1 else ""
        told = "".join(f"<td{mark}>{html.escape(cell)}</td>" for cell in cells)
        rows.append(f"<tr><th>{html.escape(name.replace('_', ' '))}</th>{told}</tr>")
    head = ("", *(html.escape(render.heading(name)) for name in hosts))
    return _table("machines", "The machines", head, rows)


def _absent(host: dict[str, Any]) -> str:
    """What stands for what is not told of a machine: guests of the lab are made as each program asks."""
    return "set by each program" if "emulation" in host else "–"


def _differences(entries: list[dict[str, Any]]) -> str:
    """The claims that held on one host and not on another, or that only some runs came to."""
    rows = []
    for snippet in dict.fromkeys(entry["snippet"] for entry in entries):
        runs = [entry for entry in entries if entry["snippet"] == snippet and entry["status"] != "skipped"]
        for line in sorted({claim["line"] for run in runs for claim in run["claims"]}):
            became = {run["host"]: _became(run, line) for run in runs}
            if len(set(became.values()) - {""}) > 1:
                text = next(claim["text"] for run in runs for claim in run["claims"] if claim["line"] == line)
                cells = [_breakable(snippet), f"{line}", visible(text), html.escape(_told(became))]
                rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    if not rows:
        return "<h2>Claims that differ</h2><p>Every claim held on every machine that its program ran on.</p>"
    return _table("claims-table", "Claims that differ", ("snippet", "line", "claim", "where"), rows)


def _became(run: dict[str, Any], line: int) -> str:
    """What became of the claim of a line in a run; "" where the run ended before it could come to it."""
    held = [claim["held"] for claim in run["claims"] if claim["line"] == line]
    if held:
        return "held" if all(held) else "did not hold"
    return "was not made" if run["status"] == "held" else ""


def _told(became: dict[str, str]) -> str:
    """As "held on the build host; was not made in the lab"."""
    parts = {what: [render.place(host) for host, its in became.items() if its == what] for what in became.values()}
    return "; ".join(f"{what} {' and '.join(places)}" for what, places in parts.items() if what)


def _breakable(name: str) -> str:
    """The name of a snippet, which may break into lines between its words and nowhere else."""
    return html.escape(name).replace("/", "/<wbr>").replace("_", "_<wbr>")


def _row(entry: dict[str, Any], link: Callable[[str], str]) -> str:
    held = sum(claim["held"] for claim in entry["claims"])
    shown = _breakable(entry["snippet"])
    if entry["pages"]:
        page = re.sub(r"(^|/)index/$", r"\1", entry["pages"][0].removesuffix(".md") + "/")
        shown = f'<a href="{link(page or "./")}#{html.escape(entry["anchor"])}">{shown}</a>'
    memory = readable(entry["peak_memory"]) if entry["peak_memory"] else "–"
    status = visible(entry["status"] + (f": {_short(entry['reason'])}" if entry["reason"] else ""))
    now = "reused" if entry["reused"] else "–" if entry["status"] == "skipped" else "ran"
    cells = (
        shown,
        html.escape(entry["host"]),
        status,
        f"{held}",
        f"{entry['seconds']:.2f} s",
        f"{entry['cpu_seconds']:.2f} s",
        memory,
        now,
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _shown(key: str, value: Any) -> str:
    if key in ("ram", "swap", "page_size"):
        return readable(value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {text}" for name, text in value.items())
    return str(value)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def _table(kind: str, title: str, head: tuple[str, ...], rows: list[str]) -> str:
    """A table of rows that are HTML already."""
    top = "".join(f"<th>{name}</th>" for name in head)
    body = f"<thead><tr>{top}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return (
        f'<h2>{title}</h2><div class="live-wide" tabindex="0" role="region" aria-label="{title}">'
        f'<table class="live-table live-{kind}">{body}</table></div>'
    )
