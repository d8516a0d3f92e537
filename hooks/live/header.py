"""The header of a snippet: a block of inline metadata as PEP 723 has it, found and read as `uv run` does."""

import re
import tomllib
from typing import Any

from live.source import BadSource

START, END = "# /// script", "# ///"
LONGEST = 8 << 10  # characters of it; what is longer takes TOML's parser long
SHOWN = 200  # characters of a value in a message

# What TOML's parser says of the usual mistakes, and what to do about them.
_REMEDIES = {
    "Invalid value": "a text stands in quotes, as in host = \"lab\"; a list in brackets, as in needs = ['ps']",
    "Cannot overwrite a value": "this name stands twice; keep one",
    "Expected '=' after a key": "write name = value; a name with other signs than letters, digits, _ and - in quotes",
    "Unclosed array": "end the list with ]",
    "Unterminated string": "end the text with a quote",
}


def read(source: str) -> tuple[dict[str, Any], int]:
    """What the header says, and the line of the source that it begins with. Raises BadSource."""
    lines = source.split("\n")
    first = _first(lines)
    content = "\n".join(line[2:] for line in lines[first : _last(lines, first)])
    if len(content) > LONGEST:
        raise BadSource(first, f"bad header: it has {len(content):,} characters; {LONGEST:,} are the most")
    return _parsed(content, first + 1), first + 1


def shown(value: Any) -> str:
    """A value of a header for a message: it may be of any size and depth."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of many digits; tables in tables without end
        return "what stands there"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _first(lines: list[str]) -> int:
    """The number of the line that begins the block."""
    starts = [number for number, line in enumerate(lines, 1) if line.startswith(START)]
    if len(starts) != 1 or lines[starts[0] - 1] != START:
        line = starts[-1] if starts else 1
        raise BadSource(line, f"needs exactly one '{START}' block; see 'A snippet' in CONTRIBUTING.md")
    return starts[0]


def _last(lines: list[str], first: int) -> int:
    """The index of the line that ends the block which begins in line `first`."""
    ends = []
    for index in range(first, len(lines)):
        if lines[index] == END:
            ends.append(index)
        if lines[index] != "#" and not lines[index].startswith("# "):
            break
    if len(ends) > 1:
        raise BadSource(ends[1] + 1, f"the block of line {first} is closed already; keep one '{END}'")
    if not ends and END in lines[index:]:
        raise BadSource(index + 1, f"the block of line {first} is not closed before this; begin the line with '# '")
    if not ends:
        raise BadSource(first, f"the block of line {first} is not closed; end it with '{END}'")
    return ends[0]


def _parsed(content: str, first: int) -> dict[str, Any]:
    """TOML that begins in line `first` of the source."""
    try:
        return tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).partition(" (at ")
        line = re.search(r"line (\d+)", where)
        remedy = next((remedy for said, remedy in _REMEDIES.items() if what.startswith(said)), "")
        at = int(line[1]) - 1 if line else content.count("\n")
        raise BadSource(first + at, f"bad header: {'; '.join(filter(None, [what, remedy]))}") from None
    except (ValueError, RecursionError):  # Python's own limits
        raise BadSource(first, "bad header: a number of too many digits, or lists in lists without end") from None
