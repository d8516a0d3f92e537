"""The set-up asks for what is needed and no more."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NEEDED = "bash cat cut dirname env id sha256sum uname".split()


def version_of_system_python():
    """What the Python that the set-up takes says of itself; the one in the fixture's folder says nothing."""
    code = (
        "import platform, sys; print('Python', platform.python_version()) if sys.version_info >= (3, 11) else exit(1)"
    )
    try:
        return subprocess.run(
            ["/usr/bin/python3", "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


@pytest.fixture
def asked(tmp_path):
    """What the set-up would install on a machine that has nothing, its Python packages apart."""
    for folder in ("bin", ".ci", ".venv"):
        (tmp_path / folder).mkdir()
    for name in NEEDED:
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    for name in ("apt-get", "ldconfig", "python3"):  # to be called, not to do anything
        (tmp_path / "bin" / name).write_text("#!/bin/sh\n")
        (tmp_path / "bin" / name).chmod(0o755)
    shutil.copy(ROOT / ".ci" / "setup", tmp_path / ".ci")
    (tmp_path / "requirements.lock").write_text("")
    made = f"{tmp_path} {version_of_system_python()}\n".encode()
    stamp = hashlib.sha256(made + (tmp_path / ".ci" / "setup").read_bytes()).hexdigest()[:16]
    (tmp_path / ".venv" / "setup-stamp").write_text(f"{stamp}\n")

    def asked(*options):
        environment = {"PATH": str(tmp_path / "bin")}
        done = subprocess.run(
            [tmp_path / ".ci" / "setup", *options], capture_output=True, text=True, env=environment, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[0].partition(": ")[2].partition(": ")[2].split()

    return asked


def test_the_check_needs_neither_the_emulator_nor_a_browser(asked):
    assert asked("--check") == ["procps", "sysstat", "bubblewrap", "zstd"]


def test_the_site_needs_the_emulator_and_the_tests_a_browser_and_odd_machines(asked):
    emulator = {"x86_64": ["qemu-system-x86"], "aarch64": ["qemu-system-arm"]}.get(os.uname().machine, [])

    assert asked() == [*asked("--check"), *emulator]
    more = [word for word in asked("--tests") if word not in asked()]
    found_here = {"iproute2", "nginx-light"}  # in /usr/sbin, where the set-up looks as well
    assert [word for word in more if word not in found_here] == ["chromium", "faketime", "busybox-static", "libatomic1"]
