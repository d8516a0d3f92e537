"""What a run wrote, as a terminal would show it, and with everything visible that a reader should see."""

import html
import re

from ansi2html import Ansi2HTMLConverter

from live.printable import COMMAND, UNSEEN

_COMMAND = re.compile(COMMAND)
_COLOUR = re.compile(r"\x1b\[[\d;]{0,30}m")
_UNSEEN = re.compile(f"[{UNSEEN}]")
_PICTURES = {chr(code): chr(0x2400 + code) for code in range(32)} | {"\x7f": "\u2421"}


def coloured(text: str) -> str:
    """Escape the text, and turn the colours of a terminal into classes; of its other commands nothing is left.

    One of them makes links, which must not lead readers anywhere.
    """
    if "\x1b" not in text:
        return visible(text)
    colours = _COMMAND.sub(lambda found: found[0] if _COLOUR.fullmatch(found[0]) else "", text)
    return _pictured(Ansi2HTMLConverter(inline=False).convert(colours, full=False))


def visible(text: str) -> str:
    """Escape the text, and show what would be unseen or would turn the order of what is seen."""
    return _pictured(html.escape(text, quote=False))


def plain(text: str) -> str:
    """The text as such, without what a terminal would take for commands."""
    return _pictured(_COMMAND.sub("", overwritten(text)))


def one_line(text: str) -> str:
    """The same on one line."""
    return " ".join(plain(text).split())


def overwritten(text: str) -> str:
    """What a terminal shows in the end of lines that were written over after a carriage return."""
    return re.sub(r"^[^\n]*\r(?!\n|$)", "", text.replace("\r\n", "\n"), flags=re.MULTILINE)


def _pictured(text: str) -> str:
    return _UNSEEN.sub(lambda found: _PICTURES.get(found[0], f"[U+{ord(found[0]):04X}]"), text)
