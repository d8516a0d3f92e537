"""Puts a new folder in the place of an old one at one stroke, so that nobody ever finds half of either.

Usage: python -m live.exchange NEW OLD
"""

import ctypes
import os
import sys
from pathlib import Path

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # renameat2(2)


def exchange(new: Path, old: Path) -> None:
    """Afterwards `old` is what `new` was; what `old` was is where `new` was, if there was any.

    Where `old` is a link, that is what it leads to. Raises OSError, for one, where they are on two file systems.
    """
    old = old.resolve()
    if not old.exists():
        new.rename(old)
        return
    paths = (AT_FDCWD, os.fsencode(new), AT_FDCWD, os.fsencode(old))
    if ctypes.CDLL(None).renameat2(*paths, RENAME_EXCHANGE):  # a file system that cannot do it, such as some overlays
        aside = new.with_name(f"{new.name}-before")
        old.rename(aside)
        new.rename(old)
        aside.rename(new)


if __name__ == "__main__":
    try:
        exchange(*map(Path, sys.argv[1:]))
    except OSError as error:
        sys.exit(f"{sys.argv[2]} stays as it was: {error.strerror}; the new one is in {sys.argv[1]}")
