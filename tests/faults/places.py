"""Places of their own for builds that go wrong: namespaces with mounts, host name, network and processes of ours."""

import functools
import os
import shlex
import subprocess
from pathlib import Path

import pytest

# Under another user's namespace whoever builds keeps its number, so that the sandbox starts as it always does.
OWN = ["--mount", "--uts", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
AS_USER = ["--user", "--map-current-user", "--keep-caps"]
DROP = ["setpriv", "--ambient-caps", "-all", "--inh-caps", "-all"]


def unshare(*kinds: str) -> list[str]:
    """The command that gives what follows namespaces of its own, as root or as an ordinary user."""
    return ["unshare", *(AS_USER if os.geteuid() else []), *kinds]


@functools.cache
def _why_not() -> str:
    tried = subprocess.run(
        [*unshare(*OWN), "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True, check=False
    )
    return tried.stderr.strip() if tried.returncode else ""


def need_namespaces() -> None:
    """Skip where this user may make none, and say why."""
    if _why_not():
        pytest.skip(f"needs root or user namespaces for mounts of its own: {_why_not()}")


def within(preparation: str, command: list, kinds: tuple[str, ...] = ("--mount",)) -> list[str]:
    """The command that runs another one after preparing a place for it with a shell script."""
    drop = DROP if os.geteuid() else []
    program = shlex.join(map(str, [*drop, *command]))
    return [*unshare(*kinds), "sh", "-ec", f"{preparation}\nexec {program}"]


def over(source: Path, target: str) -> str:
    """A line of a preparation: show one file in place of another."""
    return f"mount --bind {shlex.quote(str(source))} {shlex.quote(str(Path(target).resolve()))}\n"
