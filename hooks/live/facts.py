"""Quoting a measured value in a sentence."""

import re
from typing import Any

from live.snippet import nearest
from live.units import in_unit


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
        parts = value if isinstance(value, dict) else map(str, range(len(value)))
        raise BadFact(f"fact {path!r} has parts; quote one of them: {', '.join(f'{path}.{part}' for part in parts)}")
    return _written(value, path, spec)


def _written(value: Any, path: str, spec: str) -> str:
    if re.search(r"\d{3}", spec):
        raise BadFact(f"fact {path!r} cannot be written as {spec!r}: two digits are the most")
    if isinstance(value, int | float) and not isinstance(value, bool):
        written = in_unit(value, spec)
        if written:
            return written
    try:
        return format(value, spec)
    except (ValueError, TypeError, OverflowError) as error:
        raise BadFact(f"fact {path!r} is {value!r} and cannot be written as {spec!r}: {error}") from None


def look_up(facts: dict[str, Any], path: str) -> Any:
    """Return the value at a path such as `sizes.small` or `steps.0`."""
    value: Any = facts
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            known = value if isinstance(value, dict) else map(str, range(len(value))) if isinstance(value, list) else []
            raise BadFact(f"unknown fact {path!r}: {nearest(part, known)}")
    return value
