"""Disks, clocks, tools and processes that do what they should not: what is said, and that the next build is right."""

import fcntl
import json
import re
import subprocess
import sys
from pathlib import Path

import places
import pytest
import sites
from live import tools

FULL = """
mkdir -p {0}
cp -a {0} {1}/before
mount -t tmpfs -o size=1m,mode=755 none {0}
cp -a {1}/before/. {0} 2>/dev/null || true
dd if=/dev/zero of={0}/filling 2>/dev/null || true
"""
READ_ONLY = """
mkdir -p {0}
mount --bind {0} {0}
mount -o remount,bind,ro {0}
"""
AND_KEEP = '"$@"; code=$?; cp -a {0} {1}/after; exit $code'  # what the build left in a place that nobody sees later
FAULTS = {
    "full": (FULL, "No space left on device", "make room there"),
    "read-only": (READ_ONLY, "Read-only", "make it"),
}
SETTINGS = {"bundle": "LIVE_BUNDLE", "staging": "LIVE_STAGING", "site": "--site-dir"}


@pytest.fixture
def namespaces():
    places.need_namespaces()


def contents(folder: Path, pattern: str) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.glob(pattern)}


@pytest.mark.parametrize("place", SETTINGS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_place_that_cannot_be_written_is_named_and_nothing_is_lost(small, namespaces, fault, place, tmp_path):
    folder = getattr(small, place)
    prepare, says, remedy = FAULTS[fault]
    site = sites.tree(small.site)
    command = ["sh", "-c", AND_KEEP.format(folder, tmp_path), "sh", *small.command()]
    old = contents(folder, "*/*.json")
    done = small.build(command=places.within(prepare.format(folder, tmp_path), command), LIVE_MODE="fresh")

    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    said = rf"/{folder.name}\S* cannot be written: {says}[^;]*; {remedy}.*{SETTINGS[place]}"
    assert re.search(said, done.stdout), done.stdout
    if place == "bundle":
        assert contents(tmp_path / "after", "*/*.json") == old
        assert list((tmp_path / "after").rglob(".*")) == []
    assert small.wrong() == []
    assert sites.tree(small.site) == site
    assert small.build().returncode == 0
    assert small.wrong() == []


LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
with_faketime = pytest.mark.skipif(not LIBRARY, reason="needs faketime: sudo apt-get install faketime")


# faketime breaks clock_nanosleep(2) where it leaves the monotonic clock alone, as setting a real clock does.
SLEEPLESS = """
import select, time
time.sleep = lambda seconds: select.select([], [], [], seconds)
from mkdocs.__main__ import cli
cli()
"""


@with_faketime
@pytest.mark.parametrize("away", ["-3y", "+20y"])
def test_another_date_makes_nothing_run_again(small, away):
    done = small.build(LD_PRELOAD=str(LIBRARY), FAKETIME=away)

    assert done.returncode == 0, done.stdout
    assert "0 ran now, 4 reused" in done.stdout
    assert small.wrong() == []


@with_faketime
def test_a_clock_that_is_set_back_while_snippets_run_makes_no_time_negative(small, tmp_path):
    clock = tmp_path / "clock"
    clock.write_text("+1d\n")
    own = {"FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1"}
    command = [sys.executable, "-c", SLEEPLESS, *small.command()[1:]]
    victim = small.start(command=command, LIVE_MODE="fresh", LD_PRELOAD=str(LIBRARY), **own)
    for turn in range(400):
        clock.write_text(f"-{turn % 7}d\n")
        if victim.poll() is not None:
            break
        try:
            victim.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
    said, _ = victim.communicate(timeout=60)

    assert victim.returncode == 0, said
    assert "-0." not in said
    assert small.wrong() == []


def test_builds_at_the_same_time_are_all_right(small, tmp_path):
    sites_made = [tmp_path / str(number) for number in range(3)]
    command = small.command()[:-1]
    builds = [small.start(command=[*command, str(site)], LIVE_MODE="fresh") for site in sites_made]
    for victim in builds:
        said, _ = victim.communicate(timeout=120)
        assert victim.returncode == 0, said

    assert small.wrong() == []
    for site in sites_made:
        assert (site / "index.html").read_text().count('class="live-provenance"') == 4
        assert len(json.loads((site / "build.json").read_text())["captures"]) == 4


def test_builds_of_the_whole_site_wait_for_each_other(small, tmp_path):
    root = sites.checkout(tmp_path / "root")
    for name in ("docs", "snippets", "mkdocs.yml"):
        subprocess.run(["rm", "-rf", root / name], check=True)
        subprocess.run(["cp", "-a", small.root / name, root / name], check=True)
    sites.lend_packages(root)
    (root / ".ci" / "setup").chmod(0o755)
    (root / "site").mkdir()
    (root / "site" / "index.html").write_text("the old one")
    (root / ".cache").mkdir(exist_ok=True)
    with (root / ".cache" / "site.lock").open("w") as lock:  # a build that takes as long as the others need to begin
        fcntl.flock(lock, fcntl.LOCK_EX)
        builds = [small.start(command=["timeout", "120", "make", "-C", root, "site"]) for _ in range(2)]
        for victim in builds:
            assert any("another 'make site' is at work here" in line for line in victim.stdout)
        assert (root / "site" / "index.html").read_text() == "the old one"
    said = [victim.communicate()[0] for victim in builds]

    assert [victim.returncode for victim in builds] == [0, 0], said
    assert (root / "site" / "index.html").read_text().count('class="live-provenance"') == 4
    assert sorted(path.name for path in (root / ".cache").iterdir() if "site" in path.name) == ["site.lock"]


STORM = """
import os
while True:
    for _ in range(20):
        if not os.fork():
            os._exit(0)
    for _ in range(20):
        os.wait()
"""


def test_processes_that_come_and_go_while_the_host_is_listed_do_no_harm(small):
    storm = subprocess.Popen([sys.executable, "-c", STORM])
    try:
        for _ in range(4):
            done = small.build("capture", LIVE_MODE="fresh")
            assert done.returncode == 0, done.stdout
            assert small.wrong() == []
    finally:
        storm.kill()
        storm.wait()


MISSING = {
    "ps": ("ps", "skipped t/host: needs ps, which this machine lacks; sudo apt-get install procps", 0),
    "bwrap": (
        "bwrap",
        "bubblewrap is needed to run snippets safely and is not installed. .*apt-get install bubblewrap",
        1,
    ),
    "git": ("git", "4 held", 0),
}


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_tool_is_named_with_its_package(small, namespaces, name):
    tool, says, status = MISSING[name]
    prepare = places.over(Path("/dev/null"), f"/usr/bin/{tool}")
    done = small.build(command=places.within(prepare, small.command()), LIVE_MODE="fresh")

    assert done.returncode == status, done.stdout
    assert re.search(says, done.stdout), done.stdout
    assert small.build().returncode == 0
    assert small.wrong() == []


@pytest.mark.parametrize("tool", ["qemu-system-x86_64", "zstd"])
def test_a_lab_without_its_tools_says_what_to_install(small, namespaces, tool):
    path = Path("/usr/bin") / tool
    prepare = places.over(Path("/dev/null"), str(path)) if path.exists() else ""
    run = [sys.executable, "-m", "live", "run", "--host", "lab", "t/counts"]
    done = small.build(command=places.within(prepare, run), LIVE_LAB=str(small.tmp.parent / "lab"))

    assert "skipped t/counts: the lab needs QEMU and zstd: sudo apt-get install " in done.stdout
    assert "Traceback" not in done.stdout


OTHERS = {
    "is BusyBox's": ("", r"is 'BusyBox v1\.[^']*'"),
    "hangs": ("#!/bin/sh\nsleep 1000\n", "is 'unknown'"),
    "prints what is no text": ("#!/bin/sh\nprintf '\\377\\0\\033[1m1\\n'\n", "is 'unknown'"),
    "crashes": ("#!/bin/sh\nkill -SEGV $$\n", "is 'unknown'"),
}


@pytest.mark.parametrize("how", OTHERS)
def test_a_tool_that_is_another_program_is_not_measured_with(small, namespaces, how, tmp_path):
    text, says = OTHERS[how]
    program = tmp_path / "ps"
    program.write_text(text)
    program.chmod(0o755)
    tmp_path.chmod(0o755)
    if not text:
        program = Path("/usr/bin/busybox")
        if not program.exists():
            pytest.skip("needs busybox: sudo apt-get install busybox-static")
    done = small.build(command=places.within(places.over(program, "/usr/bin/ps"), small.command()), LIVE_MODE="fresh")

    assert done.returncode == 0, done.stdout
    assert re.search(
        rf"t/host: needs the ps of procps; what the one here says of itself {says}; sudo apt-get install procps",
        done.stdout,
    ), done.stdout
    assert "3 held, 0 failed, 1 skipped" in done.stdout
    page = (small.site / "index.html").read_text()
    assert "sudo apt-get install procps" in page
    assert small.build().returncode == 0
    assert small.wrong() == []


def test_the_tools_of_this_machine_are_those_of_their_packages():
    assert tools.foreign([name for name in tools.PACKAGES if not tools.missing([name])]) == ""
