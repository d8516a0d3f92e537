"""Text of others for a terminal or a log: what would act there is shown as what it is."""

import os
import re

# What a terminal takes for commands (ECMA-48): with parameters, with a string up to its end, or of one character. None
# goes past its line, so that one without an end takes no more than that.
COMMAND = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[ -/]*[0-~]?)"
# Control characters but newline, tab and carriage return; and what is not seen, or turns the direction of what is.
UNSEEN = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
)
SELECTORS = r"\ufe00-\ufe0f"  # which choose a form of the character before, such as a coloured one
_UNSEEN = re.compile(rf"[{UNSEEN}\r]")
# ::error …, ##[error]…: to what runs workflows, which passes over white space of any kind before the first.
_ORDER = re.compile(r"^([^\S\n]*+)(?=::)|(?=##\w*\[)", re.MULTILINE)


def printable(text: str) -> str:
    """Return the text as it can be printed: such characters as Python writes them, such orders with a backslash."""
    seen = _UNSEEN.sub(lambda match: ascii(match[0])[1:-1], text)
    return _ORDER.sub(lambda match: f"{match[1] or ''}\\", seen)


def spelled(name: str) -> str:
    """The name of a file as it can be printed, whatever bytes it is made of."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
