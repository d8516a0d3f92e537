"""Whether a machine can make the sandbox and for whom, what is said where it cannot, and what a kill leaves."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import running
from live import sandbox, staging

ROOT = os.geteuid() == 0


def test_a_staging_folder_of_somebody_else_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(staging, "ROOT", tmp_path)
    folder = staging.stage([]).packages.parent
    folder.chmod(0o777)

    with pytest.raises(staging.LiveError, match="can be written by others"):
        staging.stage([])


def test_without_bubblewrap_the_build_stops_and_says_what_to_install(run, monkeypatch):
    monkeypatch.setattr(sandbox, "SEARCH_PATH", "/nonexistent")
    sandbox.bubblewrap.cache_clear()
    try:
        with pytest.raises(staging.LiveError, match="apt-get install bubblewrap"):
            run("")
    finally:
        sandbox.bubblewrap.cache_clear()


def test_running_without_the_sandbox_is_said(run, monkeypatch):
    monkeypatch.setenv("LIVE_SANDBOX", "off")

    ran = run("")

    assert ran.notes[0] == "LIVE_SANDBOX=off: snippets ran without a sandbox"
    assert ran.capture["sandbox"] == "none"


def test_a_weak_sandbox_is_said(monkeypatch):
    monkeypatch.setattr(sandbox, "bubblewrap", lambda: ("bwrap", "no option at all"))

    assert "lacks --disable-userns and --size" in sandbox.weaknesses()[0]


@pytest.mark.skipif(not ROOT, reason="only root can become somebody else; all other tests here ran as an ordinary user")
@pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv is not installed")
@pytest.mark.parametrize("uid", [65534, 23456])
def test_it_works_as_an_ordinary_user_and_as_one_without_a_name(tmp_path, source, uid):
    public = running.public(tmp_path)
    ours = public / "project" / "snippets" / "topic"
    ours.mkdir(parents=True)
    (public / "project" / "docs").mkdir()
    (ours / "plain.py").write_text(source("print(open('/proc/self/uid_map').read())\nassert True, 'x'", sees="host"))
    ended = running.engine_of(uid, public)("run", "topic/plain")

    assert "site-packages" not in ended.stdout
    assert ended.returncode == 0, ended.stderr
    assert "held" in ended.stdout


def test_a_run_that_is_interrupted_leaves_nothing(tmp_path, source):
    folder = tmp_path / "project" / "snippets" / "topic"
    folder.mkdir(parents=True)
    (folder / "long.py").write_text(source("import time\ntime.sleep(61.25)", timeout=90))
    build = subprocess.Popen(
        [sys.executable, "-m", "live", "run", "topic/long"],
        cwd=folder.parents[1],
        env=os.environ | {"PYTHONPATH": str(Path(sandbox.__file__).parents[1])},
    )
    inside = _wait_for(lambda: [pid for pid in _descendants(build.pid) if _command(pid).endswith("long.py")])
    build.send_signal(signal.SIGKILL)
    build.wait()

    assert inside
    assert not _wait_for(lambda: not [pid for pid in inside if Path(f"/proc/{pid}/exe").is_symlink()], gone=True)


def _command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0")
    except OSError:
        return ""


def _descendants(pid):
    from live.processes import tree

    return tree(pid)[1:]


def _wait_for(found, gone=False, seconds=60):
    import time

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = found()
        if value:
            return False if gone else value
        time.sleep(0.02)
    return True if gone else []
