"""The walls around a snippet: a bubblewrap command line, and what must be true around it.

Each argument answers something that was seen to get through without it; `tests/live/test_sandbox.py` tries them all.
"""

import functools
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

from live import cgroup, seccomp
from live.problems import LiveError, Problem
from live.project import sandbox_wanted
from live.staging import Staged
from live.tools import SEARCH_PATH

ACCOUNTS = "root:x:0:0:root:/root:/bin/sh\nreader:x:1000:1000:reader:/home/reader:/bin/sh\n"
GROUP = "root:x:0:\nreader:x:1000:\n"
SETTINGS = Path(__file__).with_name("matplotlibrc")
HARNESS = Path(__file__).with_name("harness.py")
TEMPORARY = 256 << 20  # bytes in each of /tmp and /dev/shm
NOBODY = 65534
HELP = (
    "Install it with 'sudo apt-get install bubblewrap'. Ubuntu 23.10 and later keep ordinary users from making user "
    "namespaces: 'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0' allows it. A Docker container needs "
    "'--security-opt seccomp=unconfined --security-opt systempaths=unconfined'. To run snippets without any "
    "protection, only where you trust each of them, set LIVE_SANDBOX=off."
)


def account() -> dict[str, Any]:
    """Whom to start bwrap as, for Popen. Root without capabilities still owns what root owns.

    Seen: as root, a snippet without any capability wrote /proc/sys/vm and changed the mode of the host's /dev/null.
    """
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


@functools.cache
def bubblewrap() -> tuple[str, str]:
    """Return the path of bwrap and its help text. Raises LiveError where it is absent or cannot make a sandbox here."""
    path = shutil.which("bwrap", path=SEARCH_PATH)
    if not path:
        raise LiveError([Problem(what=f"bubblewrap is needed to run snippets safely and is not installed. {HELP}")])
    tried = subprocess.run(
        [path, "--unshare-user", "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"],
        capture_output=True,
        text=True,
        env={},
        stdin=subprocess.DEVNULL,
        check=False,
        **account(),
    )
    if tried.returncode:
        raise LiveError([Problem(what=f"bubblewrap cannot make a sandbox here: {tried.stderr.strip()}. {HELP}")])
    return path, subprocess.run([path, "--help"], capture_output=True, text=True, check=False, env={}).stdout


def weaknesses() -> list[str]:
    """What the sandbox of this machine cannot hold back, for the report."""
    if not sandbox_wanted():
        return ["LIVE_SANDBOX=off: snippets ran without a sandbox"]
    _, options = bubblewrap()
    lacking = [option for option in ("--disable-userns", "--size") if option not in options]
    notes = [f"this bubblewrap is older than 0.8 and lacks {' and '.join(lacking)}"] if lacking else []
    if not seccomp.program():
        notes.append(f"no system call filter for {platform.machine()}: snippets reach the hypervisor and keyrings")
    if not cgroup.allowed():
        notes.append("no control group may be made here: memory is watched ten times a second instead of counted")
    return notes


class Data:
    """Files that the sandbox gets by content, through descriptors, so that no path of the host shows in it."""

    def __init__(self) -> None:
        self.descriptors: list[int] = []

    def add(self, content: bytes) -> str:
        descriptor = os.memfd_create("data")
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        self.descriptors.append(descriptor)
        return str(descriptor)

    def add_empty(self, size: int) -> str:
        """A file of zeros that takes memory only where it is written."""
        descriptor = os.memfd_create("data")
        os.ftruncate(descriptor, size)
        self.descriptors.append(descriptor)
        return str(descriptor)

    def close(self) -> None:
        for descriptor in self.descriptors:
            os.close(descriptor)


def command(
    staged: Staged, files: dict[str, bytes], name: str, channel: int, host_list: Path | None, data: Data
) -> list[str]:
    """Return the command that starts the harness under the file name of the snippet, so that `ps` shows that.

    files: path in the sandbox to content.
    host_list: a prepared /proc of the host, or None for the snippet's own processes.
    """
    path, options = bubblewrap()
    arguments = [*_namespaces(options), *_system(staged, options, data)]
    arguments += _proc(host_list)
    for target, content in {**files, f"/run/live/{name}": HARNESS.read_bytes()}.items():
        arguments += ["--ro-bind-data", data.add(content), target]
    arguments += ["--remount-ro", "/dev", "--remount-ro", "/"]
    arguments += _environment(staged, channel)
    arguments += ["--chdir", "/run/live"]
    if seccomp.program():
        arguments += ["--seccomp", data.add(seccomp.program())]
    hidden = data.add("\0".join(arguments).encode())  # else process 1's command line would show them
    return [path, "--args", hidden, "--", str(staged.interpreter), "-I", "-S", name]


def emulator(program: list[str], data: Data) -> list[str]:
    """Return the command that starts an emulator, which needs the system's programs and the files that it inherits."""
    path, options = bubblewrap()
    arguments = [*_namespaces(options), *_programs(), "--dev", "/dev", "--dev-bind-try", "/dev/kvm", "/dev/kvm"]
    arguments += ["--proc", "/proc", "--tmpfs", "/tmp", "--remount-ro", "/dev", "--remount-ro", "/"]
    arguments += ["--clearenv", "--setenv", "PATH", SEARCH_PATH]
    if seccomp.program():
        arguments += ["--seccomp", data.add(seccomp.program())]
    return [path, "--args", data.add("\0".join(arguments).encode()), "--", *program]


def _namespaces(options: str) -> list[str]:
    nested = ["--disable-userns"] if "--disable-userns" in options else []
    return [
        *("--unshare-all", "--unshare-user", *nested),
        *("--cap-drop", "ALL", "--uid", "1000", "--gid", "1000"),
        *("--hostname", "build", "--new-session", "--die-with-parent"),
    ]


def _system(staged: Staged, options: str, data: Data) -> list[str]:
    """A root that holds the system's programs and libraries, the interpreter, its packages, and nothing of anybody."""
    sized = ["--size", str(TEMPORARY)] if "--size" in options else []
    arguments = _programs()
    if staged.interpreter.is_relative_to("/usr/local"):
        arguments += ["--tmpfs", "/usr/local/share"]
    else:
        arguments += ["--tmpfs", "/usr/local", "--remount-ro", "/usr/local"]
    arguments += ["--ro-bind-try", "/sys/kernel/mm", "/sys/kernel/mm"]
    if staged.python_home:
        arguments += ["--ro-bind", str(staged.python_home), "/opt/python"]
    for file, content in (("/etc/passwd", ACCOUNTS), ("/etc/group", GROUP), ("/etc/nsswitch.conf", "passwd: files\n")):
        arguments += ["--ro-bind-data", data.add(content.encode()), file]
    arguments += ["--ro-bind", str(staged.packages), "/opt/packages"]
    arguments += ["--dev", "/dev", *sized, "--tmpfs", "/dev/shm", *sized, "--tmpfs", "/tmp"]
    arguments += ["--tmpfs", "/dev/pts", "--remount-ro", "/dev/pts"]  # of terminals there are as many as the kernel has
    arguments += [
        "--dir",
        "/tmp/matplotlib",
        "--ro-bind-data",
        data.add(SETTINGS.read_bytes()),
        "/tmp/matplotlib/matplotlibrc",
    ]
    for fonts in staged.fonts.glob("fontlist-*.json"):
        arguments += ["--ro-bind", str(fonts), f"/tmp/matplotlib/{fonts.name}"]
    return arguments


def _programs() -> list[str]:
    """The system's programs and libraries, and how they find each other."""
    arguments = ["--ro-bind", "/usr", "/usr"]
    for link in ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"):
        if os.path.islink(link):
            arguments += ["--symlink", os.readlink(link), link]
        elif os.path.isdir(link):
            arguments += ["--ro-bind", link, link]
    for shared in ("/etc/ld.so.cache", "/etc/alternatives"):
        arguments += ["--ro-bind-try", shared, shared]
    return arguments


def _proc(host_list: Path | None) -> list[str]:
    """The snippet's own /proc, or under it, at /run/proc, with a prepared list of the host's processes in its place.

    What is hidden of it names the keys of the user who builds, and how the machine was booted. A few settings in it are
    those of the snippet's own namespaces, such as how much its message queues may hold; they can be written unless all
    of them are read-only.
    """
    own = "/run/proc" if host_list else "/proc"
    named = [name for name in ("keys", "cmdline") if Path("/proc", name).exists()]
    hidden = [word for name in named for word in ("--ro-bind", "/dev/null", f"{own}/{name}")]
    hidden += ["--ro-bind", "/proc/sys", f"{own}/sys"]
    return ["--proc", own, *hidden, *(["--ro-bind", str(host_list), "/proc"] if host_list else [])]


def _environment(staged: Staged, channel: int) -> list[str]:
    variables = {
        "HOME": "/tmp",
        "PATH": SEARCH_PATH,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "COLUMNS": "100",
        "PYTHONPATH": "/opt/packages",  # for the Python programs that it starts
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": "/tmp/matplotlib",
        "OMP_NUM_THREADS": "1",  # a pool of threads would be in every measurement
        "OPENBLAS_NUM_THREADS": "1",
        "LIVE_CHANNEL": str(channel),
    }
    if staged.python_home:
        variables["LD_LIBRARY_PATH"] = "/opt/python/lib"
    return [word for name, value in variables.items() for word in ("--setenv", name, value)]
