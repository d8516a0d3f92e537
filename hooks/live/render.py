"""A capture as HTML: the block that a page shows. Everything that came out of a run is escaped here."""

import contextlib
import functools
import html
import io
import itertools
import keyword
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ansi2html import Ansi2HTMLConverter

from live import host, tools
from live.check import anchor
from live.figure import inline
from live.snippet import Snippet, how_it_ended
from live.units import readable

LINES, BYTES = 60, 8 << 10  # of output that is shown unfolded
MARKS = {"STRING": "s", "FSTRING": "s", "TSTRING": "s", "NUMBER": "m", "COMMENT": "c"}  # classes of the theme
PAGE_BYTES = 100 << 10  # of output that one page may show


@dataclass(frozen=True)
class Links:
    """Where a page finds the source of its snippets."""

    download: str
    edit: str = ""


def block(snippet: Snippet, capture: dict[str, Any], options: dict[str, str], links: Links) -> str:
    """The whole block, or the part that the options ask for."""
    show = options.get("show", "all")
    panels = {
        "Output": _output(snippet, capture),
        "Source": _source(snippet.source, f"Source of {snippet.title}"),
        "Claims": _claims(capture["claims"]),
        "Run it": _how_to_run(snippet, links),
    }
    if show == "all":
        body = _tabs(anchor(snippet.name, options), panels)
    elif show == "figure":
        body = "".join(map(_figure, capture["figures"]))
    elif show == "source":
        section = options.get("section")
        body = (
            _source(snippet.sections[section], f"{section}, a part of {snippet.title}") if section else panels["Source"]
        )
    else:
        body = panels[show.capitalize()]
    return _frame(snippet, options, body, _provenance(capture, links) if show != "source" else "")


def notice(name: str, status: str, reason: str, options: dict[str, str]) -> str:
    """What stands in place of a block that cannot be shown: a skip, or a failure while serving."""
    title = {"skipped": "Not run here", "failed": "Failed"}[status]
    return (
        f'<section class="live live-{status}" id="{html.escape(anchor(name, options))}" data-search-exclude>'
        f'<p class="live-title"><span class="live-mark">{title}</span> {html.escape(name)}</p>'
        f'<pre class="live-output" tabindex="0">{html.escape(reason)}</pre></section>'
    )


def fact(text: str, name: str) -> str:
    """A quoted fact, told from the prose around it only on a second look."""
    return f'<span class="live-fact" title="Measured by {html.escape(name)} for this build">{html.escape(text)}</span>'


def size(capture: dict[str, Any]) -> int:
    """Bytes of output that a capture puts on a page."""
    return len(capture["stdout"]) + len(capture["stderr"])


def _frame(snippet: Snippet, options: dict[str, str], body: str, provenance: str) -> str:
    title = html.escape(snippet.title)
    return (
        f'<section class="live" id="{anchor(snippet.name, options)}" aria-label="Run: {title}" data-search-exclude>'
        f'<p class="live-title"><span class="live-mark">Run</span> {title}</p>{body}{provenance}</section>'
    )


def _tabs(identity: str, panels: dict[str, str]) -> str:
    """Tabs made of radio buttons, so that they work without a script."""
    inputs, shown = [], []
    for number, (name, panel) in enumerate(panels.items()):
        tab, checked = f"{identity}-tab-{number}", " checked" if not number else ""
        inputs.append(f'<input type="radio" name="{identity}" id="{tab}"{checked}><label for="{tab}">{name}</label>')
        shown.append(f'<div class="live-panel" data-name="{name}">{panel}</div>')
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
    lines = _overwritten(text).rstrip("\n").split("\n")
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
    box = f'<pre class="live-output" tabindex="0" role="region" aria-label="{html.escape(label)}">'
    return f"{box}<code>{_coloured(text)}</code></pre>"


def _overwritten(text: str) -> str:
    """What a terminal shows in the end of lines that were written over after a carriage return."""
    return re.sub(r"^[^\n]*\r(?!\n|$)", "", text.replace("\r\n", "\n"), flags=re.MULTILINE)


def _coloured(text: str) -> str:
    """Escape the text, and turn the colours of a terminal into classes."""
    if "\x1b" in text:
        return Ansi2HTMLConverter(inline=False).convert(text, full=False)
    return html.escape(text, quote=False)


@functools.lru_cache(maxsize=256)
def _source(source: str, label: str) -> str:
    return (
        f'<div class="highlight"><pre class="live-source" tabindex="0" role="region" aria-label="{html.escape(label)}">'
        f"<code>{''.join(_highlighted(source))}</code></pre></div>"
    )


def _highlighted(source: str) -> Iterator[str]:
    """Mark keywords, strings, numbers and comments, and nothing else: more marks make pages slow to index.

    The standard library knows enough for that; loading the lexer of Pygments takes longer than rendering ten pages.
    """
    starts = list(itertools.accumulate(map(len, source.splitlines(keepends=True)), initial=0))
    done = 0
    with contextlib.suppress(tokenize.TokenError, SyntaxError):  # a region may end in the middle of a statement
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            name = "k" if keyword.iskeyword(token.string) else MARKS.get(tokenize.tok_name[token.type].split("_")[0])
            if name:
                start, end = (starts[line - 1] + column for line, column in (token.start, token.end))
                yield html.escape(source[done:start], quote=False)
                yield f'<span class="{name}">{html.escape(source[start:end], quote=False)}</span>'
                done = end
    yield html.escape(source[done:], quote=False)


def _claims(claims: list[dict[str, Any]]) -> str:
    items = "".join(
        f'<li class="live-{"held" if claim["held"] else "broken"}">{html.escape(claim["message"])}'
        f' <span class="live-line">line {claim["line"]}</span></li>'
        for claim in claims
    )
    return f'<ul class="live-claims">{items}</ul>'


def _figure(figure: dict[str, str]) -> str:
    label = html.escape(figure["text"])
    return (
        f'<figure class="live-figure"><div class="live-wide" tabindex="0" role="region" aria-label="Figure">'
        f"{inline(figure['svg'], figure['text'])}</div><figcaption>{label}</figcaption></figure>"
    )


def _how_to_run(snippet: Snippet, links: Links) -> str:
    file = f"{snippet.path.name}"
    needs = [f"Python {'3.11 or later'}", *snippet.dependencies]
    lines = [f"<p>{html.escape(snippet.description)}</p>"] if snippet.description else []
    commands = f"uv run {file}        # brings what it needs\npython3 {file}       # with {', '.join(needs)}"
    lines.append(f'<p><a href="{html.escape(links.download)}" download>Download {file}</a>, then:</p>')
    lines.append(_pre(commands, f"How to run {snippet.title}"))
    if snippet.needs:
        lines.append(f"<p>It also runs {', '.join(snippet.needs)}: <code>{tools.how_to_get(snippet.needs)}</code></p>")
    return "".join(lines)


def _provenance(capture: dict[str, Any], links: Links) -> str:
    machine = host.summary(capture["host"])
    held = sum(claim["held"] for claim in capture["claims"])
    when = capture["captured"].replace("T", " ").replace("Z", " UTC")[:16] + " UTC"
    parts = [
        f'<span class="live-held">{held} claim{"s" * (held != 1)} held</span>',
        html.escape(machine),
        f'<time datetime="{capture["captured"]}">{when}</time>',
        seconds(capture["seconds"]),
        f'<a href="{html.escape(links.download)}" download>Download</a>',
    ]
    if capture["peak_memory"]:
        parts.insert(4, f"{readable(capture['peak_memory'])}\N{NO-BREAK SPACE}peak")
    if links.edit:
        parts.append(f'<a href="{html.escape(links.edit)}">Edit</a>')
    if capture["sandbox"] == "none":
        parts.append("without a sandbox")
    return f'<p class="live-provenance">{" · ".join(parts)}</p>'


def seconds(value: float) -> str:
    """A time, with two digits where it is short."""
    return f"{value:.{1 if value >= 1 else 2}f}\N{NO-BREAK SPACE}s"
