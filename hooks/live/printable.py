"""Text of others for a terminal or a log: what would act there is shown as what it is."""

import re

# Control characters but newline and tab, and what turns the direction of writing or is not seen.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_ORDER = re.compile(r"^([ \t]*)(?=::)|(?=##\w*\[)", re.MULTILINE)  # ::error …, ##[error]…: to what runs workflows


def printable(text: str) -> str:
    """Return the text as it can be printed: such characters as Python writes them, such orders with a backslash."""
    seen = _UNSEEN.sub(lambda match: ascii(match[0])[1:-1], text)
    return _ORDER.sub(lambda match: f"{match[1] or ''}\\", seen)
