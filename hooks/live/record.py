"""What a capture and a report are, field by field, for reading them from a bundle that somebody else may have made.

Everything has its type, its form and its most; what is not listed here is not taken over. What a run wrote may be any
text, since it is escaped wherever it is shown; names, times and versions may not.
"""

import re
from typing import Annotated, Any, Literal, TypedDict

import msgspec
from msgspec import Meta

FORMAT = 1
FILE = 16 << 20  # bytes of a file in a bundle; more than a run can report and write together
DEPTH = 16  # of lists and dictionaries in a fact
ABOVE = 4  # those that a fact is in, in a report
LINE = 300  # characters

SNIPPET, HOST, NAME = "[a-z0-9_]{1,60}/[a-z0-9_]{1,80}", "(?:build|lab|lab-newer)(?:@[a-z0-9-]{1,20})?", r"\w{1,60}"
CAPTURE_FILE = re.compile(rf"(?P<snippet>{SNIPPET})\.(?P<host>{HOST})\.json")  # below a bundle's folder
_UNSEEN = r"\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069"

TITLE = f"[^{_UNSEEN}]{{1,{LINE}}}"

Line = Annotated[str, Meta(max_length=LINE, pattern=rf"\A[^{_UNSEEN}]*\Z")]
Word = Annotated[str, Meta(pattern=r"\A[\w.+~@:-]{1,100}\Z")]
Text = Annotated[str, Meta(max_length=2 << 20)]
Message = Annotated[str, Meta(max_length=4000)]
SnippetName = Annotated[str, Meta(pattern=rf"\A{SNIPPET}\Z")]
HostName = Annotated[str, Meta(pattern=rf"\A{HOST}\Z")]
Name = Annotated[str, Meta(pattern=rf"\A{NAME}\Z")]
Time = Annotated[str, Meta(pattern=r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")]
Seconds = Annotated[float, Meta(ge=0, le=1e6)]
Bytes = Annotated[int, Meta(ge=0, lt=1 << 60)]
Count = Annotated[int, Meta(ge=0, le=1 << 40)]
LineNumber = Annotated[int, Meta(ge=1, le=100_000)]


class _Basics(TypedDict):
    name: HostName
    kernel: Word
    architecture: Word
    page_size: Bytes
    ram: Bytes
    swap: Bytes


class _More(TypedDict, total=False):
    distribution: Line
    cpus: Count
    overcommit_memory: Count | None
    overcommit_ratio: Count | None
    overcommit_kbytes: Count | None
    transparent_hugepage: Line
    cgroup: Line
    runs_in: Line
    python: Word
    psutil: Word
    tools: dict[Line, Line]
    emulation: Line
    image: Word
    lab: dict[Name, Any]


class Host(_Basics, _More):
    """A machine, as `live.host.describe` tells of it, and what a capture adds."""


class Alike(_More, total=False):
    """What all captures of a host say alike of it."""

    name: HostName
    kernel: Word
    architecture: Word
    page_size: Bytes
    ram: Bytes
    swap: Bytes


class Claim(TypedDict):
    """A claim of a capture."""

    line: LineNumber
    held: bool
    message: Message


class Figure(TypedDict):
    """A drawing as matplotlib wrote it, and its text alternative."""

    svg: Annotated[str, Meta(max_length=256 << 10)]
    text: Message


class Capture(TypedDict):
    """All that one run gave."""

    format: Literal[1]
    snippet: SnippetName
    key: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    host: Host
    captured: Time
    sandbox: Literal["bubblewrap", "none"]
    status: Annotated[int, Meta(ge=0, le=256)]
    seconds: Seconds
    cpu_seconds: Seconds
    peak_memory: Bytes
    source: Annotated[str, Meta(max_length=256 << 10)]
    stdout: Text
    stderr: Text
    log: Text
    claims: Annotated[list[Claim], Meta(max_length=5000)]
    facts: dict[Name, Any]
    figures: Annotated[list[Figure], Meta(max_length=50)]
    redacted: dict[Line, Count]


class ToldClaim(TypedDict):
    """A claim in a report."""

    line: LineNumber
    text: Message
    held: bool


class Entry(TypedDict):
    """What a report says of one snippet on one host."""

    snippet: SnippetName
    host: HostName
    title: Line
    status: Literal["held", "failed", "skipped"]
    reason: Text
    claims: Annotated[list[ToldClaim], Meta(max_length=5000)]
    facts: dict[Name, Any]
    seconds: Seconds
    cpu_seconds: Seconds
    peak_memory: Bytes
    reused: bool
    pages: list[Line]
    anchor: Line


class Report(TypedDict):
    """What one round of capturing said: build.json."""

    format: Literal[1]
    built: Time
    hosts: dict[HostName, Alike]
    captures: Annotated[list[Entry], Meta(max_length=5000)]
    notes: Annotated[list[Message], Meta(max_length=500)]


def read(content: bytes, form: type) -> Any:
    """Read JSON of a form. Raises ValueError with the field that is wrong, as "claims[2].line: …"."""
    try:
        value: Any = msgspec.json.decode(content, type=form)
        _shallow(value, ABOVE + DEPTH)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `")
        if "matching regex" in what:
            what = "has not the form that it must have"
        raise ValueError(f"{where.replace('`', '').removeprefix('$.')}: {what}" if where else what) from None
    except RecursionError:
        raise ValueError("lists in lists without end") from None
    return value


def _shallow(value: Any, most: int) -> None:
    """Raises RecursionError for what is nested deeper; facts may be any JSON, and are walked recursively elsewhere."""
    if isinstance(value, dict | list):
        if not most:
            raise RecursionError
        for item in value.values() if isinstance(value, dict) else value:
            _shallow(item, most - 1)
