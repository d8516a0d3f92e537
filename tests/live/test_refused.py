"""What a hostile snippet tries, one attempt a line, each for real: all of it must be refused."""

import os
import re
import socket
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def tries(attempt: str, **names: object) -> str:
    """A body that claims that an attempt is refused. It prints what it got if it is not."""
    given = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    return f"""\
import ctypes, glob, os, signal, socket
libc = ctypes.CDLL(None, use_errno=True)
{given}
def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result
try:
    got, worked = ({attempt}), True
except (OSError, ValueError) as error:
    got, worked = error, False
print(got)
assert not worked, f"it worked: {{got!r}}"
"""


REFUSED = {
    "list the home of root": 'os.listdir("/root")',
    "list the homes": 'os.listdir("/home")',
    "read the shadow file": 'open("/etc/shadow").read()',
    "list the checkout": "os.listdir(checkout)",
    "write to /usr": 'open("/usr/x", "w")',
    "write to /etc": 'open("/etc/x", "w")',
    "write to the root": 'open("/x", "w")',
    "write to the packages": 'open("/opt/packages/x", "w")',
    "write to its own source": 'open(__file__, "a")',
    "write to the harness": 'open("/run/live/tried.py", "a")',
    "write to /dev": 'open("/dev/x", "w")',
    "change the mode of a device": 'os.chmod("/dev/null", 0o600)',
    "set a kernel setting": 'os.write(os.open("/proc/sys/vm/overcommit_memory", os.O_WRONLY), b"1")',
    "set huge pages": 'os.write(os.open("/sys/kernel/mm/transparent_hugepage/enabled", os.O_WRONLY), b"never")',
    "mount": 'check(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))',
    "remount the root": 'check(libc.mount(None, b"/", None, 32, None))',
    "make a user namespace": "check(libc.unshare(0x10000000))",
    "make a mount namespace": "check(libc.unshare(0x20000))",
    "change the host name": 'socket.sethostname("x")',
    "become root": "os.setuid(0)",
    "become somebody else": "os.setuid(1)",
    "make a device": 'os.mknod("/tmp/x", 0o20666, os.makedev(1, 5))',
    "reach the network": 'socket.create_connection(("192.0.2.1", 80), timeout=1)',
    "reach a server on this machine": 'socket.create_connection(("127.0.0.1", port), timeout=1)',
    "reach an abstract socket": "socket.socket(socket.AF_UNIX).connect(chr(0) + abstract)",
    "reach the hypervisor": "socket.socket(40, socket.SOCK_STREAM)",
    "send packets": "socket.socket(17, socket.SOCK_RAW)",
    "end a process of the host": "os.kill(pid, 0)",
    "raise a limit": '__import__("resource").setrlimit(7, (4096, 4096))',
    "lower its own badness": 'os.write(os.open("/proc/self/oom_score_adj", os.O_WRONLY), b"-1000")',
    "load the firmware": 'os.listdir("/sys/firmware")',
    "list the control groups": 'os.listdir("/sys/fs/cgroup")',
    "open a disk": 'os.open(next(iter(glob.glob("/dev/[svn][dv]*") + ["/dev/vda"])), os.O_RDONLY)',
}


@pytest.fixture(scope="module")
def outside():
    """A server, an abstract socket and a process of the host, to be found by a snippet."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        name = f"live-test-{os.getpid()}"
        local.bind("\0" + name)
        local.listen()
        yield {"port": server.getsockname()[1], "abstract": name, "pid": 400_000 + os.getpid(), "checkout": str(ROOT)}


def test_everything_that_is_to_be_refused_is_refused(run_all, outside, source):
    snippets = {
        f"t/{re.sub(r'[^a-z]+', '_', name)}": source(tries(attempt, **outside), title=f"It cannot {name}.")
        for name, attempt in REFUSED.items()
    }

    got_through = {name: ran.said for name, ran in run_all(snippets).items() if ran.problems}

    assert got_through == {}
