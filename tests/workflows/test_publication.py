"""What happens to what is merged: captured on two machines, rendered as one site, and looked at again each week."""

import json
import shutil
from types import SimpleNamespace

import pytest
from runner import Runner, git, workflow

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
    assert "no other machine gave a bundle" in alone.render.said
    assert alone.render.failed == [], alone.render.said
    assert (alone.site / "index.html").is_file()


def test_the_site_has_the_address_that_pages_tell_and_the_repository_of_the_workflow(alone):
    html = (alone.site / "kubernetes" / "order" / "index.html").read_text()

    assert f'<link rel="canonical" href="{SITE}kubernetes/order/">' in html
    assert "https://code.example/somebody/site/edit/main/docs/kubernetes/order.md" in html


def test_the_summary_of_what_is_published_links_to_its_pages(upstream, tmp_path):
    fork = tmp_path / "fork"
    shutil.copytree(upstream, fork)
    page = fork / "docs" / "kubernetes" / "order.md"
    page.write_text(page.read_text() + "\nOne more sentence.\n")
    git(fork, "commit", "--quiet", "--all", "-m", "More of the order")

    told = published(fork, tmp_path, "x86-64").render.summary

    assert f"- [`docs/kubernetes/order.md`](<{SITE}kubernetes/order/>): changed\n" in told


@pytest.mark.xfail(strict=True, reason="until bundles can be merged")
def test_two_machines_become_one_site(upstream, tmp_path):
    both = published(upstream, tmp_path, "x86-64", "arm64")

    assert both.render.failed == [], both.render.said
    report = json.loads((both.site / "build.json").read_text())
    assert {"build", "build@arm64"} <= report["hosts"].keys()
    assert "build@arm64" in both.render.summary


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
