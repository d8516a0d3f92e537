"""What a hostile snippet tries, each for real: it must not read, reach or leave anything."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from live import sandbox, staging

ROOT = Path(__file__).parents[2]
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
MARK = "seen-nowhere-but-here"


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


def test_the_environment_and_the_way_in_tell_nothing(run, monkeypatch):
    monkeypatch.setenv("INNOCENT_NAME", MARK)
    ran = run(
        "import os, glob\n"
        'for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/*/cmdline") + ["/proc/self/mountinfo"]:\n'
        "    try:\n        print(path, open(path).read())\n    except OSError:\n        pass\n"
        'print(dict(os.environ), os.uname(), os.getcwd(), sorted(os.listdir("/")))\n'
        'print(open("/etc/passwd").read())\n'
    )

    seen = ran.result.stdout
    assert MARK not in seen
    for telling in (str(ROOT), str(Path.home()), os.uname().nodename):
        assert telling in ("/", "/root") or len(telling) < 4 or telling not in seen, telling
    assert "nodename='build'" in seen
    assert "HOME=/root" not in seen


def test_open_files_of_the_build_are_not_inherited(run, tmp_path):
    (tmp_path / MARK).touch()
    descriptor = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    try:
        ran = run(
            "import os\n"
            'for name in os.listdir("/proc/self/fd"):\n'
            "    try:\n"
            '        print(name, os.readlink(f"/proc/self/fd/{name}"))\n'
            "        print(os.listdir(int(name)))\n"
            "    except OSError:\n        pass\n"
            "print(os.isatty(0), os.read(0, 1))\n"
        )
    finally:
        os.close(descriptor)

    assert MARK not in ran.result.stdout
    assert "False b''" in ran.result.stdout


def test_the_keyring_of_the_session_is_out_of_reach(run):
    numbers = sandbox.NUMBERS.get(os.uname().machine)
    if not numbers:
        pytest.skip("the number of keyctl(2) is not known for this machine")
    add = {250: 248, 219: 217}[numbers[2]]
    libc = __import__("ctypes").CDLL(None)
    key = libc.syscall(add, b"user", MARK.encode(), b"secret", 6, -3)
    if key < 0:
        pytest.skip("this machine lets nobody add a key")

    ran = run(
        "import ctypes\n"
        f"found = ctypes.CDLL(None).syscall({numbers[2]}, 10, -3, b'user', {MARK.encode()!r}, 0)\n"
        "assert found < 0, f'key {found}'\n"
    )

    assert ran.problems == []


def test_nothing_is_left_on_the_host(run):
    folders = [Path("/tmp"), Path("/dev/shm"), staging.ROOT]
    before = {path for folder in folders for path in folder.glob("*")}

    ran = run(
        "import os\n"
        f'for folder in ("/tmp", "/dev/shm"):\n    open(f"{{folder}}/{MARK}", "w").write("x")\n'
        f'print(os.listdir("/tmp"))\n'
    )

    assert MARK in ran.result.stdout
    left = {path for folder in folders for path in folder.glob("*")} - before
    assert [path for path in left if MARK in path.name or "live-run" in path.name] == []


def test_a_daemon_ends_with_the_run(run, tmp_path):
    ran = run(
        "import os, time, sys\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        f"        os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(600)  # {MARK}'])\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "time.sleep(0.2)\n"
    )

    assert ran.problems == []
    commands = [
        path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.parent.name != str(os.getpid())
    ]
    assert not any(MARK.encode() in command for command in commands)


def test_the_build_is_not_run_as_root_inside(run):
    ran = run('print(open("/proc/self/status").read())')

    assert "CapEff:\t0000000000000000" in ran.result.stdout
    assert "CapBnd:\t0000000000000000" in ran.result.stdout
    assert "NoNewPrivs:\t1" in ran.result.stdout


def test_the_host_list_tells_no_arguments_and_gives_no_power(run):
    other = subprocess.Popen([sys.executable, "-c", f"import time; time.sleep(60)  # {MARK}"], env={MARK: "x"})
    try:
        ran = run(
            "import os, subprocess\n"
            'print(subprocess.check_output(["ps", "-eo", "pid,user,rss,args"], text=True))\n'
            f'for name in os.listdir("/proc/{other.pid}"):\n'
            f'    print(name, open(f"/proc/{other.pid}/{{name}}").read())\n'
            "try:\n"
            f"    os.kill({other.pid}, 9)\n    worked = True\n"
            "except OSError:\n    worked = False\n"
            'assert not worked, "it sent a signal"\n',
            sees="host",
            needs=["ps"],
        )
        assert ran.problems == []
        assert f"\n {other.pid:6} " in ran.result.stdout or f"\n{other.pid:7} " in ran.result.stdout
        assert MARK not in ran.result.stdout
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_without_a_sandbox_the_build_says_so(run, monkeypatch):
    monkeypatch.setenv("LIVE_SANDBOX", "off")

    ran = run('print("alone")\nassert 1 < 2, "one is less"\n')

    assert ran.problems == []
    assert ran.capture["sandbox"] == "none"
    assert any("LIVE_SANDBOX=off" in note for note in ran.notes)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start it as somebody else")
def test_an_ordinary_user_can_run_snippets(tmp_path, source):
    """Where there is no control group to be had, the same walls stand."""
    for name in ("snippets/t", "docs"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "snippets/t/one.py").write_text(source('print("as", 1)\nassert 1, "one"\n'))
    engine = tmp_path / "engine"
    __import__("shutil").copytree(ROOT / "hooks" / "live", engine / "live")
    packages = [path for path in sys.path if path.endswith("-packages")]
    probe = subprocess.run(
        [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            sys.executable,
            "-c",
            "import packaging, ansi2html",
        ],
        capture_output=True,
        check=False,
        cwd="/",
        env={"PYTHONPATH": os.pathsep.join(packages)},
    )
    if probe.returncode:
        pytest.skip("this environment's Python cannot be read by others")
    for path in [tmp_path, *tmp_path.parents[:2], *tmp_path.rglob("*")]:
        path.chmod(0o755)
    os.chown(tmp_path, 65534, 65534)

    ran = subprocess.run(
        [*AS_NOBODY, sys.executable, "-m", "live", "-C", str(tmp_path), "run", "t/one"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={
            "PYTHONPATH": os.pathsep.join([str(engine), *packages]),
            "LIVE_STAGING": str(tmp_path / "staging"),
            "HOME": str(tmp_path),
            "USER": "nobody",
            "PATH": "/usr/bin:/bin",
        },
    )

    assert ran.returncode == 0, ran.stderr
    assert "as 1" in ran.stdout
