"""The whole way of a pull request, here: a fork adds a page and a snippet, and the workflow's own commands do the rest.

Each job runs in a clone of its own and gets of the others only what they handed over, as on machines of their own.
"""

import json
import re
import shutil
import subprocess
from types import SimpleNamespace

import pytest
from runner import Runner, page, workflow
from running import git

JOBS = workflow("pull-request")["jobs"]
NEW = "memory/doubling_takes_both"
FIGURE = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert('planted')</script><path d='M0 0h1'/></svg>"


SNIPPET = '''# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# facts = ["lists"]
# ///
"""A copy of a list is a second list.

Makes a list and a copy of it. Changes nothing.
"""

one = list(range(1000))
both = [one, list(one)]
lists = len(both)
print(f"{lists} lists, shown by the fork")
assert both[0] is not both[1], "two lists of 1,000 numbers are two objects"
'''
TEST = f"""def test_a_copy_is_a_second_list(facts_of):
    assert facts_of("{NEW}")["lists"] == 2
"""


def contribute(upstream, folder, snippet=SNIPPET):
    """Fork the repository, add a page, a snippet and its test, and merge them as a pull request is tested."""
    subprocess.run(["git", "clone", "--quiet", upstream, folder], check=True)
    git(folder, "switch", "--quiet", "-c", "mine")
    (folder / "snippets" / f"{NEW}.py").write_text(snippet)
    (folder / "tests" / "snippets" / "test_doubling.py").write_text(TEST)
    (folder / "docs" / "memory").mkdir()
    (folder / "docs" / "memory" / "doubling.md").write_text(page("Doubling", NEW))
    settings = (folder / "mkdocs.yml").read_text()
    (folder / "mkdocs.yml").write_text(settings + "  - memory/doubling.md\n")
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "A page about doubling")
    git(folder, "switch", "--quiet", "-c", "pull", "main")
    git(folder, "merge", "--quiet", "--no-ff", "--no-edit", "mine")
    return folder


@pytest.fixture(scope="module")
def pull_request(upstream, tmp_path_factory):
    """A good pull request: what its jobs said, and what they handed over."""
    folder = tmp_path_factory.mktemp("pull-request")
    runner = Runner(contribute(upstream, folder / "fork"), "pull", folder, LIVE_LAB="off")
    capture, render = runner.job("capture", JOBS["capture"]), runner.job("render", JOBS["render"])
    return SimpleNamespace(runner=runner, capture=capture, render=render, preview=runner.artifacts / "preview")


def test_the_checks_find_nothing_and_run_only_the_new_snippet(pull_request):
    checked = pull_request.runner.job("check", JOBS["check"])

    assert checked.failed == [], checked.said
    assert re.search(r"those that differ from main at \w+: 1; runs now: 1$", checked.said, re.MULTILINE)


def test_what_is_captured_on_one_machine_is_rendered_on_another(pull_request):
    assert pull_request.capture.failed == [], pull_request.capture.said
    assert pull_request.render.failed == [], pull_request.render.said
    assert "3 ran now" in pull_request.capture.said
    assert "0 ran now" in pull_request.render.said


def test_the_preview_has_the_new_page_with_its_output(pull_request):
    html = (pull_request.preview / "memory" / "doubling" / "index.html").read_text()

    assert "2 lists, shown by the fork" in html
    assert "two lists of 1,000 numbers are two objects" in html
    assert (pull_request.preview / "snippets" / f"{NEW}.py").read_text() == SNIPPET
    assert 'href="memory/doubling/"' in (pull_request.preview / "index.html").read_text()


def test_the_preview_links_to_the_repository_that_the_workflow_names(pull_request):
    html = (pull_request.preview / "memory" / "doubling" / "index.html").read_text()

    assert f"https://code.example/somebody/site/edit/main/snippets/{NEW}.py" in html


def test_the_summary_names_the_page_its_claims_and_the_machine(pull_request):
    told = pull_request.render.summary

    assert told.startswith("# Everything held\n")
    assert "- `docs/memory/doubling.md`: added\n" in told
    assert f"  - `{NEW}`: held\n    - held: `two lists of 1,000 numbers are two objects`\n" in told
    assert "docs/kubernetes/order.md" not in told
    assert "## Slowest" in told and "## Machines" in told
    assert told.count("\n# ") == 0  # nothing but the summary, and once


def test_no_job_has_left_anything_but_what_it_handed_over(pull_request):
    assert {path.name for path in pull_request.runner.artifacts.iterdir()} == {"bundle", "preview"}
    assert not (pull_request.runner.folder / "render" / ".cache" / "bundle").exists()


def test_what_main_captured_is_used_again_and_only_the_new_snippet_runs(pull_request, tmp_path):
    runner = Runner(pull_request.runner.origin, "pull", tmp_path, LIVE_LAB="off")
    bundle = shutil.copytree(pull_request.runner.artifacts / "bundle", runner.cache / ".cache" / "bundle")
    (bundle / f"{NEW}.build.json").unlink()

    ran = runner.job("capture", JOBS["capture"])

    assert ran.failed == []
    assert "1 ran now, 2 reused" in ran.said


def test_a_claim_that_does_not_hold_is_summed_up_and_nothing_is_previewed(upstream, tmp_path):
    wrong = SNIPPET.replace("is not both[1]", "is both[1]").replace("are two objects", "are one `object`")
    runner = Runner(contribute(upstream, tmp_path / "fork", wrong), "pull", tmp_path, LIVE_LAB="off")

    capture, render = runner.job("capture", JOBS["capture"]), runner.job("render", JOBS["render"])

    assert capture.failed == ["Run what has no valid capture"]
    assert "docs/memory/doubling.md:11: snippet memory/doubling_takes_both" in capture.said
    assert "claim did not hold: two lists of 1,000 numbers are one `object`" in capture.said
    assert render.failed == ["Check the bundle and render it"]
    assert render.summary.startswith("# 1 of 3 runs failed\n")
    assert f"- `{NEW}`: `` claim did not hold: two lists of 1,000 numbers are one `object` ``\n" in render.summary
    assert not (runner.artifacts / "preview").exists()


def test_a_run_without_a_bundle_fails_and_says_so(pull_request, tmp_path):
    runner = Runner(pull_request.runner.origin, "pull", tmp_path, LIVE_LAB="off")

    render = runner.job("render", JOBS["render"])

    assert render.failed[0] == "Fetch the bundle"
    assert "there is no artifact bundle" in render.said
    assert not (runner.artifacts / "preview").exists()


def tampered(pull_request, tmp_path, change):
    """Render a copy of the bundle of which one capture was changed."""
    runner = Runner(pull_request.runner.origin, "pull", tmp_path, LIVE_LAB="off")
    shutil.copytree(pull_request.runner.artifacts / "bundle", runner.artifacts / "bundle")
    path = runner.artifacts / "bundle" / f"{NEW}.build.json"
    capture = json.loads(path.read_text())
    change(capture)
    path.write_text(json.dumps(capture))
    return runner, runner.job("render", JOBS["render"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda c: c["claims"][0].update(line=1), r"claims\[0\]\.line"),
        (lambda c: c["claims"][0].update(held=False), r"claims\[0\]\.held"),
        (lambda c: c.update(claims=[]), "claims"),
        (lambda c: c.update(stdout=["no text"]), "stdout"),
        (lambda c: c.update(source=c["source"] + "#"), "version of the snippet"),
    ],
    ids=["line", "held", "claims", "form", "source"],
)
def test_a_bundle_that_was_tampered_with_is_refused_with_record_and_field(pull_request, tmp_path, change, field):
    runner, render = tampered(pull_request, tmp_path, change)

    assert render.failed == ["Check the bundle and render it"], render.said
    assert re.search(rf"{NEW}.*{field}", render.said), render.said
    assert "Traceback" not in render.said
    assert not (runner.artifacts / "preview").exists()


def test_a_script_in_a_figure_of_a_bundle_is_not_in_the_preview(pull_request, tmp_path):
    figures = [{"svg": FIGURE, "text": "a figure"}]

    runner, render = tampered(pull_request, tmp_path, lambda capture: capture.update(figures=figures))

    pages = [path.read_text() for path in runner.artifacts.glob("preview/**/*.html")]
    assert render.failed == [], render.said
    assert [text for text in pages if 'd="M0 0h1"' in text], "the rest of it is shown"
    assert not [text for text in pages if "planted" in text]
