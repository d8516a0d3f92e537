"""Rules that every snippet keeps."""

import subprocess
import sys
from pathlib import Path

import pytest
from live.contribute import snippet_rules
from live.snippet import discover

ROOT = Path(__file__).parent.parent.parent
SNIPPETS, PROBLEMS = discover(ROOT / "snippets")

each = pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)


def test_all_can_be_read():
    assert PROBLEMS == []


def test_all_run_and_all_claims_hold(captured):
    assert [str(problem) for problem in captured.problems] == []
    assert {entry["status"] for entry in captured.report["captures"]} <= {"held", "skipped"}


def test_all_keep_the_rules():
    assert [str(problem) for problem in snippet_rules.snippets(ROOT, SNIPPETS)] == []


@each
def test_its_output_fits_a_screen(snippet, captured):
    captures = [captured.project.bundle.load(snippet.name, host) for host in snippet.hosts]
    for capture in filter(None, captures):
        assert capture["stdout"].count("\n") <= 80
        assert capture["stderr"] == ""


@each
def test_it_runs_by_itself(snippet):
    if snippet.hosts[0] != "build":
        pytest.skip("it is for a machine that may be broken; the lab runs it")
    if snippet.sees == "host":
        pytest.skip("alone it would show this machine's own process list")
    alone = subprocess.run(
        [sys.executable, snippet.path],
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "MPLBACKEND": "agg"},
        check=False,
    )

    assert alone.returncode == snippet.exit_status, alone.stderr
    assert alone.stdout.strip()
