"""What was captured elsewhere: judged when it is rendered, merged with what other machines say, never trusted."""

import json
import shutil

import pytest
from live import execute
from live.build import Build
from live.bundle import Bundle, Foreign
from live.merge import merge
from live.problems import LiveError
from live.this_build import as_html

BODY = 'size = 5\nprint("out", size)\nassert size == 5, f"size was {size}"\nassert size < 9, "it is small"\n'


@pytest.fixture
def brought(project, source, monkeypatch):
    """A project of one snippet that was captured, and in which nothing can run any more."""
    where = project({"t/one": source(BODY, title="One.", facts=["size"])}, {"p.md": "``` snippet\nt/one\n```\n"})
    assert Build(where.root).problems == []
    monkeypatch.setattr(execute, "run_all", lambda *_: pytest.fail("something ran"))
    return where


def tamper(bundle, change, name="t/one", host="build"):
    path = bundle.path(name, host)
    capture = json.loads(path.read_text())
    change(capture)
    path.write_text(json.dumps(capture))


def frozen(where):
    return Build(where.root, mode="frozen")


def test_an_honest_capture_is_used(brought):
    built = frozen(brought)

    assert built.problems == []
    assert built.report["captures"][0]["status"] == "held"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(source=c["source"] + "#\n"), "source: is of another version of the snippet"),
        (lambda c: c.update(status=1), "status: status 1; the header expects status 0"),
        (lambda c: c["claims"][0].update(line=1), "claims[0].line: there is no claim in line 1"),
        (lambda c: c["claims"][1].update(held=False), "claims[1].held: it did not hold: it is small"),
        (lambda c: c.update(claims=[]), "claims: there is none"),
        (lambda c: c["facts"].update(more=1), "facts.more: the header does not promise it"),
        (lambda c: c.update(facts={}), "facts.size: is missing"),
        (lambda c: c.update(stdout=" \n"), "stdout: is empty, and there is no figure"),
        (lambda c: c.update(figures=[{"svg": "<svg/>", "text": " "}]), "figures[0].text: is empty"),
        (lambda c: c.update(stdout="ghp_" + "a1B2" * 9), "stdout: holds what must not be published (secret)"),
        (lambda c: c["facts"].update(size="glpat-" + "x1Y2z" * 4), "facts: holds what must not be published (secret)"),
        (lambda c: c.update(format=2), "t/one.build.json is not a capture: format: Invalid enum value 2"),
        (lambda c: c["host"].update(name="build@x"), "t/one.build.json is not a capture of t/one on build"),
    ],
)
def test_a_capture_that_no_run_of_the_snippet_can_have_given_is_refused_with_its_field(brought, change, said):
    tamper(brought.bundle, change)

    (problem,) = frozen(brought).problems
    assert str(problem).startswith("docs/p.md:2: snippet t/one (snippets/t/one.py:1): ")
    assert said in str(problem)
    assert "Capture anew with 'make capture'" in str(problem)


def test_a_failure_where_it_was_captured_is_told_as_such(brought):
    report = brought.bundle.report()
    report["captures"][0] |= {"status": "failed", "reason": "claim did not hold: size was 6"}
    brought.bundle.store_report(report)
    brought.bundle.drop("t/one", "build")

    (problem,) = frozen(brought).problems
    assert "failed where it was captured: claim did not hold: size was 6" in str(problem)


def test_a_report_that_is_none_is_refused_where_the_bundle_is_all_there_is(brought):
    path = brought.bundle.folder / "build.json"
    path.write_text(path.read_text().replace('"held"', '"heldd"', 1))

    (problem,) = frozen(brought).problems
    assert "build.json is not the report of a build: captures[0].status" in str(problem)


@pytest.fixture
def other(brought, tmp_path):
    """The bundle of another machine: the same, but for its kernel and architecture."""
    bundle = Bundle(tmp_path / "other")
    shutil.copytree(brought.bundle.folder, bundle.folder)
    tamper(bundle, lambda c: c["host"].update(kernel="6.12.1", architecture="aarch64", page_size=16384))
    return bundle


def test_captures_of_another_machine_stand_beside_those_of_this_one(brought, other):
    assert merge(brought.bundle, "arm64", other) == 1
    built = frozen(brought)

    assert built.problems == []
    assert [(e["host"], e["status"]) for e in built.report["captures"]] == [("build", "held"), ("build@arm64", "held")]
    assert built.report["hosts"]["build@arm64"]["page_size"] == 16384
    page = as_html(built.report, str)
    assert "Every claim held on every machine that its program ran on." in page
    assert "<th>The build host of arm64</th>" in page
    assert '<td class="live-differs">16\N{NO-BREAK SPACE}KiB</td>' in page


def test_merging_again_replaces_and_another_build_keeps_what_was_merged(brought, other):
    merge(brought.bundle, "arm64", other)
    merge(brought.bundle, "arm64", other)

    assert [host for _, host in brought.bundle.names()] == ["build", "build@arm64"]
    assert len(Build(brought.root).report["captures"]) == 2
    assert [host for _, host in brought.bundle.names()] == ["build", "build@arm64"]


def test_what_failed_on_another_machine_fails_nothing_here_and_is_listed(brought, other):
    report = other.report()
    report["captures"][0] |= {"status": "failed", "reason": "claim did not hold: it is small"}
    report["captures"][0]["claims"][1]["held"] = False
    other.store_report(report)
    other.drop("t/one", "build")
    merge(brought.bundle, "arm64", other)
    built = frozen(brought)

    assert built.problems == []
    page = as_html(built.report, str)
    assert "held on the build host; did not hold on the build host of arm64" in page
    assert "it is small" in page


def test_a_claim_that_only_some_runs_came_to_is_listed(brought, other):
    tamper(other, lambda c: c["claims"].pop())
    merge(brought.bundle, "arm64", other)

    assert "held on the build host; was not made on the build host of arm64" in as_html(frozen(brought).report, str)


def test_a_capture_of_an_older_snippet_is_left_out(brought, other, source, project):
    tamper(other, lambda c: c.update(source="# older\n"))
    merge(brought.bundle, "arm64", other)
    built = frozen(brought)

    assert built.problems == []
    assert built.report["captures"][1]["reason"] == "ran there as another version of the snippet"


def test_a_forged_capture_of_another_machine_is_refused(brought, other):
    merge(brought.bundle, "arm64", other)
    tamper(brought.bundle, lambda c: c["claims"][0].update(held=False), host="build@arm64")

    (problem,) = frozen(brought).problems
    assert "its capture on build@arm64 cannot be used: claims[0].held" in str(problem)


@pytest.mark.parametrize("label", ["", "ARM", "../x", "a@b", "a.b", "x" * 21])
def test_a_label_that_cannot_be_a_name_is_refused(brought, other, label):
    with pytest.raises(LiveError, match="cannot name a machine"):
        merge(brought.bundle, label, other)


def test_a_bad_bundle_is_refused_before_anything_is_written(brought, other):
    before = sorted(brought.bundle.folder.rglob("*"))
    tamper(other, lambda c: c["host"].update(kernel="<b>\x00"))

    with pytest.raises(Foreign, match=r"t/one\.build\.json is not a capture: host\.kernel: has not the form"):
        merge(brought.bundle, "arm64", other)
    with pytest.raises(LiveError, match=r"is no bundle: it lacks build\.json"):
        merge(brought.bundle, "arm64", Bundle(other.folder / "nothing"))
    assert sorted(brought.bundle.folder.rglob("*")) == before
