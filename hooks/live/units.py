"""Numbers of bytes, read and written in binary units."""

import re
from typing import Any

UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}

_SIZE = re.compile(r"([0-9]{1,15})\s*([KMGT])(?:iB)?")
_UNIT_SPEC = re.compile(r"(?:\.(\d+))?([KMGT]iB)")

_LIKE_UNIT = re.compile(r"(?i)(\.[0-9]|)[0-9.,\s]*([KMGT])(?:i?b*|.?bytes?)")


def parse_size(given: Any) -> int:
    """Return the bytes in "512M" or "1GiB"; both are binary units. Raises ValueError, also for what is no text."""
    if not isinstance(given, str):
        raise ValueError("must be a size such as '512MiB'")
    match = _SIZE.fullmatch(given.strip())
    if not match:
        raise ValueError(f"{given[:100]!r} is not a size such as '512MiB' or '1G'")
    return int(match[1]) * UNITS[f"{match[2]}iB"]


def in_unit(value: float, spec: str) -> str | None:
    """Write `value` bytes as the spec asks ("MiB", ".1MiB"); None where the spec is no unit.

    Without a number of digits a whole number of units is written as such, anything else with one digit.
    """
    match = _UNIT_SPEC.fullmatch(spec)
    if not match:
        return None
    amount = value / UNITS[match[2]]
    digits = int(match[1]) if match[1] else (0 if amount == int(amount) else 1)
    return f"{amount:,.{digits}f}\N{NO-BREAK SPACE}{match[2]}"


def nearest_unit(spec: str) -> str:
    """The spec that was meant by one such as "mib", " MiB" or ".1MB"; "" where none was."""
    match = _LIKE_UNIT.fullmatch(spec.strip())
    return f"{match[1]}{match[2].upper()}iB" if match else ""


def readable(value: float) -> str:
    """Write `value` bytes in the unit that suits it."""
    for unit in ("GiB", "MiB"):
        if value >= UNITS[unit]:
            return in_unit(value, f".1{unit}") or ""
    return in_unit(value, ".0KiB") or ""
