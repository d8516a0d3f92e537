"""A build is killed at any moment: nothing of it goes on, and the next one is right and clears up."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import sites
import small as project
from live import exchange
from live.lab import image, machine

KILLS = {"capture": 36, "build": 14}


@pytest.mark.parametrize("kind", KILLS)
def test_nothing_outlives_a_killed_build_and_the_next_is_right(small, kind):
    chance = random.Random(5)
    started = time.monotonic()
    assert small.build(kind, LIVE_MODE="fresh").returncode == 0
    whole = time.monotonic() - started
    wrong = []
    with project.orphans():
        for number in range(KILLS[kind]):
            moment = whole * (number + chance.random()) / KILLS[kind]
            victim = small.start(kind, LIVE_MODE="fresh")
            time.sleep(moment)
            victim.kill()
            victim.wait()
            outlived = project.outlived()
            victim.stdout.close()
            done = small.build(kind)
            found = outlived + small.wrong() + ([done.stdout] if done.returncode else [])
            wrong += [f"after {moment:.2f} of {whole:.2f} s: {one}" for one in found]

    assert not wrong, "\n".join(wrong)


def test_what_a_killed_copying_of_packages_leaves_is_removed_by_the_next_build(small):
    copying = [sys.executable, "-c", "from live import staging; staging.stage(['matplotlib'])"]
    victim = small.start(command=copying)
    wait_for(lambda: [left for left in small.left() if left.startswith("staging/live-new-")])
    victim.kill()
    victim.communicate()
    assert [left for left in small.left() if left.startswith("staging/live-new-")]

    done = small.build()

    assert done.returncode == 0, done.stdout
    assert small.wrong() == []


def test_what_a_live_build_uses_is_not_removed_by_another_one(small):
    copying = [sys.executable, "-c", "from live import staging; print(staging.stage(['matplotlib']).packages)"]
    first = small.start(command=copying)
    wait_for(lambda: [left for left in small.left() if left.startswith("staging/live-new-")])
    first.send_signal(signal.SIGSTOP)  # so that it is still at it, however slow the other one is
    assert [left for left in small.left() if left.startswith("staging/live-new-")]
    assert small.build().returncode == 0
    first.send_signal(signal.SIGCONT)
    said, _ = first.communicate(timeout=60)

    assert first.returncode == 0, said
    assert (Path(said.strip()) / "matplotlib" / "__init__.py").exists()
    assert small.left() == []


def test_packages_of_an_image_that_was_being_made_are_removed_by_the_next_build(tmp_path, monkeypatch):
    (tmp_path / ".new-abc" / "tree").mkdir(parents=True)
    monkeypatch.setattr(image, "_known", lambda *_: "known")

    assert image.get(tmp_path, "release") == "known"
    assert not (tmp_path / ".new-abc").exists()


def test_no_apt_outlives_a_killed_build():
    program = "from live.lab import packages; packages._output('sleep', '300')"
    with project.orphans():
        victim = subprocess.Popen([sys.executable, "-c", program])
        try:
            wait_for(lambda: [one for one in project.outlived(0) if one.endswith(" sleep 300")])
        finally:
            victim.kill()
            victim.wait()
        assert project.outlived() == []


@pytest.mark.skipif(bool(machine.lacking()), reason=machine.lacking())
@pytest.mark.parametrize("moment", ["as it starts", "later"])
@pytest.mark.usefixtures("an_image")  # making one takes longer than the wait for a guest
def test_no_guest_outlives_a_killed_build(small, moment):
    work = sites.snippet(
        "A guest.", "\nimport time\nprint('at work')\ntime.sleep(1)\nassert True, 'it worked'", host="lab"
    )
    path = small.root / "snippets" / "t" / "guest.py"
    path.write_text(work)
    page = small.root / "docs" / "guest.md"
    page.write_text(f"# Guest\n\n{sites.fence('t/guest')}")
    lab = {"LIVE_LAB": os.environ["LIVE_LAB"]}
    try:
        with project.orphans():
            victim = small.start("capture", **lab)
            try:
                wait_for(lambda: [one for one in project.outlived(0) if "qemu" in one])
                time.sleep(0 if moment == "as it starts" else 3)
            finally:
                victim.kill()
                victim.communicate()
            assert project.outlived() == []
            if moment == "later":
                done = small.build("capture", **lab)
                assert "5 held" in done.stdout, done.stdout
    finally:
        path.unlink()
        page.unlink()
    assert small.build().returncode == 0
    assert small.wrong() == []


@pytest.fixture
def versions(tmp_path):
    """Two folders of many files, each of which holds the folder's version."""
    for version in ("old", "new"):
        (tmp_path / version).mkdir()
        for number in range(50):
            (tmp_path / version / f"{number}.html").write_text(version)
    return tmp_path


def test_of_a_site_there_is_always_the_old_one_or_the_new_one_and_it_is_whole(versions):
    chance = random.Random(8)
    swapping = "exchange(Path('new'), Path('old'))"
    program = (
        f"from pathlib import Path\nfrom live.exchange import exchange\n{swapping}\nprint(flush=True)\n"
        f"while True: {swapping}"
    )
    for _ in range(15):
        victim = subprocess.Popen([sys.executable, "-c", program], cwd=versions, stdout=subprocess.PIPE)
        victim.stdout.readline()
        time.sleep(0.1 * chance.random())
        victim.kill()
        victim.communicate()
        for name in ("old", "new"):
            files = list((versions / name).iterdir())
            assert len(files) == 50
            assert len({file.read_text() for file in files}) == 1


@pytest.mark.parametrize("there", ["an old one", "none"])
def test_a_site_takes_its_place_also_where_folders_cannot_be_exchanged(versions, there, monkeypatch):
    monkeypatch.setattr(exchange.ctypes, "CDLL", lambda _: SimpleNamespace(renameat2=lambda *_: -1))
    target = versions / ("old" if there == "an old one" else "not there")
    exchange.exchange(versions / "new", target)

    assert (target / "0.html").read_text() == "new"
    assert (versions / "new").exists() == (there == "an old one")


def wait_for(what):
    """Wait until something is there. Fails if it never is."""
    end = time.monotonic() + 60
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)
