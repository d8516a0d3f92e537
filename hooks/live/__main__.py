"""The command line: list, run and show snippets, and capture them all, without a site.

Usage: python -m live list | run NAME... | show NAME | capture [--fresh] | lab | merge TARGET LABEL=BUNDLE...
| summary [--base REF] [--before BUNDLE] [BUNDLE] | export SITE | new | check | fix
"""

import argparse
import io
import json
import os
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from live import report
from live.build import Build
from live.bundle import Bundle
from live.capture import Captures
from live.contribute import commands as contributing
from live.discovery import discover
from live.host import summary
from live.merge import merge
from live.printable import printable
from live.problems import LiveError, Problem, listed, nearest
from live.project import Project, lab_wanted
from live.snippet import HOSTS, Snippet


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m live", description="Run snippets as the site does.")
    parser.add_argument("-C", "--root", type=Path, default=Path(), help="the checkout (default: this folder)")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="list all snippets, with what became of them in the last round")
    for name, text in (("run", "run snippets now and print what they give"), ("show", "print what a page would show")):
        command = commands.add_parser(name, help=text)
        command.add_argument("names", nargs="+", metavar="NAME", help="topic/name, with or without .py, or its path")
        if name == "run":
            command.add_argument("--host", choices=HOSTS, help="run there, whatever the header says")
            command.add_argument("--json", action="store_true", help="print one JSON object, also when a claim fails")
    capture = commands.add_parser("capture", help="capture what the site needs, without building it")
    capture.add_argument("--fresh", action="store_true", help="run everything, also what has a valid capture")
    lab = commands.add_parser("lab", help="open a shell in a guest of the lab, with all snippets in it")
    lab.add_argument("--kernel", choices=["release", "newer"], default="release")
    for name, default in (("memory", "512M"), ("swap", "256M"), ("disk", "256M")):
        lab.add_argument(f"--{name}", default=default, help=f"default: {default}")
    add = commands.add_parser("merge", help="add what other machines captured to a bundle")
    add.add_argument("target", type=Path, help="the bundle of the machine that the site is about")
    add.add_argument("others", nargs="+", metavar="LABEL=BUNDLE", help="such as arm64=bundles/arm64")
    export = commands.add_parser("export", help="add the downloads to a site built without hooks (Zensical)")
    export.add_argument("site", type=Path)
    sums = commands.add_parser("summary", help="say as Markdown what a bundle holds and what changed")
    sums.add_argument("bundle", type=Path, nargs="?", help="default: that of this checkout")
    sums.add_argument("--base", metavar="REF", help="tell which pages and packages differ from this commit")
    sums.add_argument("--before", type=Path, metavar="BUNDLE", help="tell how the machines differ from this bundle's")
    contributing.add(commands)
    given = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files may be no text
    try:
        project = Project.at(given.root)
        do = getattr(given, "do", None) or globals()[f"_{given.command}"]
        status = do(project, given)
        sys.stdout.flush()
    except LiveError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # what ran has ended with it
        return 128 + signal.SIGINT
    except BrokenPipeError:  # whoever reads has read enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return status


def _list(project: Project, _: argparse.Namespace) -> int:
    snippets, problems = discover(project.snippets)
    entries = {(entry["snippet"], entry["host"]): entry for entry in project.bundle.report()["captures"]}
    for snippet, host in ((each, host) for each in snippets for host in each.hosts):
        entry = entries.get((snippet.name, host), {})
        held = sum(claim["held"] for claim in entry.get("claims", []))
        line = f"{entry.get('status', 'not run'):8} {held:3} claims  {host:9}  {snippet.name:44} {snippet.title}"
        print(printable(line))
    print(listed(problems), end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


def _run(project: Project, given: argparse.Namespace) -> int:
    """Run the named snippets afresh, keep what they gave, and print it."""
    snippets = _named(project, given.names)
    if given.host:
        snippets = [replace(snippet, hosts=[given.host]) for snippet in snippets]
    if given.json:
        from live.contribute.result import result  # noqa: PLC0415

        told = result(project, snippets)
        print(json.dumps(told, indent=1))  # in ASCII, so that nothing in it acts in a terminal
        return 1 if told["errors"] else 0
    captures = Captures(project.with_mode("fresh"), snippets, partial=True).take()
    for outcome in captures.outcomes.values():
        if outcome.status == "skipped":
            print(f"skipped {outcome.snippet.name}: {outcome.reason}", file=sys.stderr)
        if outcome.written:
            print(f"{outcome.snippet.name} failed on {outcome.host}, and had written:\n{printable(outcome.written)}")
    for snippet in snippets:
        if any(captures.outcomes[snippet.name, host].status == "held" for host in snippet.hosts):
            _print(project, snippet)
    if captures.problems:
        raise LiveError(captures.problems)
    return 0


def _show(project: Project, given: argparse.Namespace) -> int:
    for snippet in _named(project, given.names):
        _print(project, snippet)
    return 0


def _capture(project: Project, given: argparse.Namespace) -> int:
    build = Build(project.root, mode="fresh" if given.fresh else None)
    print(report.as_text(build.report))
    if build.problems:
        raise LiveError(build.problems)
    return 0


def _lab(project: Project, given: argparse.Namespace) -> int:
    """Open a shell in a guest. Raises LiveError where there can be none."""
    from live.lab import image, machine, run, settings  # noqa: PLC0415  (no other command needs them)

    lacking = machine.lacking() if lab_wanted() else "the lab is switched off; unset LIVE_LAB"
    if lacking:
        raise LiveError([Problem(what=lacking)])
    try:
        lab = settings.read({name: getattr(given, name) for name in ("memory", "swap", "disk")})
    except ValueError as error:
        raise LiveError([Problem(what=str(error))]) from None
    made = image.get(project.lab, given.kernel)
    files = (path for path in project.snippets.glob("[a-z]*/*") if path.is_file())
    snippets = {str(path.relative_to(project.snippets)): path.read_bytes() for path in files}
    print("The snippets are in /snippets; 'exit' turns the machine off.", flush=True)
    addition = run.addition(None, snippets, lab)
    return machine.start(made, lab, addition, machine.accelerator(made), terminal=True).wait()


def _merge(project: Project, given: argparse.Namespace) -> int:
    for other in given.others:
        label, _, folder = other.partition("=")
        count = merge(Bundle(given.target), label, Bundle(Path(folder)))
        print(f"{count} captures of {label} added to {given.target}")
    return 0


def _summary(project: Project, given: argparse.Namespace) -> int:
    """Print what whoever reviews a change wants to know of a bundle."""
    from live import summary  # noqa: PLC0415  (no other command needs it)

    told = summary.everything(Bundle(given.bundle) if given.bundle else project.bundle)
    sections = summary.since(Bundle(given.before).report(), told) if given.before else []
    if given.base:
        site = os.environ.get("SITE_URL", "")
        sections += summary.changed(project.root, project.docs, given.base, told, site)
    print(summary.as_markdown(told, sections), end="")
    return 0


def _export(project: Project, given: argparse.Namespace) -> int:
    """Copy the snippets and the report to where the blocks link to."""
    for snippet in discover(project.snippets)[0]:  # what could not be read might be a link to anything
        target = given.site / snippet.path.relative_to(project.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(snippet.path, target)
    (given.site / "build.json").write_text(json.dumps(project.bundle.report(), indent=1), encoding="utf-8")
    return 0


def _named(project: Project, names: list[str]) -> list[Snippet]:
    snippets, problems = discover(project.snippets)
    known = {snippet.name: snippet for snippet in snippets}
    found = []
    for name in names:
        plain = name.removesuffix(".py")
        plain = "/".join(plain.split("/")[-2:])  # of a path, what tells snippets apart
        problems_here = [problem for problem in problems if problem.snippet == plain]
        if plain not in known and not problems_here:
            near = nearest(plain, known)
            near += "" if near.endswith("?") else "; 'make list' lists all"
            problems_here = [Problem(snippet=plain, what=f"there is no such snippet: {near}")]
        if problems_here:
            raise LiveError(problems_here)
        found.append(known[plain])
    return found


def _print(project: Project, snippet: Snippet) -> None:
    """Print a capture as its block on a page would show it. Raises LiveError where there is none."""
    captures = [project.bundle.load(snippet.name, host) for host in snippet.hosts]
    if not any(captures):
        entries = {entry["snippet"]: entry for entry in project.bundle.report()["captures"]}
        reason = entries.get(snippet.name, {}).get("reason", "it did not run yet")
        raise LiveError([Problem(snippet=snippet.name, what=f"has no capture: {reason}")])
    print(f"{printable(snippet.title)}\n{'=' * len(snippet.title)}")
    for capture in filter(None, captures):
        _print_capture(capture)


def _print_capture(capture: dict[str, Any]) -> None:
    lines = [f"  error {line}" for line in capture["stderr"].splitlines()]
    lines += [f"  log {line}" for line in capture.get("log", "").splitlines()]
    lines += [f"[figure: {figure['text']}]" for figure in capture["figures"]]
    lines += [f"  held, line {claim['line']}: {claim['message']}" for claim in capture["claims"]]
    lines += [f"  fact {name} = {value!r}" for name, value in capture["facts"].items()]
    print(printable(capture["stdout"] + "".join(f"{line}\n" for line in lines)), end="")
    cost = f"{capture['seconds']} s, {capture['cpu_seconds']} s CPU"
    print(f"  {capture['captured']}, {cost}, {summary(capture['host'])}\n")


if __name__ == "__main__":
    sys.exit(main())
