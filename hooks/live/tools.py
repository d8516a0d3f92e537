"""The commands that a snippet may need, and the Debian package that has each.

The table is closed on purpose: the version of each is asked for outside the sandbox, so a snippet must not be able to
name a command that does something else when it is asked.
"""

import functools
import shutil
import subprocess

SEARCH_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"

PACKAGES = {
    "awk": "mawk",
    "choom": "util-linux",
    "dmesg": "util-linux",
    "free": "procps",
    "grep": "grep",
    "head": "coreutils",
    "pidstat": "sysstat",
    "pmap": "procps",
    "ps": "procps",
    "sar": "sysstat",
    "sh": "dash",
    "sleep": "coreutils",
    "sort": "coreutils",
    "swapon": "util-linux",
    "sysctl": "procps",
    "tail": "coreutils",
    "top": "procps",
    "vmstat": "procps",
}


def missing(commands: list[str]) -> list[str]:
    """Return those of `commands` that this machine lacks."""
    return [name for name in commands if not shutil.which(name, path=SEARCH_PATH)]


def how_to_get(commands: list[str]) -> str:
    """Say how to install what is missing."""
    packages = sorted({PACKAGES[name] for name in commands})
    return f"sudo apt-get install {' '.join(packages)}"


@functools.cache
def version(command: str) -> str:
    """Return the first line with a digit that a command of the table prints of itself, or "" where it is absent."""
    path = shutil.which(command, path=SEARCH_PATH)
    if not path:
        return ""
    flag = "-V" if PACKAGES[command] == "sysstat" or command == "top" else "--version"
    if PACKAGES[command] == "mawk":
        flag = "-W version"
    asked = subprocess.run(
        [path, *flag.split()],
        capture_output=True,
        text=True,
        timeout=10,
        stdin=subprocess.DEVNULL,
        check=False,
        env={"PATH": SEARCH_PATH, "LC_ALL": "C"},
    )
    lines = (asked.stdout + asked.stderr).splitlines()
    return next((line.strip() for line in lines if any(c.isdigit() for c in line)), "unknown")
