"""What a bundle holds and what changed, as Markdown for whoever reviews it.

Titles, messages, reasons and file names may be anybody's: each stands in a code span, on one line, and is cut.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from live import changes, pages, report, terminal
from live.units import readable

MOST = 200  # lines of a list
CLAIMS = 10  # of one run that are told
NEW = ("kernel", "distribution", "python", "psutil", "emulation", "image")  # what of a machine is worth telling
LONGEST = 300  # characters of a text

Report = dict[str, Any]
Entry = dict[str, Any]


def as_markdown(told: Report, sections: Iterable[tuple[str, list[str]]] = ()) -> str:
    """The summary of a report; `sections` are shown below what went wrong, each with its lines."""
    entries = told["captures"]
    failed = [entry for entry in entries if entry["status"] == "failed"]
    broken = sum(not claim["held"] for entry in entries for claim in entry["claims"])
    parts = [("Failed", _each(failed, "reason")), ("Not run", _each(_with(entries, "skipped"), "reason"))]
    parts += [*sections, ("Slowest", _slowest(entries)), ("Machines", _machines(told["hosts"]))]
    parts.append(("Notes", [code(note) for note in told["notes"]]))
    head = f"# {_verdict(entries)}\n\n{report.count(entries)}, {broken} did not hold."
    return "\n\n".join([head, *(f"## {title}\n\n{_list(lines)}" for title, lines in parts if lines)]) + "\n"


def changed(root: Path, docs: Path, base: str, told: Report, site: str) -> list[tuple[str, list[str]]]:
    """Sections on what differs from the commit `base`: the pages, with what they show, and the locked packages."""
    files = changes.files(root, base)
    touched = {name.removeprefix("snippets/").removesuffix(".py") for name in files if name.startswith("snippets/")}
    shown: dict[str, list[str]] = {}
    for reference in pages.references(docs):
        shown.setdefault(f"docs/{reference.page}", []).append(reference.snippet)
    names = {path for path in files if path.startswith("docs/") and path.endswith(".md")}
    names |= {page for page, snippets in shown.items() if touched & set(snippets)}
    lines = []
    for name in sorted(names):
        what = files.get(name, "shows a changed snippet")
        lines.append(f"{code(name) if what == 'removed' else _linked(name, site)}: {what}")
        lines += [f"  {line}" for line in _shown(told, dict.fromkeys(shown.get(name, [])))]
    packages = _differences(_locked(changes.text_at(root, base, "requirements.lock")), _locked(_read(root)))
    return [("Pages changed", lines), ("Packages changed", packages)]


def since(before: Report, told: Report) -> list[tuple[str, list[str]]]:
    """A section on how the machines differ from those of an earlier report."""
    lines = [
        f"{code(name)}: {line}"
        for name, host in told["hosts"].items()
        for line in _differences(_identity(before["hosts"].get(name, {})), _identity(host))
    ]
    return [("New since the last capture", lines or ["nothing"])] if before["hosts"] else []


def code(text: str) -> str:
    """Any text as a code span of one line, in which nothing of it is markup."""
    line = terminal.one_line(text)
    line = line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    return f"{fence} {line or '-'} {fence}" if "`" in line else f"`{line or '-'}`"


def _verdict(entries: list[Entry]) -> str:
    failed, skipped = (len(_with(entries, status)) for status in ("failed", "skipped"))
    if not entries:
        return "Nothing was captured"
    if failed:
        return f"{failed} of {len(entries)} runs failed"
    return f"Everything that ran held; {skipped} of {len(entries)} did not run" if skipped else "Everything held"


def _list(lines: list[str]) -> str:
    """A list; a line that begins with two spaces belongs to the one above it."""
    rest = [f"- and {len(lines) - MOST} more"] if len(lines) > MOST else []
    return "\n".join([re.sub(r"^( *)", r"\1- ", line) for line in lines[:MOST]] + rest)


def _with(entries: list[Entry], status: str) -> list[Entry]:
    return [entry for entry in entries if entry["status"] == status]


def _each(entries: list[Entry], key: str) -> list[str]:
    return [f"{_run(entry)}: {code(entry[key])}" for entry in entries]


def _run(entry: Entry) -> str:
    return code(entry["snippet"]) + (f" in {code(entry['host'])}" if entry["host"] != "build" else "")


def _slowest(entries: list[Entry]) -> list[str]:
    ran = sorted((e for e in entries if not e["reused"] and e["seconds"]), key=lambda e: -e["seconds"])
    return [
        f"{entry['seconds']:.1f} s, {entry['cpu_seconds']:.1f} s CPU, {readable(entry['peak_memory'])}: {_run(entry)}"
        for entry in ran[: report.SLOWEST]
    ]


def _machines(hosts: dict[str, Any]) -> list[str]:
    told = {
        name: [str(host[key]) for key in ("kernel", "architecture", "distribution") if key in host]
        + ([readable(host["ram"])] if "ram" in host else [])
        for name, host in hosts.items()
    }
    return [f"{code(name)}: {code(', '.join(parts))}" for name, parts in told.items()]


def _shown(told: Report, snippets: Iterable[str]) -> Iterator[str]:
    """What became of the runs that a page shows, with their claims."""
    for entry in (entry for name in snippets for entry in told["captures"] if entry["snippet"] == name):
        yield f"{_run(entry)}: {entry['status']}"
        claims = sorted(entry["claims"], key=lambda claim: claim["held"])
        yield from (
            f"  {'held' if claim['held'] else 'did not hold'}: {code(claim['text'])}" for claim in claims[:CLAIMS]
        )
        if len(claims) > CLAIMS:
            yield f"  and {len(claims) - CLAIMS} more claims"


def _linked(name: str, site: str) -> str:
    """A page's file, with a link to where the site shows it."""
    place = re.sub(r"(^|/)index/$", r"\1", name.removeprefix("docs/").removesuffix(".md") + "/")
    plain = re.fullmatch(r"[\w./-]+", place)
    return f"[{code(name)}](<{site.rstrip('/')}/{place.lstrip('/')}>)" if site and plain else code(name)


def _read(root: Path) -> str:
    path = root / "requirements.lock"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _locked(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def _identity(host: dict[str, Any]) -> dict[str, str]:
    return {key: str(host[key]) for key in NEW if key in host}


def _differences(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """What was added, removed or changed, a line each."""
    return [
        f"{code(name)} {code(before.get(name, 'none'))} → {code(now.get(name, 'none'))}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]
