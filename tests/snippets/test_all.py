"""Rules that every snippet keeps."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from live.snippet import discover

ROOT = Path(__file__).parent.parent.parent
SNIPPETS, PROBLEMS = discover(ROOT / "snippets")
ANSWERS = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py") if path.name != "test_all.py")

each = pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)


def test_all_can_be_read():
    assert PROBLEMS == []


def test_all_run_and_all_claims_hold(captured):
    assert [str(problem) for problem in captured.problems] == []
    assert {entry["status"] for entry in captured.report["captures"]} <= {"held", "skipped"}


@each
def test_its_answer_is_checked(snippet):
    assert f'"{snippet.name}"' in ANSWERS, f"write a test for the facts of {snippet.name} in tests/snippets/"


@each
def test_it_makes_a_claim(snippet):
    assert snippet.claims


@each
def test_its_title_is_a_sentence(snippet):
    assert re.fullmatch(r"[A-Z].{8,90}\.", snippet.title)


@each
def test_its_source_fits_a_page(snippet):
    lines = snippet.source.splitlines()

    assert len(lines) <= 110
    assert max(map(len, lines)) <= 100


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
