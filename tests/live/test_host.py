"""The host is described as the machine has it; its tools, processes and list of processes as they are."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from live import host, hostlist, processes, staging, tools
from live.problems import LiveError


def test_the_description_is_what_the_machine_says():
    described = host.describe("7.0")

    assert described["kernel"] == os.uname().release
    assert described["page_size"] == os.sysconf("SC_PAGE_SIZE")
    total = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    assert described["ram"] == total
    assert described["overcommit_memory"] == int(Path("/proc/sys/vm/overcommit_memory").read_text())
    assert described["transparent_hugepage"] in ("always", "madvise", "never", "absent")
    assert described["cgroup"] in ("v1", "v2", "none")


def test_the_summary_is_one_line_without_names():
    line = host.summary(host.describe("7.0"))

    assert line.startswith(f"Linux {os.uname().release}")
    assert "\n" not in line


@pytest.mark.parametrize("name", ["ps", "free", "pmap", "sort", "sar", "top", "awk", "choom"])
def test_a_tool_tells_its_version(name):
    if tools.missing([name]):
        pytest.skip(f"{name} is not installed")

    assert any(character.isdigit() for character in tools.version(name))


def test_a_missing_tool_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr(tools, "SEARCH_PATH", "/nowhere")
    tools.version.cache_clear()

    assert tools.missing(["ps", "sar"]) == ["ps", "sar"]
    assert tools.how_to_get(["ps", "pmap", "sar"]) == "sudo apt-get install procps sysstat"
    assert tools.version("ps") == ""
    tools.version.cache_clear()


@pytest.fixture
def family():
    """A shell with a child, both asleep."""
    shell = subprocess.Popen(["sh", "-c", "sleep 60 & wait"])
    end = time.monotonic() + 30
    while len(processes.tree(shell.pid)) < 2:
        assert time.monotonic() < end
        time.sleep(0.01)
    yield shell
    for pid in reversed(processes.tree(shell.pid)):
        os.kill(pid, 9)
    shell.wait()


def test_a_tree_is_the_process_and_its_descendants(family):
    pids = processes.tree(family.pid)

    assert pids[0] == family.pid
    assert len(pids) == 2
    assert 0 < processes.memory(pids, enough=0) <= processes.memory(pids, enough=1 << 40) < 50 << 20
    assert processes.cpu_seconds(pids) < 5


def test_what_is_gone_counts_nothing():
    gone = 1 << 22

    assert processes.tree(gone) == [gone]
    assert processes.memory([gone], 1) == 0
    assert processes.cpu_seconds([gone]) == 0


def test_the_list_of_the_host_has_all_processes_and_no_arguments(family, tmp_path):
    listed = hostlist.write(tmp_path / "proc")

    (child,) = processes.tree(family.pid)[1:]
    assert (listed / str(child) / "cmdline").read_text() == "sleep\0"
    assert (listed / str(child) / "comm").read_text() == "sleep\n"
    assert (listed / str(child) / "statm").read_text()
    for forbidden in ("environ", "maps", "cwd", "exe", "fd"):
        assert not (listed / str(child) / forbidden).exists()


def test_ordinary_users_are_one_in_the_list():
    status = "Name:\tx\nUid:\t1234\t0\t1234\t33\nGid:\t1234\t1234\t0\t0\nGroups:\t27 1234 \nVmRSS:\t4 kB\n"

    assert hostlist._neutral_users(status) == (
        "Name:\tx\nUid:\t1000\t0\t1000\t33\nGid:\t1000\t1000\t0\t0\nGroups:\t\nVmRSS:\t4 kB\n"
    )


def test_a_list_of_the_host_does_not_tell_where_processes_have_their_memory(tmp_path):
    own = Path("/proc/self/stat").read_text()
    kept = hostlist._without_addresses(own)

    before, after = (text.rpartition(") ")[2].split() for text in (own, kept))
    zeroed = [number for number, (one, other) in enumerate(zip(before, after, strict=True), 3) if one != other]
    assert set(zeroed) <= {*range(26, 31), *range(45, 52)}
    assert {26, 27, 28, 45, 46, 47, 48, 49, 50, 51} <= set(zeroed)
    assert kept.startswith(own.rpartition(")")[0])


def test_packages_are_staged_once_with_what_they_need(tmp_path, monkeypatch):
    monkeypatch.setattr(staging, "ROOT", tmp_path)

    staged = staging.stage(["psutil>=7"])
    again = staging.stage(["psutil>=7"])

    assert staged == again
    assert (staged.packages / "psutil" / "__init__.py").is_file()
    assert str(staged.packages).startswith(str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == [staged.packages.parent.name]


def test_a_staging_folder_of_somebody_else_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(staging, "ROOT", tmp_path)
    staging.stage([]).packages.parent.chmod(0o777)

    with pytest.raises(LiveError, match="belongs to somebody else or can be written by others"):
        staging.stage([])


def test_a_staged_copy_from_which_something_was_taken_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(staging, "ROOT", tmp_path)
    module = staging.stage(["psutil"]).packages / "psutil" / "__init__.py"
    module.unlink()

    assert staging.stage(["psutil"]).packages / "psutil" / "__init__.py" == module
    assert module.exists()


@pytest.mark.parametrize(
    ("requirement", "message"),
    [("no-such-package", "no-such-package is not installed"), ("psutil<5", "psutil<5 is asked for and")],
)
def test_a_requirement_that_is_not_met_is_named(requirement, message):
    with pytest.raises(LiveError, match=message):
        staging.closure([requirement])
