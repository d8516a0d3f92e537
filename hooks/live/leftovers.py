"""What builds leave when they are killed: found by the next one, and told from what a live one is using.

Whoever makes something temporary holds a lock on it (flock(2)). The lock ends with its process, however that ends, so
what nobody holds belongs to nobody. That is also right where builds in several containers share a folder.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

STAGING = Path(os.environ.get("LIVE_STAGING") or "/var/tmp")
WRITING = ".live-"  # how the names of files begin that are being written
_RANDOM = "[a-z0-9_]" * 8  # how those of tempfile end; what else is in these folders is somebody's


def held(make: Callable[[], str | Path]) -> tuple[Path, int]:
    """Make a file or folder and hold it; return it and the descriptor that is to be closed when it is done with."""
    while True:
        path = Path(make())
        with contextlib.suppress(FileNotFoundError):  # somebody cleared up before it was held
            descriptor = os.open(path, os.O_RDONLY)
            with contextlib.suppress(OSError):  # a file system without locks; what is left there stays
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if path.exists():
                return path, descriptor
            os.close(descriptor)


def clear(bundle: Path) -> None:
    """Remove what builds before this one have left in the bundle, beside the staged packages and of control groups."""
    half_written = f"{WRITING}{_RANDOM}.tmp"
    _sweep([*bundle.glob(half_written), *bundle.glob(f"*/{half_written}")], os.unlink)
    _sweep([*STAGING.glob(f"live-run-{_RANDOM}"), *STAGING.glob(f"live-new-{_RANDOM}")], shutil.rmtree, os.O_DIRECTORY)
    from live import cgroup  # noqa: PLC0415  (which holds its groups by what is here)

    _sweep(cgroup.left(), os.rmdir, os.O_DIRECTORY)


def _sweep(paths: Iterable[Path], remove: Callable[[Path], None], kind: int = 0) -> None:
    """Remove what is ours and nobody holds. What cannot be removed now, such as a group at work, is left.

    kind: a flag of open(2), which also never waits: somebody else could have put a pipe there.
    """
    for path in paths:
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | kind)
            try:
                if os.fstat(descriptor).st_uid == os.geteuid():
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    remove(path)
            finally:
                os.close(descriptor)
