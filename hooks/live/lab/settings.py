"""What a snippet's header says of the machine that the lab makes for it: `lab = { memory = "512M", … }`."""

import itertools
import re
from dataclasses import dataclass, field
from typing import Any

from live.header import shown
from live.problems import nearest
from live.units import parse_size

HOSTS = {"lab": "release", "lab-newer": "newer"}  # the name of a host, and which kernel it has
OVERHEAD = 256 << 20  # bytes that the emulator may need beside what the guest has
PATTERNS = 20  # of a header
LONGEST = 1000  # characters of a pattern, which is an argument of a program, and of the kernel's words
LARGEST = 1 << 64  # no setting of the kernel is as large
LEAST = 256 << 20  # bytes with which a guest still boots


@dataclass(frozen=True)
class Lab:
    """A machine to be made. Sizes are in bytes.

    swap, disk: sizes of throw-away devices; the disk has a file system, mounted at /disk.
    sysctl: settings by name. cmdline: more words for the kernel.
    cgroup: files to write in the control group that the snippet then runs in; without any it runs in the root.
    log: regular expressions; that the kernel's log has a line for each is a claim.
    """

    memory: int = 512 << 20
    swap: int = 0
    disk: int = 0
    sysctl: dict[str, int | str] = field(default_factory=dict)
    cmdline: str = ""
    cgroup: dict[str, int | str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    @property
    def footprint(self) -> int:
        """The most that running it may take of the host's memory; its devices are memory too."""
        return self.memory + self.swap + self.disk + OVERHEAD


def read(table: Any) -> Lab:
    """Read the table. Raises ValueError."""
    if not isinstance(table, dict):
        raise ValueError('must be a table such as { memory = "512M", swap = "256M" }')
    given = {}
    for key, value in table.items():
        if key not in _KEYS:
            raise ValueError(f"unknown key {key!r}: {nearest(key, _KEYS)}")
        try:
            given[key] = _KEYS[key](value)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from None
    lab = Lab(**given)
    if lab.memory < LEAST:
        raise ValueError(f"memory: a guest needs at least {LEAST >> 20}M to boot")
    return lab


def _words(value: Any) -> str:
    """What process 1 is and gets, its environment too, is not for a snippet to say: it describes the machine."""
    word = r"(?!(rd)?init=)[a-z][\w.-]*(=[\w.,:/-]*)?"
    if isinstance(value, str) and len(value) > LONGEST:
        raise ValueError(f"has {len(value):,} characters; {LONGEST:,} are the most")
    if not isinstance(value, str) or not re.fullmatch(rf"({word}( +|$))*", value):
        raise ValueError("must be words for the kernel's command line, such as 'psi=1'; init= is the lab's own")
    return value


def _settings(pattern: str) -> Any:
    def settings(value: Any) -> dict[str, int | str]:
        if not isinstance(value, dict):
            raise ValueError('must be a table such as { "name" = 1 }')
        for name, setting in value.items():
            if isinstance(setting, dict):  # TOML takes the dots of a bare name for tables in tables
                whole = ".".join([name, *itertools.islice(setting, 1)])
                raise ValueError(f'{shown(name)} is a table; write the whole name in quotes, as in "{whole}" = 1')
            if not re.fullmatch(pattern, name) or not _is_setting(setting):
                raise ValueError(f"{shown(name)} = {shown(setting)} is not a name with a number or text")
        return value

    return settings


def _is_setting(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST and "\0" not in value
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST


def _patterns(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("must be a list of regular expressions")
    if len(value) > PATTERNS:
        raise ValueError(f"{PATTERNS} regular expressions are the most")
    for pattern in value:
        if len(pattern) > LONGEST or "\0" in pattern:
            raise ValueError(f"{shown(pattern)} is too long or has a byte of zero; {LONGEST:,} characters are the most")
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            raise ValueError(f"{shown(pattern)} is no regular expression: {error}") from None
    return value


_KEYS = {
    "memory": parse_size,
    "swap": parse_size,
    "disk": parse_size,
    "sysctl": _settings(r"[a-z0-9_]+(\.[a-z0-9_-]+)+"),
    "cmdline": _words,
    "cgroup": _settings(r"(memory|pids)(\.[a-z_]+)+"),
    "log": _patterns,
}
