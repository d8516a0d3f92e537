"""What is run, what is used again, and what becomes of what went wrong."""

import json
import os

import pytest
from live import execute, known_words, report, sandbox, tools
from live.build import Build
from live.problems import LiveError
from live.project import Project

BODY = 'size = 5\nprint("out", size)\nassert size == 5, f"size was {size}"\n'


@pytest.fixture
def build(project, source):
    """Build a project of two snippets, each on a page of its own; more are added by name."""

    def build(mode=None, pages=None, **snippets):
        given = {
            "t/one": source(BODY, title="One.", facts=["size"]),
            "t/two": source(BODY, title="Two.", facts=["size"]),
        }
        given |= {f"t/{name}": text for name, text in snippets.items()}
        shown = {f"{name.split('/')[1]}.md": f"# {name}\n\n``` snippet\n{name}.py\n```\n" for name in given}
        where = project(given, shown | (pages or {}))
        return Build(where.root, mode=mode)

    return build


def became(built):
    return {entry["snippet"]: ("reused" if entry["reused"] else "ran") for entry in built.report["captures"]}


def test_a_second_build_runs_nothing(build):
    assert became(build()) == {"t/one": "ran", "t/two": "ran"}
    assert became(build()) == {"t/one": "reused", "t/two": "reused"}


def test_prose_runs_nothing_and_an_edit_runs_that_snippet_alone(build, source):
    build()

    assert set(became(build(pages={"one.md": "More.\n\n``` snippet\nt/one\n```\n"})).values()) == {"reused"}
    assert became(build(one=source(BODY + "# edit\n", title="One.", facts=["size"]))) == {
        "t/one": "ran",
        "t/two": "reused",
    }


def test_fresh_runs_everything(build):
    build()

    assert set(became(build(mode="fresh")).values()) == {"ran"}


def test_frozen_runs_nothing_and_misses_what_is_not_there(build, monkeypatch, source):
    build()
    monkeypatch.setattr(execute, "run_all", lambda *_: pytest.fail("something ran"))

    assert set(became(build(mode="frozen")).values()) == {"reused"}
    (problem,) = build(mode="frozen", one=source(BODY + "# edit\n", title="One.", facts=["size"])).problems
    assert str(problem).startswith("docs/one.md:4: snippet t/one (snippets/t/one.py:1): its capture on build cannot be")
    assert "source: is of another version of the snippet" in str(problem)


def test_frozen_leaves_the_bundle_as_it_is_and_tells_what_it_tells(build, monkeypatch):
    monkeypatch.setenv("LIVE_SANDBOX", "off")
    captured = build()
    path = captured.project.bundle.folder / "build.json"
    before = path.read_bytes()
    captured.project.bundle.path("t/two", "build").unlink()
    monkeypatch.delenv("LIVE_SANDBOX")

    built = build(mode="frozen")

    assert path.read_bytes() == before
    assert built.report["notes"] == ["LIVE_SANDBOX=off: snippets ran without a sandbox"]
    assert built.report["built"] == captured.report["built"]
    assert "1 held, 1 failed, 0 skipped; 1 claims held; 0 ran now" in report.as_text(built.report)
    (problem,) = built.problems
    assert "its capture is missing" in str(problem)
    assert "failed where it was captured" not in str(build(mode="frozen").problems[0])


def test_of_what_only_the_lab_could_run_a_brief_summary_has_the_number():
    shown = {"claims": [], "reused": False, "seconds": 0, "status": "skipped", "reason": "it is off"}
    places = [("t/a", "lab"), ("t/a", "lab-newer"), ("t/b", "build")]
    entries = [shown | {"snippet": name, "host": host} for name, host in places]

    lines = report.as_text({"captures": entries, "notes": []}, brief=True).splitlines()

    assert lines[1:] == ["live: skipped t/b: it is off", "live: skipped 2 runs of the lab"]
    assert len(report.as_text({"captures": entries, "notes": []}).splitlines()) == 4


def test_what_ran_without_the_sandbox_is_not_used_for_what_would_have_run_in_it(build, monkeypatch):
    monkeypatch.setenv("LIVE_SANDBOX", "off")
    build()
    monkeypatch.delenv("LIVE_SANDBOX")

    assert set(became(build()).values()) == {"ran"}


@pytest.mark.parametrize(
    ("dependencies", "said"),
    [
        (("pandaz",), "pandaz is not installed; use what is, or see 'Add a Python package' in CONTRIBUTING.md"),
        (("psutil<6",), "psutil<6 is asked for, and"),
    ],
)
def test_a_dependency_that_is_not_there_is_told_of_its_snippet_and_others_run(
    build, source, dependencies, said, monkeypatch
):
    monkeypatch.setattr("live.keys.PACKAGES", ("psutil", "pandaz"))
    built = build(three=source("assert True, 'it ran'\nprint(1)\n", title="Three.", dependencies=dependencies))

    (problem,) = built.problems
    assert str(problem).startswith("docs/three.md:4: snippet t/three (snippets/t/three.py:3): dependencies: ")
    assert said in str(problem)
    assert [entry["status"] for entry in built.report["captures"]] == ["held", "failed", "held"]


def test_what_no_reader_of_the_bundle_would_take_is_told_of_its_snippet(build, source):
    long = 'print(1)\nassert True, "1:: " * 500\n'  # each of these is longer when it has become "[address]"

    built = build(three=source(long, title="Three."))

    (problem,) = built.problems
    assert "snippet t/three (snippets/t/three.py:1): gave more than a capture may hold: claims[0].message" in str(
        problem
    )
    assert [entry["status"] for entry in built.report["captures"]] == ["held", "failed", "held"]


def test_a_snippet_for_a_newer_python_is_skipped(build, source):
    newer = source("assert True, 'it ran'\nprint(1)\n", title="Three.").replace(">=3.11", ">=3.99")

    built = build(three=newer)

    assert built.problems == []
    (reason,) = [entry["reason"] for entry in built.report["captures"] if entry["status"] == "skipped"]
    assert reason.startswith("needs Python 3.99, and this is 3.")


def test_a_corrupt_file_in_the_bundle_is_named_and_made_anew(build):
    path = build().project.bundle.path("t/one", "build")
    path.write_text("{")

    built = build()

    assert became(built) == {"t/one": "ran", "t/two": "reused"}
    assert any("one.build.json is not a capture" in note for note in built.report["notes"])
    assert json.loads(path.read_text())["snippet"] == "t/one"


def test_an_unexpected_failure_is_never_kept_and_is_tried_again(build, source):
    broken = source(BODY.replace("size = 5", "size = 6"), title="One.", facts=["size"])

    for _ in range(2):
        built = build(one=broken)
        (problem,) = built.problems
        assert str(problem) == "docs/one.md:4: snippet t/one (snippets/t/one.py:14): claim did not hold: size was 6"
        assert built.project.bundle.load("t/one", "build") is None


def test_an_expected_failure_is_kept(build, source):
    dies = source('print("x")\nassert 1, "one"\nimport os\nos.abort()\n', title="Three.", exits="SIGABRT")

    assert became(build(three=dies))["t/three"] == "ran"
    built = build(three=dies)
    assert became(built)["t/three"] == "reused"
    assert built.problems == []


@pytest.mark.parametrize(
    ("body", "keys", "message"),
    [
        ('1 / 0\nassert 1, "x"', {}, "one.py:11): ZeroDivisionError: division by zero"),
        ('import sys\nassert 1, "x"\nsys.exit(3)', {}, "it ended with status 3; its header expects status 0"),
        (
            'import os\nassert 1, "x"\nos.kill(os.getpid(), 11)',
            {},
            "it ended with SIGSEGV; its header expects status 0",
        ),
        ('print("x")\nassert 1, "x"', {"exits": 3}, "it ended with status 0; its header expects status 3"),
        ('print("x")\nassert 1, "x"', {"facts": ["gone"]}, "fact 'gone': the snippet ended without giving this name"),
        ('print("x")\nassert 1, "x"\ngone = {1}', {"facts": ["gone"]}, "fact 'gone': a set is not a plain value"),
        (
            'print("x")\nassert 1, "x"\ngone = float("nan")',
            {"facts": ["gone"]},
            "nan is not a number that can be shown",
        ),
        ('print("x")', {}, "it made no claim"),
        ('assert 1, "x"', {}, "it shows nothing"),
        (
            'print("x")\ntry:\n    assert 0, "caught"\nexcept AssertionError:\n    pass',
            {},
            "claim did not hold: caught",
        ),
    ],
)
def test_what_cannot_be_shown_is_a_problem_with_its_line(build, source, body, keys, message):
    (problem,) = build(one=source(body, title="One.", **keys)).problems

    assert message in str(problem)
    assert str(problem).startswith("docs/one.md:4: snippet t/one (snippets/t/one.py:")


def test_a_crash_shows_the_end_of_its_errors(build, source):
    (problem,) = build(one=source('1 / 0\nassert 1, "x"', title="One.")).problems

    assert problem.detail.splitlines()[0] == "Traceback (most recent call last):"
    assert "harness" not in problem.detail


def test_a_missing_tool_is_a_skip_that_names_its_package(build, source, monkeypatch):
    monkeypatch.setattr(tools, "missing", lambda names: [name for name in names if name == "sar"])

    built = build(one=source(BODY, title="One.", facts=["size"], needs=["sar"]))

    (entry,) = (entry for entry in built.report["captures"] if entry["snippet"] == "t/one")
    assert (entry["status"], built.problems) == ("skipped", [])
    assert entry["reason"] == "needs sar, which this machine lacks; sudo apt-get install sysstat"


def test_captures_of_snippets_that_are_gone_go_too(build):
    built = build()
    (built.project.snippets / "t" / "two.py").unlink()
    (built.project.docs / "two.md").unlink()

    Build(built.project.root)

    assert [name for name, _ in built.project.bundle.names()] == ["t/one"]


def test_the_report_keeps_its_promise(build):
    report = build().report

    assert report["hosts"]["build"]["kernel"] == os.uname().release
    (one, _) = report["captures"]
    assert {name: type(value) for name, value in one.items()} == {
        "snippet": str,
        "host": str,
        "anchor": str,
        "title": str,
        "status": str,
        "reason": str,
        "claims": list,
        "facts": dict,
        "seconds": float,
        "cpu_seconds": float,
        "peak_memory": int,
        "reused": bool,
        "pages": list,
    }
    assert one["claims"] == [{"line": 14, "text": "size was 5", "held": True}]
    assert (one["facts"], one["pages"]) == ({"size": 5}, ["one.md"])
    assert one["peak_memory"] > 1 << 20


def test_captures_tell_which_machine_made_them_and_nothing_of_its_people(build):
    built = build()
    capture = built.project.bundle.load("t/one", "build")

    assert capture["host"]["python"]
    assert capture["sandbox"] == "bubblewrap"
    text = json.dumps(capture)
    assert str(built.project.root) not in text
    name = os.uname().nodename
    assert name not in text or len(name) < known_words.SHORTEST or name.lower() in known_words.GENERIC


def test_an_unknown_mode_is_refused(project, monkeypatch):
    where = project()
    monkeypatch.setenv("LIVE_MODE", "quick")

    with pytest.raises(LiveError, match="LIVE_MODE is 'quick'; it can be run, fresh, frozen"):
        Project.at(where.root)


def test_a_build_without_a_bubblewrap_says_what_to_install(build, monkeypatch):
    monkeypatch.setattr(sandbox.shutil, "which", lambda *_, **__: None)
    sandbox.bubblewrap.cache_clear()

    with pytest.raises(LiveError, match="sudo apt-get install bubblewrap"):
        build()
    sandbox.bubblewrap.cache_clear()
