"""A capture as HTML: the block that a page shows. Everything that came out of a run is escaped here."""

import contextlib
import functools
import html
import io
import itertools
import keyword
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from live import host, tools
from live.check import anchor
from live.figure import inline
from live.snippet import Snippet, how_it_ended
from live.terminal import coloured, overwritten, visible
from live.units import readable

PLACES = {"build": "on the build host", "lab": "in the lab", "lab-newer": "in the lab with a newer kernel"}
LINES, BYTES = 60, 8 << 10  # of output that is shown unfolded
MARKS = {"STRING": "s", "FSTRING": "s", "TSTRING": "s", "NUMBER": "m", "COMMENT": "c"}  # classes of the theme
LONG = 24  # characters of a fact that is kept on one line
PAGE_BYTES = 200 << 10  # of output and kernel logs that one page may show


@dataclass(frozen=True)
class Links:
    """Where a page finds the source of its snippets."""

    download: str
    edit: str = ""


Captures = dict[str, dict[str, Any]]  # by host


def block(snippet: Snippet, captures: Captures, options: dict[str, str], links: Links) -> str:
    """The whole block, or the part that the options ask for."""
    show = options.get("show", "all")
    if show == "all":
        body = _tabs(anchor(snippet.name, options), _panels(snippet, captures, links))
    elif show == "figure":
        body = "".join(_figure(figure) for capture in captures.values() for figure in capture["figures"])
    elif show == "source":
        body = _source_of(snippet, options.get("section"))
    else:
        body = _of_each_host(captures, functools.partial(PARTS[show], snippet))
    return _frame(snippet, options, body, _provenance(captures, links) if show != "source" else "")


def _panels(snippet: Snippet, captures: Captures, links: Links) -> dict[str, str]:
    """The tabs of a block; the output of each host after the first has one that names its kernel."""
    panels = {title: _output(snippet, captures[host]) for host, title in _titles(captures).items()}
    logs = {host: capture for host, capture in captures.items() if capture.get("log")}
    if logs:
        panels["Kernel log"] = _of_each_host(logs, functools.partial(_kernel_log, snippet))
    return panels | {
        "Source": _source_of(snippet),
        "Claims": _of_each_host(captures, functools.partial(_claims, snippet)),
        "Run it": _how_to_run(snippet, links),
    }


def _titles(captures: Captures) -> dict[str, str]:
    """A title for the output of each host: "Output" for the first, then what tells the machine from that one."""
    titles: dict[str, str] = {}
    taken = set()
    first = next(iter(captures.values()))["host"]
    for name, capture in captures.items():
        told = capture["host"]
        title = f"On Linux {_kernel(capture)}"
        if told["architecture"] != first["architecture"]:
            title += f", {told['architecture']}"
        if told.get("page_size") != first.get("page_size"):
            title += f", {readable(told['page_size'])} pages"
        titles[name] = title if title not in taken else f"{title}, {place(name)}"
        taken.add(title)
    return titles | {next(iter(titles)): "Output"}


def place(host: str) -> str:
    """Where a run was, as the end of a sentence."""
    kind, _, machine = host.partition("@")
    return PLACES.get(kind, f"on {kind}") + (f" of {machine}" if machine else "")


def _of_each_host(captures: Captures, show: Callable[[dict[str, Any]], str]) -> str:
    """One part of each capture, below its host's name where there are several."""
    if len(captures) == 1:
        return "".join(map(show, captures.values()))
    return "".join(
        f'<p class="live-host">{html.escape(heading(host))}, Linux {html.escape(_kernel(capture))}</p>{show(capture)}'
        for host, capture in captures.items()
    )


def _kernel(capture: dict[str, Any]) -> str:
    """The release of the kernel, as far as it names a version of Linux."""
    return ".".join(capture["host"]["kernel"].split(".")[:2])


def heading(host: str) -> str:
    """Where a run was, as a heading."""
    return place(host).split(" ", 1)[1].capitalize()


def notice(name: str, entry: dict[str, Any], options: dict[str, str]) -> str:
    """What stands in place of a run that cannot be shown: a skip, or a failure while serving."""
    title = {"skipped": "Not run here", "failed": "Failed"}[entry["status"]]
    where = f" {place(entry['host'])}" if entry["host"] not in ("", "build") else ""
    identity = anchor(name, options | ({"host": entry["host"]} if where else {}))
    return (
        f'<section class="live live-{entry["status"]}" id="{html.escape(identity)}" data-search-exclude>'
        f'<p class="live-title"><span class="live-mark">{title}</span> {html.escape(name + where)}</p>'
        f'<pre class="live-output"><code tabindex="0">{visible(entry["reason"])}</code></pre></section>'
    )


def fact(text: str, told: str) -> str:
    """A quoted fact, told from the prose around it only on a second look; `told` says what measured it and where."""
    kind = "live-fact live-long" if len(text) > LONG else "live-fact"
    return f'<span class="{kind}" title="{html.escape(told)}">{visible(text)}</span>'


def size(capture: dict[str, Any], show: str) -> int:
    """Bytes of output that a capture puts on a page where all of it is shown, or one part."""
    shown = {"all": ("stdout", "stderr", "log"), "output": ("stdout", "stderr"), "log": ("log",)}.get(show, ())
    return sum(len(capture.get(name, "")) for name in shown)


def _frame(snippet: Snippet, options: dict[str, str], body: str, provenance: str) -> str:
    title, identity, numbers = html.escape(snippet.title), anchor(snippet.name, options), itertools.count(1)
    # The theme's copy button finds its text by an id; without one of its own it would find the first of the block.
    body = re.sub('(?<=<pre class="live-)[a-z]+"', lambda kind: f'{kind[0]} id="{identity}-text-{next(numbers)}"', body)
    return (
        f'<section class="live" id="{identity}" aria-label="Run: {title}" data-search-exclude>'
        f'<p class="live-title"><span class="live-mark">Run</span> {title}</p>{body}{provenance}</section>'
    )


def _tabs(identity: str, panels: dict[str, str]) -> str:
    """Tabs made of radio buttons, so that they work without a script."""
    inputs, shown = [], []
    for number, (name, panel) in enumerate(panels.items()):
        tab, checked = f"{identity}-tab-{number}", " checked" if not number else ""
        label = html.escape(name)
        inputs.append(f'<input type="radio" name="{identity}" id="{tab}"{checked}><label for="{tab}">{label}</label>')
        shown.append(f'<div class="live-panel" data-name="{label}">{panel}</div>')
    return f'<div class="live-tabs">{"".join(inputs)}{"".join(shown)}</div>'


def _output(snippet: Snippet, capture: dict[str, Any]) -> str:
    parts = [_figure(figure) for figure in capture["figures"]]
    if capture["stdout"].strip():
        parts.append(_text(capture["stdout"], f"Output of {snippet.title}"))
    if capture["stderr"].strip():
        parts.append('<p class="live-note">Written to standard error:</p>')
        parts.append(_text(capture["stderr"], f"Errors of {snippet.title}"))
    if capture["status"]:
        parts.append(f'<p class="live-note">{how_it_ended(capture["status"], "Ended with ")}, as expected.</p>')
    return "".join(parts)


def _text(text: str, label: str) -> str:
    """Text in a box that a keyboard can scroll; what goes past the budget is folded."""
    lines = overwritten(text).rstrip("\n").split("\n")
    keep = len(lines)
    if keep > LINES or len(text) > BYTES:
        keep, room = 0, BYTES
        while keep < min(LINES, len(lines)) and room >= len(lines[keep]):
            room -= len(lines[keep]) + 1
            keep += 1
        keep = max(keep, 1)
    shown = _pre("\n".join(lines[:keep]), label)
    if keep == len(lines):
        return shown
    rest = _pre("\n".join(lines[keep:]), f"{label}, continued")
    return f'{shown}<details class="live-rest"><summary>{len(lines) - keep} more lines</summary>{rest}</details>'


def _pre(text: str, label: str) -> str:
    return f'<pre class="live-output">{_scrolling(label)}{coloured(text)}</code></pre>'


def _scrolling(label: str) -> str:
    """What scrolls is the code, below the button that copies it, which stays; so that is what a keyboard can focus."""
    return f'<code tabindex="0" role="region" aria-label="{html.escape(label)}">'


def _kernel_log(snippet: Snippet, capture: dict[str, Any]) -> str:
    return _text(capture.get("log") or "(the kernel wrote nothing)", f"Kernel log of {snippet.title}")


def _source_of(snippet: Snippet, section: str | None = None) -> str:
    if section:
        return _source(snippet.sections[section], f"{section}, a part of {snippet.title}")
    return _source(snippet.source, f"Source of {snippet.title}")


@functools.lru_cache(maxsize=256)
def _source(source: str, label: str) -> str:
    code = f"{_scrolling(label)}{''.join(_highlighted(source))}</code>"
    return f'<div class="highlight"><pre class="live-source">{code}</pre></div>'


def _highlighted(source: str) -> Iterator[str]:
    """Mark keywords, strings, numbers and comments, and nothing else: more marks make pages slow to index.

    The standard library knows enough for that; loading the lexer of Pygments takes longer than rendering ten pages.
    """
    starts = list(itertools.accumulate(map(len, io.StringIO(source)), initial=0))  # lines as tokenize has them
    done = 0
    with contextlib.suppress(tokenize.TokenError, SyntaxError):  # a region may end in the middle of a statement
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            name = "k" if keyword.iskeyword(token.string) else MARKS.get(tokenize.tok_name[token.type].split("_")[0])
            if name:
                start, end = (starts[line - 1] + column for line, column in (token.start, token.end))
                yield visible(source[done:start])
                yield f'<span class="{name}">{visible(source[start:end])}</span>'
                done = end
    yield visible(source[done:])


def _claims(snippet: Snippet, capture: dict[str, Any]) -> str:
    items = "".join(
        f'<li class="live-{"held" if claim["held"] else "broken"}">{visible(claim["message"])}'
        f' <span class="live-line">line {claim["line"]}</span></li>'
        for claim in capture["claims"]
    )
    return f'<ul class="live-claims">{items}</ul>'


PARTS = {"output": _output, "claims": _claims, "log": _kernel_log}


def _figure(figure: dict[str, str]) -> str:
    return (
        f'<figure class="live-figure"><div class="live-wide" tabindex="0" role="region" aria-label="Figure">'
        f"{inline(figure['svg'], figure['text'])}</div><figcaption>{visible(figure['text'])}</figcaption></figure>"
    )


def _how_to_run(snippet: Snippet, links: Links) -> str:
    file = snippet.path.name
    needs = [f"Python {snippet.python} or later", *snippet.dependencies]
    lines = [f"<p>{visible(snippet.description)}</p>"] if snippet.description else []
    commands = f"uv run {file}        # brings what it needs\npython3 {file}       # with {', '.join(needs)}"
    lines.append(f'<p><a href="{html.escape(links.download)}" download>Download {file}</a>, then:</p>')
    lines.append(_pre(commands, f"How to run {snippet.title}"))
    if snippet.needs:
        lines.append(f"<p>It also runs {', '.join(snippet.needs)}: <code>{tools.how_to_get(snippet.needs)}</code></p>")
    return "".join(lines)


def _provenance(captures: Captures, links: Links) -> str:
    """A line for each host: what ran there, when, and how long it took."""
    return "".join(
        _line(capture, links, last=number == len(captures)) for number, capture in enumerate(captures.values(), 1)
    )


def _line(capture: dict[str, Any], links: Links, last: bool) -> str:
    machine = host.summary(capture["host"])
    held = sum(claim["held"] for claim in capture["claims"])
    when = capture["captured"].replace("T", " ")[:16] + " UTC"
    parts = [
        f'<span class="live-held">{held} claim{"s" * (held != 1)} held</span>',
        html.escape(machine),
        f'<time datetime="{capture["captured"]}">{when}</time>',
        seconds(capture["seconds"]),
    ]
    if capture["peak_memory"]:
        parts.append(f"{readable(capture['peak_memory'])}\N{NO-BREAK SPACE}peak")
    if last:
        parts.append(f'<a href="{html.escape(links.download)}" download>Download</a>')
    if last and links.edit:
        parts.append(f'<a href="{html.escape(links.edit)}">Edit</a>')
    if capture["sandbox"] == "none":
        parts.append("without a sandbox")
    return f'<p class="live-provenance">{" · ".join(parts)}</p>'


def seconds(value: float) -> str:
    """A time, with two digits where it is short."""
    return f"{value:.{1 if value >= 1 else 2}f}\N{NO-BREAK SPACE}s"
