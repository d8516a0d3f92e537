"""What happens to what is merged: captured on two machines, rendered as one site, and looked at again each week."""

import json
import shutil
from types import SimpleNamespace

import pytest
from runner import Runner, workflow
from running import git

PUBLISH = workflow("publish")["jobs"]
(NEWEST,) = workflow("weekly")["jobs"].values()
SITE = "https://pages.example/site/"
WRONG = "\nassert False, 'this holds nowhere'\n"


def published(upstream, folder, *machines):
    """Capture on these machines, then render; nothing is deployed anywhere."""
    runner = Runner(upstream, "main", folder, LIVE_LAB="off")
    captured = {machine: runner.job(f"capture-{machine}", PUBLISH["capture"], machine=machine) for machine in machines}
    return SimpleNamespace(
        runner=runner,
        captured=captured,
        render=runner.job("render", PUBLISH["render"]),
        site=runner.artifacts / "github-pages",
    )


@pytest.fixture(scope="module")
def alone(upstream, tmp_path_factory):
    """Published from x86-64, since arm64 gave nothing."""
    return published(upstream, tmp_path_factory.mktemp("alone"), "x86-64")


def test_a_machine_that_gave_no_bundle_stops_nothing(alone):
    assert alone.captured["x86-64"].failed == []
    assert "nothing is merged: no bundle is in .cache/brought/arm64" in alone.render.said
    assert alone.render.failed == [], alone.render.said
    assert (alone.site / "index.html").is_file()


def test_the_site_has_the_address_that_pages_tell_and_the_repository_of_the_workflow(alone):
    html = (alone.site / "kubernetes" / "order" / "index.html").read_text()

    assert f'<link rel="canonical" href="{SITE}kubernetes/order/">' in html
    assert "https://code.example/somebody/site/edit/main/docs/kubernetes/order.md" in html


def test_the_first_commit_has_none_before_it_and_is_published_without_a_summary(alone):
    assert "git knows no commit 'HEAD^1' here" in alone.render.said
    assert alone.render.summary == ""


def test_two_machines_become_one_site_and_the_summary_tells_of_both_and_links_to_what_changed(upstream, tmp_path):
    changed = tmp_path / "changed"
    shutil.copytree(upstream, changed)
    page = changed / "docs" / "kubernetes" / "order.md"
    page.write_text(page.read_text() + "\nOne more sentence.\n")
    git(changed, "commit", "--quiet", "--all", "-m", "More of the order")

    both = published(changed, tmp_path, "x86-64", "arm64")

    assert both.render.failed == [], both.render.said
    assert {"build", "build@arm64"} <= json.loads((both.site / "build.json").read_text())["hosts"].keys()
    assert "- `build@arm64`: `" in both.render.summary
    assert "`kubernetes/eviction_order_from_the_sort` in `build@arm64`: held" in both.render.summary
    assert f"- [`docs/kubernetes/order.md`](<{SITE}kubernetes/order/>): changed\n" in both.render.summary


def test_what_does_not_hold_on_another_machine_is_told_and_stops_nothing(alone, tmp_path):
    """As if arm64 had captured it so: its bundle holds no capture of what failed, only that it did."""
    runner = Runner(alone.runner.origin, "main", tmp_path, LIVE_LAB="off")
    for machine in ("x86-64", "arm64"):
        shutil.copytree(alone.runner.artifacts / "bundle-x86-64", runner.artifacts / f"bundle-{machine}")
    path = runner.artifacts / "bundle-arm64" / "build.json"
    told = json.loads(path.read_text())
    (entry,) = [entry for entry in told["captures"] if entry["snippet"].startswith("kubernetes/")]
    entry |= {"status": "failed", "reason": "claim did not hold: this holds nowhere else"}
    path.write_text(json.dumps(told))
    next(runner.artifacts.glob("bundle-arm64/kubernetes/*.json")).unlink()

    render = runner.job("render", PUBLISH["render"])

    assert render.failed == [], render.said
    report = json.loads((runner.artifacts / "github-pages" / "build.json").read_text())
    (failed,) = [entry for entry in report["captures"] if entry["status"] == "failed"]
    assert (failed["host"], failed["reason"]) == ("build@arm64", "claim did not hold: this holds nowhere else")


def test_what_does_not_hold_on_the_first_machine_is_not_published(upstream, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(upstream, broken)
    snippet = next(broken.glob("snippets/kubernetes/*.py"))
    snippet.write_text(snippet.read_text() + WRONG)
    git(broken, "commit", "--quiet", "--all", "-m", "A claim that does not hold")

    done = published(broken, tmp_path, "x86-64")

    assert done.captured["x86-64"].failed == ["Run every snippet, here and on the lab's kernels"]
    assert not done.runner.cache.exists(), "what failed is not kept for pull requests"
    assert done.render.failed, "and would not be rendered, even if the job that needs it ran"
    assert not done.site.exists()


def test_the_weekly_look_runs_everything_afresh_and_tells_what_is_new_since_the_last_publication(alone):
    report = alone.runner.cache / ".cache" / "bundle" / "build.json"
    told = json.loads(report.read_text())
    told["hosts"]["build"]["kernel"] = "5.15.0"  # as if that had been the kernel then
    report.write_text(json.dumps(told))
    steps = [step for step in NEWEST["steps"] if step.get("run") != "make lock"]  # which would ask the network

    ran = alone.runner.job("newest", NEWEST | {"steps": steps})

    assert ran.failed == [], ran.said
    assert "2 ran now, 0 reused" in ran.said
    assert "## New since the last capture\n\n- `build`: `kernel` `5.15.0` → " in ran.summary
    assert len(steps) == len(NEWEST["steps"]) - 1
    assert (alone.runner.artifacts / "weekly" / "requirements.lock").is_file()
    assert (alone.runner.artifacts / "weekly" / ".cache" / "weekly" / "build.json").is_file()
