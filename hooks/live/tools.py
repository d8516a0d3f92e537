"""The commands that a snippet may need, and the Debian package that has each.

The table is closed on purpose: the version of each is asked for outside the sandbox, so a snippet must not be able to
name a command that does something else when it is asked.
"""

import functools
import re
import shutil
import subprocess

SEARCH_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
PATIENCE = 5  # seconds for a command to say its version
LONGEST = 200  # characters of one
UNNAMED = ("mawk", "dash")  # packages for which any other of the kind will do, and which some do not name

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


def foreign(commands: list[str]) -> str:
    """Say which of `commands` is not the program of its package but, say, BusyBox's, whose output is another; or ""."""
    for name in commands:
        package = PACKAGES[name]
        if package not in UNNAMED and package not in version(name):
            return f"needs the {name} of {package}; what the one here says of itself is {version(name)!r}"
    return ""


@functools.cache
def version(command: str) -> str:
    """Return the first line with a digit that a command of the table prints of itself, or "" where it is absent.

    It is "unknown" where a command prints none, or says nothing in time; one that hangs is ended with its children.
    """
    path = shutil.which(command, path=SEARCH_PATH)
    if not path:
        return ""
    flag = "-V" if PACKAGES[command] == "sysstat" or command == "top" else "--version"
    if PACKAGES[command] == "mawk":
        flag = "-W version"
    asked = subprocess.run(
        ["timeout", "--signal=KILL", str(PATIENCE), path, *flag.split()],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        check=False,
        env={"PATH": SEARCH_PATH, "LC_ALL": "C"},
    )
    lines = (asked.stdout + asked.stderr).splitlines()
    return next((line.strip() for line in lines if line.isprintable() and re.search(r"\d", line)), "unknown")[:LONGEST]
