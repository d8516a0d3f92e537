"""What can be wrong, said in one line that tells where, what and what to do."""

import contextlib
import difflib
import errno
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from live.printable import printable

FEW = 12  # names that a message lists


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong.

    page: the page and line that show it, as "docs/oom/killer.md:41".
    snippet: its name, as "oom/victim".
    at: the file and line at fault, as "snippets/oom/victim.py:23".
    what: the message; it ends with what to do where that is not plain.
    detail: further lines to print below it, such as the end of stderr.
    """

    page: str = ""
    snippet: str = ""
    at: str = ""
    what: str = ""
    detail: str = ""

    def __str__(self) -> str:
        subject = f"snippet {self.snippet}" if self.snippet else ""
        if subject and self.at:
            subject += f" ({self.at})"
        line = ": ".join(part for part in (self.page, subject or self.at, self.what) if part)
        first, *more = [*printable(line).split("\n"), *printable(self.detail).split("\n")]
        return first + "".join(f"\n    {text}" for text in more if text)


class LiveError(Exception):
    """One or more problems that end what was asked for."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__(listed(self.problems))


@contextlib.contextmanager
def writing(path: Path, setting: str) -> Iterator[None]:
    """What the system says against writing there becomes a problem that names the file and what to do."""
    try:
        yield
    except OSError as error:
        what = f"{error.filename2 or error.filename or path} cannot be written: {error.strerror}"
        remedy = f"make room there, or set {setting} to a folder that has some"
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            remedy = f"make it writable, or set {setting} to a folder that is"
        raise LiveError([Problem(what=f"{what}; {remedy}")]) from None


def listed(problems: Iterable[Problem]) -> str:
    """All problems, each once, a line each."""
    return "\n".join(str(problem) for problem in problems)


def nearest(word: str, known: Iterable[str]) -> str:
    """Name the nearest of `known`, or all if they are few, as the end of a message."""
    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.4)
    if near:
        return f"did you mean {near[0]!r}?"
    if len(known) > FEW:
        return f"none of the {len(known)} known is like it"
    return f"known: {', '.join(known)}" if known else "there is none"
