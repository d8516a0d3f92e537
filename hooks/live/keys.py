"""The keys of a snippet's header: what the value of each may be. What is wrong with one, a ValueError says."""

import re
import signal
from collections.abc import Callable
from typing import Any

from live import record, tools
from live.header import shown
from live.lab import settings
from live.problems import nearest
from live.snippet import HOSTS, OLDEST, requirement_name
from live.units import parse_size

PACKAGES = ("psutil", "matplotlib")  # those of the group `snippets` in pyproject.toml, which the sandbox holds
ONLY = (
    f"only {' and '.join(PACKAGES)} may be imported beside the standard library; see 'Add a Python package' in "
    "CONTRIBUTING.md"
)
# A name with version bounds, as headers here have it: told apart without loading a library for it.
_PLAIN = re.compile(r"[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?((>=|<=|==|!=|<|>)\d+(\.\d+)*(,(?=.)|\Z))*")
_FILE = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*", re.ASCII)  # one beside a snippet: no part of it is a dot or two


def _python(given: Any) -> str:
    match = re.fullmatch(r">=\s*(3\.\d{1,2})", given) if isinstance(given, str) else None
    if not match:
        raise ValueError(f'must be the oldest that it runs with, as in ">={OLDEST}"')
    return match[1]


def _dependencies(given: Any) -> list[str]:
    for text in _strings(given):
        if not _PLAIN.fullmatch(text) and not _is_requirement(text):
            raise ValueError(f'{shown(text)} is no package with plain bounds; write it as in "psutil>=7,<8"')
        if requirement_name(text) not in PACKAGES:
            raise ValueError(f"{shown(text)} is none of a snippet's; {ONLY}")
    return given


def _is_requirement(text: str) -> bool:
    """Whether a text is a requirement of PEP 508 that names a package and versions of it, and nothing else."""
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415  (few headers need it)

    try:
        asked = Requirement(text)
    except InvalidRequirement:
        return False
    return not (asked.url or asked.extras or asked.marker)


def _commands(given: Any) -> list[str]:
    for name in _strings(given):
        if name not in tools.PACKAGES:
            near = nearest(name, tools.PACKAGES)
            near += "" if near.endswith("?") else "."
            add = "Otherwise add it there with its Debian package."
            raise ValueError(f"no command {name!r} in hooks/live/tools.py; {near} {add}")
    return given


def _variables(given: Any) -> list[str]:
    for name in _strings(given):
        if not name.isidentifier() or not re.fullmatch(record.NAME, name):
            raise ValueError(f"{name!r} is not the name of a variable with at most 60 characters")
    return given


def _files(given: Any) -> list[str]:
    """Names of files beside the snippet. In the sandbox each is mounted by its name, so a name leads nowhere else."""
    for name in _strings(given):
        if not _FILE.fullmatch(name):
            example = "'sample.txt' or 'data/sample.txt', in letters, digits, dots and dashes"
            raise ValueError(f"{shown(name)} is no file beside the snippet; name it as in {example}")
    return given


def _hosts(given: Any) -> list[str]:
    names = [given] if isinstance(given, str) else _strings(given)
    if not names or not set(names) <= set(HOSTS):
        raise ValueError(f"must be one of {', '.join(map(repr, HOSTS))}, or a list of these")
    return names


def _seconds(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= 600:
        raise ValueError("must be a number of seconds, at most 600")
    return given


def _sees(given: Any) -> str:
    if given not in ("own", "host"):
        raise ValueError("must be 'own' or 'host'")
    return given


def _truth(given: Any) -> bool:
    if not isinstance(given, bool):
        raise ValueError("must be true or false")
    return given


def _exit(given: Any) -> int | str:
    if given == "panic" or (isinstance(given, str) and given in signal.Signals.__members__):
        return given
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= 255:
        return given
    raise ValueError("must be an exit status from 0 to 255, a signal's name such as 'SIGSEGV', or 'panic'")


def _strings(given: Any) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
        raise ValueError("must be a list of strings")
    twice = next((item for number, item in enumerate(given) if item in given[:number]), None)
    if twice is not None:
        raise ValueError(f"{shown(twice)} stands twice; keep one")
    return given


Reads = Callable[[Any], Any]  # returns the value as a snippet has it
STANDARD: dict[str, Reads] = {"requires-python": _python, "dependencies": _dependencies}  # of PEP 723
OURS: dict[str, Reads] = {  # of [tool.live]
    "needs": _commands,
    "facts": _variables,
    "reads": _files,
    "host": _hosts,
    "timeout": _seconds,
    "memory": parse_size,
    "sees": _sees,
    "exclusive": _truth,
    "exits": _exit,
    "lab": settings.read,
}
FIELDS = {"requires-python": "python", "host": "hosts"}  # of a snippet, where they are not called like the key
