"""The JSON of a run is what a report of a wrong number needs, and tells nothing else of the machine."""

import json
import os
import subprocess
import sys

import pytest
from live.__main__ import main

BODY = 'size = 3\nprint("the output")\nassert size == 3, f"size was {size}"\n'


@pytest.fixture
def told(project, source, capsys):
    """Ask for the JSON of snippets: the exit status and what was printed."""

    def told(*names, **snippets):
        given = {"t/one": source(BODY, title="One.", facts=["size"])} | {f"t/{n}": text for n, text in snippets.items()}
        status = main(["-C", str(project(given).root), "run", "--json", *(names or ["t/one"])])
        return status, json.loads(capsys.readouterr().out)

    return told


def test_a_run_that_holds_tells_claims_facts_host_and_versions(told):
    status, one = told()

    assert (status, one["format"], one["errors"], one["commit"]) == (0, 1, [], "")
    (run,) = one["runs"]
    assert (run["snippet"], run["status"], run["facts"]) == ("t/one", "held", {"size": 3})
    assert run["claims"] == [{"line": 14, "text": "size was 3", "held": True}]
    assert run["host"]["kernel"] == os.uname().release
    assert {"python", "psutil", "page_size", "ram", "cgroup"} <= run["host"].keys()


def test_a_claim_that_does_not_hold_is_told_with_what_was_found(told, source):
    status, one = told(
        "t/two", two=source('print("so far")\n' + BODY.replace("== 3", "== 4"), title="Two.", facts=["size"])
    )

    (run,) = one["runs"]
    assert (status, run["status"], run["written"]) == (1, "failed", "so far\nthe output\n")
    assert run["claims"] == [{"line": 15, "text": "size was 3", "held": False}]
    assert one["errors"] == ["snippet t/two (snippets/t/two.py:15): claim did not hold: size was 3"]
    assert run["host"]["kernel"] == os.uname().release


def test_several_are_told_in_one_object(told, source):
    status, one = told("t/one", "t/two", two=source("1 / 0\n", title="Two."))

    assert status == 1
    assert [(run["snippet"], run["status"]) for run in one["runs"]] == [("t/one", "held"), ("t/two", "failed")]
    assert "ZeroDivisionError" in one["errors"][0]


def test_what_was_skipped_is_told_and_is_no_error(told, source, monkeypatch):
    monkeypatch.setenv("LIVE_LAB", "off")
    status, one = told("t/two", two=source(BODY, title="Two.", host="lab"))

    assert (status, one["runs"][0]["status"], one["runs"][0]["host"]) == (0, "skipped", {"name": "lab"})
    assert one["runs"][0]["reason"] == "the lab is switched off; unset LIVE_LAB to have this run"


def test_a_machine_that_can_run_nothing_is_told_too(told, monkeypatch):
    monkeypatch.setattr("live.sandbox.SEARCH_PATH", "/nowhere")
    monkeypatch.setattr("live.sandbox.bubblewrap", __import__("live.sandbox").sandbox.bubblewrap.__wrapped__)

    status, one = told()

    assert (status, one["runs"]) == (1, [])
    assert "bubblewrap is needed to run snippets safely and is not installed" in one["errors"][0]


def test_nothing_of_the_machine_s_people_is_in_it(told, source, monkeypatch):
    monkeypatch.setenv("CANARY_TOKEN", "canary-4711-canary")
    body = 'print("canary-4711-canary someone@example.org 10.1.2.3")\nassert False, "canary-4711-canary"\n'
    _, one = told("t/two", two=source(body, title="Two."))

    assert "canary" not in json.dumps(one)
    assert "example.org" not in json.dumps(one)
    assert "10.1.2.3" not in json.dumps(one)


@pytest.mark.parametrize("command", [["list"], ["run", "t/one"], ["check", "pages"]])
def test_who_reads_only_the_beginning_gets_no_traceback(project, source, command):
    where = project({f"t/n{number}": source(BODY, title=f"Number {number}.", facts=["size"]) for number in range(3)})
    project({"t/one": source(BODY, title="One.", facts=["size"])})
    read, write = os.pipe()
    os.close(read)  # as `head` does when it has enough

    done = subprocess.run(
        [sys.executable, "-m", "live", "-C", where.root, *command], stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)

    assert (done.returncode, done.stderr) == (141, b"")
