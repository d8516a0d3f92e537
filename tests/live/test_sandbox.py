"""What a snippet must not reach, each tried from within. What is printed is what got through."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import running
from live import hostlist, sandbox, seccomp, staging

ROOT = os.geteuid() == 0
LIBC = "import ctypes, errno, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
# `attempt` prints what a call gave, or the name of the error that it ended with.
ATTEMPT = """
import ctypes, errno, os, signal, socket, stat, subprocess, sys
from pathlib import Path
libc = ctypes.CDLL(None, use_errno=True)

def attempt(call):
    try:
        print(repr(call()))
    except OSError as error:
        print(errno.errorcode[error.errno])

def system(*arguments):
    ctypes.set_errno(0)
    given = libc.syscall(*arguments)
    return given if given >= 0 else errno.errorcode[ctypes.get_errno()]
"""


@pytest.fixture
def attempt(run):
    """Run lines of a snippet that tries something; return the lines that it printed."""

    def go(body, **keys):
        ran = run(f"{ATTEMPT}\n{body}", **keys)
        assert not ran.problems, (ran.problems, ran.result.stderr)
        return ran.result.stdout.splitlines()[:-1]

    return go


@pytest.mark.parametrize(
    "path",
    "/root /home /etc/shadow /etc/hostname /etc/machine-id /var /boot /run/user /srv /sys/class/net /sys/class/dmi "
    "/sys/fs/cgroup /usr/local/bin /dev/kmsg".split(),
)
def test_what_is_the_hosts_is_not_there(attempt, path):
    assert attempt(f"attempt(lambda: os.stat({path!r}))") == ["ENOENT"]


def test_the_magic_key_is_not_there_or_cannot_be_pressed(attempt):
    (answer,) = attempt("attempt(lambda: os.open('/proc/sysrq-trigger', os.O_WRONLY))")

    assert answer in ("ENOENT", "EACCES", "EROFS")


def test_the_checkout_and_the_engine_are_not_there(attempt, project):
    here = str(project().root)
    engine = str(Path(sandbox.__file__).parent)

    assert attempt(f"attempt(lambda: os.listdir({here!r}))\nattempt(lambda: os.listdir({engine!r}))") == ["ENOENT"] * 2


def test_the_root_holds_only_what_it_should(attempt):
    allowed = "bin dev etc lib lib32 lib64 libx32 opt proc run sbin snippets sys tmp usr".split()
    body = "print(*sorted(os.listdir('/')))\nprint(*sorted(os.listdir('/etc')))\nprint(*sorted(os.listdir('/run')))"
    root, etc, run = attempt(body)

    assert set(root.split()) <= set(allowed)
    assert set(etc.split()) <= {"alternatives", "group", "ld.so.cache", "nsswitch.conf", "passwd"}
    assert run == "live"


def test_no_environment_of_the_build_is_seen(attempt, monkeypatch):
    monkeypatch.setenv("DEPLOY_TOKEN", "hunter2-hunter2")
    body = "print(sorted(os.environ))\nfor one in Path('/proc').glob('[0-9]*/environ'):\n    print(one.read_bytes())"

    seen = "\n".join(attempt(body))

    assert "hunter2" not in seen
    assert "DEPLOY_TOKEN" not in seen
    assert "LIVE_CHANNEL" not in seen.splitlines()[0]


def test_the_first_process_tells_nothing_of_its_walls(attempt, project):
    lines = attempt("print(Path('/proc/1/environ').read_bytes())\nprint(Path('/proc/1/cmdline').read_text())")

    assert lines[0] == "b''"
    assert str(project().root) not in lines[1]
    assert "bind" not in lines[1]


@pytest.mark.parametrize("sees", ["own", "host"])
def test_mounts_name_neither_checkout_nor_home(attempt, project, monkeypatch, tmp_path, sees):
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # somebody's own folder for temporary files
    monkeypatch.setattr("tempfile.tempdir", None)

    seen = "\n".join(attempt("print(Path('/proc/self/mountinfo').read_text())", sees=sees))

    for secret in (project().root, tmp_path, Path.home(), Path(sandbox.__file__).parents[2]):
        assert f"{secret}" not in seen or secret == Path("/")


def test_inherited_descriptors_do_not_pass(attempt, tmp_path):
    (tmp_path / "secret").write_text("x")
    folder = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(folder, True)
    try:
        lines = attempt(
            "for n in range(3, 512):\n    try: print(os.readlink(f'/proc/self/fd/{n}'))\n    except OSError: pass"
        )
    finally:
        os.close(folder)

    assert [line.split(":")[0] for line in lines] == ["socket"]  # the way on which it reports


def test_standard_input_is_no_terminal(attempt):
    assert attempt("print(os.readlink('/proc/self/fd/0'))\nattempt(lambda: os.open('/dev/tty', os.O_RDWR))") == [
        "/dev/null",
        "ENXIO",
    ]


@pytest.mark.skipif(not seccomp.program(), reason="no system call filter for this machine")
@pytest.mark.parametrize("sees", ["own", "host"])
def test_no_keyring_of_the_build_is_readable(attempt, sees):
    import ctypes

    keyctl = seccomp.numbers()["keyctl"]
    libc = ctypes.CDLL(None, use_errno=True)
    session, user = -3, -4  # KEY_SPEC_SESSION_KEYRING, KEY_SPEC_USER_KEYRING
    keys = [libc.syscall(keyctl - 2, b"user", b"live-test", b"hunter2", 7, ring) for ring in (session, user)]
    if min(keys) < 0:
        pytest.skip("this kernel or container has no keyrings")
    libc.syscall(keyctl, 8, user, session)  # KEYCTL_LINK: only so may this process do the next
    try:
        for key in keys:
            assert libc.syscall(keyctl, 5, key, 0x3F3F3F3F) == 0  # KEYCTL_SETPERM: all, to everybody
        body = "".join(f"print(system({keyctl}, 11, {key}, ctypes.create_string_buffer(9), 9))\n" for key in keys)
        body += f"print(system({keyctl}, 10, -3, b'user', b'live-test', 0))\n"
        body += f"print(system({keyctl - 1}, b'user', b'live-test', None, 0))\n"
        body += "print(subprocess.getoutput('cat /proc/keys /run/proc/keys'))\n"
        lines = attempt(body, sees=sees)
    finally:
        for key, ring in zip(keys, (session, user), strict=True):
            libc.syscall(keyctl, 9, key, ring)  # KEYCTL_UNLINK

    assert lines[:4] == ["ENOSYS"] * 4
    assert "live-test" not in "\n".join(lines)


def test_there_is_no_network(attempt):
    with socket.socket() as listener, socket.socket(socket.AF_UNIX) as abstract:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        abstract.bind(f"\0live-test-{os.getpid()}")
        abstract.listen()
        lines = attempt(
            f"attempt(lambda: socket.create_connection(('127.0.0.1', {listener.getsockname()[1]}), 2))\n"
            f"attempt(lambda: socket.create_connection(('192.0.2.1', 80), 2))\n"
            f"attempt(lambda: socket.socket(socket.AF_UNIX).connect({abstract.getsockname()!r}))\n"
        )

    assert lines == ["ECONNREFUSED", "ENETUNREACH", "ECONNREFUSED"]


@pytest.mark.skipif(not seccomp.program(), reason="no system call filter for this machine")
def test_no_other_way_leads_to_the_hypervisor(attempt):
    lines = attempt(
        "attempt(lambda: socket.socket(40, socket.SOCK_STREAM))\n"  # AF_VSOCK, which no namespace holds back
        "attempt(lambda: socket.socket(17, socket.SOCK_RAW))\n"  # AF_PACKET
        "print(system(425, 4, ctypes.create_string_buffer(120)))\n"  # io_uring_setup
        "attempt(lambda: socket.socket(16, socket.SOCK_RAW).close())\n"  # AF_NETLINK stays
    )

    assert lines == ["EAFNOSUPPORT", "EAFNOSUPPORT", "ENOSYS", "None"]


@pytest.mark.parametrize(
    "path", ["/usr/x", "/etc/x", "/snippets/topic/x", "/opt/packages/x", "/x", "/run/x", "/dev/x", "/var/x"]
)
def test_nothing_outside_the_temporary_folders_can_be_written(attempt, path):
    (line,) = attempt(f"attempt(lambda: os.close(os.open({path!r}, os.O_CREAT | os.O_WRONLY)))")

    assert line in {"EROFS", "EACCES", "EPERM", "ENOENT"}


def test_neither_the_settings_of_the_kernel_nor_device_nodes_can_be_changed(attempt):
    # Root without capabilities still owns these, so root must not be who runs it.
    lines = attempt(
        "for path in ('/proc/sys/vm/overcommit_memory', '/proc/sys/kernel/core_pattern', '/proc/kpageflags',"
        " '/proc/mtrr', '/sys/kernel/mm/ksm/run'):\n"
        "    if os.path.exists(path):\n        attempt(lambda: os.open(path, os.O_RDWR))\n"
        "attempt(lambda: os.chmod('/dev/null', 0o666))\n"
        "attempt(lambda: os.mknod('/tmp/disk', stat.S_IFBLK | 0o666, os.makedev(8, 0)))\n"
    )

    assert set(lines) <= {"EACCES", "EROFS", "EPERM"}
    assert len(lines) >= 4


def test_no_mount_can_be_changed(attempt):
    remount = "libc.mount(b'none', {0}, None, 32, None) and errno.errorcode[ctypes.get_errno()]"
    body = "".join(f"print({remount.format(path)})\n" for path in (b"/", b"/usr", b"/etc"))
    body += "print(libc.mount(b'x', b'/tmp', b'tmpfs', 0, None) and errno.errorcode[ctypes.get_errno()])\n"
    body += "print(libc.umount2(b'/usr', 2) and errno.errorcode[ctypes.get_errno()])\n"

    assert set(attempt(body)) <= {"EPERM", "ENOSYS"}


@pytest.mark.skipif("--disable-userns" not in sandbox.bubblewrap()[1], reason="bubblewrap before 0.8 cannot hold this")
def test_namespaces_do_not_nest(attempt):
    lines = attempt(
        "print(libc.unshare(0x10000000) and errno.errorcode[ctypes.get_errno()])\n"
        "print(subprocess.run(['unshare', '-Urm', 'true'], capture_output=True).returncode != 0)\n"
        "print([line for line in Path('/proc/self/status').read_text().splitlines() if line.startswith('Cap')])\n"
    )

    assert lines[0] in {"ENOSPC", "EPERM", "ENOSYS"}
    assert lines[1] == "True"
    assert lines[2].count("0000000000000000") == 5


def test_helpers_that_raise_privileges_raise_none(attempt):
    lines = attempt(
        "print([l.split()[1] for l in Path('/proc/self/status').read_text().splitlines() if 'NoNewPrivs' in l])\n"
        "for helper in ('su', 'sudo', 'pkexec', 'newgrp'):\n"
        "    try:\n        r = subprocess.run([helper, '-c', 'id -u'], capture_output=True, text=True, timeout=5)\n"
        "        print(r.stdout.strip())\n    except (OSError, subprocess.TimeoutExpired):\n        print()\n"
        "attempt(lambda: os.setuid(0))\n"
    )

    assert lines == ["['1']", "", "", "", "1000", "EINVAL"] or ("0" not in lines and lines[-1] in {"EINVAL", "EPERM"})


def test_processes_of_the_host_can_neither_be_seen_nor_signalled_nor_traced(attempt):
    victim = subprocess.Popen(["sleep", "60"])
    try:
        lines = attempt(
            f"attempt(lambda: os.kill({victim.pid}, signal.SIGKILL))\n"
            f"print(libc.ptrace(16, {victim.pid}, None, None) and errno.errorcode[ctypes.get_errno()])\n"
            "print(len([n for n in os.listdir('/proc') if n.isdigit()]))\n"
            "for pid in (1, os.getppid()):\n    attempt(lambda: os.kill(pid, signal.SIGKILL))\n"
        )
        assert victim.poll() is None
    finally:
        victim.kill()
        victim.wait()

    assert lines[0] == "ESRCH"
    assert lines[1] in {"ESRCH", "ENOSYS"}
    assert int(lines[2]) <= 3


def test_names_of_machine_and_user_are_neutral(attempt):
    lines = attempt(
        "import getpass, platform\nprint(platform.node(), getpass.getuser(), os.path.expanduser('~'), os.getuid())"
    )

    assert lines == ["build reader /tmp 1000"]


@pytest.mark.parametrize("key", [0x1EE7, 0])
def test_what_is_left_in_shared_memory_is_gone_afterwards(attempt, key):
    lines = attempt(
        f"print(libc.shmget({key}, 1234567, 0o1666) >= 0)\n"
        "Path('/dev/shm/left-by-a-test').write_text('x')\nPath('/tmp/left-by-a-test').write_text('x')\n"
        "print(libc.mq_open(b'/left-by-a-test', 66, 0o600, None) >= 0)\n"
    )

    assert lines == ["True", "True"]
    assert "1234567" not in Path("/proc/sysvipc/shm").read_text()
    assert "left-by-a-test" not in os.listdir("/dev/shm") + os.listdir("/tmp")


def test_the_list_of_the_host_shows_processes_but_not_their_arguments(attempt):
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "hunter2"], env={"K": "hunter3"})
    try:
        lines = attempt(
            f"print(Path('/proc/{other.pid}/status').read_text().split()[1])\n"
            f"print(sorted(os.listdir('/proc/{other.pid}')))\n"
            f"attempt(lambda: os.kill({other.pid}, signal.SIGKILL))\n"
            f"attempt(lambda: os.stat('/run/proc/{other.pid}'))\n"
            "print(subprocess.getoutput('ps axeww; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>&1'))\n",
            sees="host",
        )
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()

    assert lines[0].startswith("python")
    assert "environ" not in lines[1]
    assert lines[2] in {"ESRCH", "None"} if other.pid < 64 else lines[2] == "ESRCH"
    assert lines[3] == "ENOENT" or other.pid < 64
    assert "hunter" not in "\n".join(lines)


def test_a_process_that_may_not_be_read_is_left_out_of_the_list(tmp_path, monkeypatch):
    source = tmp_path / "7"
    source.mkdir()

    def refuse(*_args, **_keys):
        raise PermissionError

    monkeypatch.setattr(Path, "read_text", refuse)
    hidden = hostlist._of_process(source)
    monkeypatch.undo()

    assert hidden == {}


def test_a_strict_umask_does_not_matter(attempt, monkeypatch, tmp_path):
    monkeypatch.setattr(staging, "ROOT", running.public(tmp_path))
    before = os.umask(0o077)
    try:
        assert attempt("print(bool(os.listdir('/proc/1')))", sees="host") == ["True"]
    finally:
        os.umask(before)
