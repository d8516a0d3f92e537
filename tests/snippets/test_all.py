"""Rules that every snippet keeps."""

from pathlib import Path

import pytest
import running
from live.contribute import snippet_rules
from live.discovery import discover
from live.project import Project

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


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Each snippet as a reader runs it, with nothing but Python; yet in the sandbox: none is ever run outside."""
    snippets = tmp_path_factory.mktemp("alone") / "snippets"
    started = {}
    for snippet in SNIPPETS:
        if snippet.hosts[0] != "build":
            continue
        for name, content in snippet.files().items():
            (snippets / name).parent.mkdir(parents=True, exist_ok=True)
            (snippets / name).write_bytes(content)
        keys = {"timeout": 120, "memory": f"{(snippet.memory >> 20) + 64}MiB", "sees": snippet.sees}
        keys |= {"exclusive": snippet.exclusive, "needs": snippet.needs, "dependencies": tuple(snippet.dependencies)}
        reads = [f"{snippet.path.stem}.py", *(str(path.relative_to(snippet.path.parent)) for path in snippet.reads)]
        started[f"{snippet.name}_alone"] = snippet.name
        (snippets / f"{snippet.name}_alone.py").write_text(
            running.with_header(ALONE, f"Starts {snippet.name}.", reads=reads, facts=["status", "written"], **keys)
        )
    ran = running.captured(Project.at(snippets.parent).with_mode("fresh"), started)
    return {name: ran[starter] for starter, name in started.items()}


ALONE = """import os, subprocess, sys
program = __file__.replace("_alone.py", ".py")
os.environ["MPLBACKEND"] = "agg"
ended = subprocess.run([sys.executable, program], capture_output=True, text=True)
status, written = ended.returncode % 256 if ended.returncode >= 0 else 128 - ended.returncode, ended.stdout[-2000:]
print(ended.stderr[-2000:], "ended")
assert os.path.isdir("/run/live"), "it is in the sandbox"
"""


@each
def test_it_runs_by_itself(snippet, alone):
    if snippet.hosts[0] != "build":
        pytest.skip("it is for a machine that may be broken; the lab runs it")
    ran = alone[snippet.name]
    if ran.outcome.status == "skipped":
        pytest.skip(ran.outcome.reason)

    assert ran.problems == []
    assert ran.capture["facts"]["status"] == snippet.exit_status, ran.capture["stdout"]
    assert ran.capture["facts"]["written"].strip()
