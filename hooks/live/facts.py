"""Quoting a measured value in a sentence."""

import itertools
import re
from typing import Any

from live.header import shown
from live.problems import FEW, nearest
from live.units import UNITS, in_unit, nearest_unit

WAYS = f"write it as ',', '.1f' or another of Python's format specs, or for bytes in {', '.join(UNITS)}"


class BadFact(ValueError):
    """A fact that cannot be quoted so; the message says why and what is near."""


def quote(facts: dict[str, Any], path: str, spec: str) -> str:
    """Return the fact at a dotted path, written as the spec says.

    spec: a Python format spec or, for a number of bytes, a binary unit. A list of plain values is written with commas.
    """
    value = look_up(facts, path)
    if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
        return ", ".join(_written(item, path, spec) for item in value)
    if isinstance(value, dict | list):
        parts = [f"{path}.{part}" for part in itertools.islice(_parts(value), FEW)]
        raise BadFact(f"fact {path!r} has parts; quote one of them, such as {', '.join(parts)}")
    return _written(value, path, spec)


def _written(value: Any, path: str, spec: str) -> str:
    if re.search(r"\d{3}", spec):
        raise BadFact(f"fact {path!r} cannot be written as {spec!r}: two digits are the most")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        if not spec.endswith("c"):  # which makes a character of a number
            return (in_unit(value, spec) if number else None) or format(value, spec)
        why = WAYS
    except (ValueError, TypeError):
        near = nearest_unit(spec)
        why = f"did you mean {near!r}? units are {', '.join(UNITS)}" if near else WAYS
        if not number:
            why = "only numbers are written so; leave out the colon and what follows it"
    except OverflowError:
        why = "it is too large for that; write it as ','"
    raise BadFact(f"fact {path!r} is {shown(value)} and cannot be written as {spec!r}: {why}")


def look_up(facts: dict[str, Any], path: str) -> Any:
    """Return the value at a path such as `sizes.small` or `steps.0`."""
    value: Any = facts
    if not path:
        known = ", ".join(itertools.islice(facts, FEW))
        raise BadFact(f"names no fact; add a dot and one of {known}" if known else "names no fact, and there is none")
    for number, part in enumerate(path.split(".")):
        if not isinstance(value, dict | list):
            whole = ".".join(path.split(".")[:number])
            raise BadFact(f"unknown fact {path!r}: {whole!r} is {shown(value)}, which has no parts")
        if part not in _parts(value):
            raise BadFact(f"unknown fact {path!r}: {nearest(part, _parts(value))}")
        value = value[part] if isinstance(value, dict) else value[int(part)]
    return value


def _parts(value: dict | list) -> list[str]:
    """What may follow the dot after a value."""
    return list(value) if isinstance(value, dict) else list(map(str, range(len(value))))
