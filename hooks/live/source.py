"""The source of a snippet: text that looks as it is, so that a reader and who reviews it see all that runs."""

import ast
import io
import re
import tokenize
from pathlib import Path

from live import printable

LONGEST = 64 << 10  # bytes of it: more than its lines may hold, and no more than Python parses soon
UNSEEN = re.compile(rf"[{printable.UNSEEN}{printable.SELECTORS}\r\ud800-\udfff]")


class BadSource(ValueError):
    """A source, or the header in it, that cannot be read: the line, and as its message why and what to do."""

    def __init__(self, line: int, what: str) -> None:
        self.line = line
        super().__init__(what)


def read(path: Path) -> str:
    """The text of a file, with lines that end as those of Linux. Raises BadSource."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise BadSource(1, f"cannot be read: {error.strerror}; mend its rights") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadSource(line, "is not UTF-8 text; save it as such") from None
    _check_encoding(content)
    unseen = UNSEEN.search(text)
    if unseen:
        escape = ascii(unseen[0])[1:-1]
        what = f"U+{ord(unseen[0]):04X} is not seen as what it is; write it as an escape, {escape}, or take it out"
        raise BadSource(text.count("\n", 0, unseen.start()) + 1, what)
    return text


def parsed(text: str) -> ast.Module:
    """The program that a text is. Raises BadSource."""
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise BadSource(error.lineno or 1, f"is not Python: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:  # brackets in brackets without end
        raise BadSource(1, f"is not Python that can be read: {error}") from None


def segment(lines: list[bytes], node: ast.expr) -> str:
    """The source of an expression, from the lines of all, since Python counts columns in bytes.

    The standard library's function splits the whole source for each.
    """
    part = lines[node.lineno - 1 : node.end_lineno]
    part[-1] = part[-1][: node.end_col_offset]
    part[0] = part[0][node.col_offset :]
    return b"\n".join(part).decode()


def line_of(text: str, whole: str) -> int:
    """The first line that has a text; 1 where none has."""
    return whole.count("\n", 0, max(whole.find(text), 0)) + 1


def _check_encoding(content: bytes) -> None:
    """Raises BadSource where Python would read another program than a page shows, as a comment can ask it to."""
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(content).readline)[0]
    except SyntaxError:
        encoding = "an unknown encoding"
    if not encoding.startswith("utf-8"):
        raise BadSource(1, f"says that it is in {encoding}; a snippet is UTF-8 text, so take that comment out")
