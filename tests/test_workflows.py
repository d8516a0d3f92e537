"""Rules of the workflows: valid, pinned, with no more rights than they need, and nothing but calls of make."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from runner import ROOT, SYSCTL, WORKFLOWS, workflow

BIN = Path(sys.executable).parent
ALL = sorted(path.stem for path in WORKFLOWS.glob("*.yml"))
GITHUB = ROOT / ".github"
each_workflow = pytest.mark.parametrize("name", ALL)

# What a job may be given beyond reading the commit, and why is said beside it in the file.
MORE = {
    ("publish", "render"): {"contents": "read", "pages": "read"},
    ("publish", "deploy"): {"pages": "write", "id-token": "write"},
}


def jobs(name):
    return workflow(name)["jobs"]


def steps(name):
    return [step for job in jobs(name).values() for step in job["steps"]]


def run_lines():
    """Every command of a workflow; `make check` is still to come."""
    later = [pytest.mark.xfail(strict=True, reason="until make check is there")]
    found = [(name, step["run"]) for name in ALL for step in steps(name) if "run" in step]
    return [pytest.param(name, run, marks=later if run == "make check" else []) for name, run in found]


def actionlint(*paths):
    return subprocess.run([BIN / "actionlint", *paths], cwd=ROOT, capture_output=True, text=True, check=False)


def zizmor(path):
    command = [BIN / "zizmor", "--offline", "--strict-collection", "--persona=pedantic", "--quiet", path]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def planted(folder, old, new, name="pull-request"):
    """A copy of what is in .github, with a mistake in a workflow."""
    copy = shutil.copytree(GITHUB, folder / ".github")
    path = copy / "workflows" / f"{name}.yml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path


def test_there_is_a_workflow_for_each_occasion():
    assert ALL == ["publish", "pull-request", "weekly"]
    occasions = {name: set(workflow(name)[True]) for name in ALL}  # YAML reads the key "on" as true
    assert occasions["pull-request"] == {"pull_request"}
    assert occasions["publish"] == {"push", "workflow_dispatch"}
    assert occasions["weekly"] == {"schedule", "workflow_dispatch"}
    assert workflow("publish")[True]["push"] == {"branches": ["main"]}


def test_actionlint_accepts_all_workflows():
    done = actionlint(*WORKFLOWS.glob("*.yml"))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("needs: capture", "needs: captures", 'needs job "captures" which does not exist'),
        ("runs-on: ubuntu-24.04", "runs-on: ubuntu-99.04", 'label "ubuntu-99.04" is unknown'),
        ("run: make capture", "runs: make capture", 'step must run script with "run" section'),
        ("matrix.user == 'root'", "matrix.owner == 'root'", 'property "owner" is not defined'),
    ],
    ids=["needs", "runner", "key", "expression"],
)
def test_actionlint_finds_a_planted_mistake(tmp_path, old, new, said):
    done = actionlint(planted(tmp_path, old, new))

    assert done.returncode == 1
    assert said in done.stdout


def test_zizmor_accepts_all_that_is_in_the_folder():
    done = zizmor(GITHUB)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "unpinned-uses"),
        ("          persist-credentials: false\n", "", "artipacked"),
        ("run: make capture", "run: make capture NAME='${{ github.event.pull_request.title }}'", "template-injection"),
        ("  pull_request:", "  pull_request_target:", "dangerous-triggers"),
        ("permissions: {}", "permissions: write-all", "excessive-permissions"),
    ],
    ids=["pin", "credentials", "injection", "trigger", "rights"],
)
def test_zizmor_finds_a_planted_mistake(tmp_path, old, new, said):
    done = zizmor(planted(tmp_path, old, new))

    assert done.returncode != 0
    assert said in done.stdout


@each_workflow
def test_every_action_is_pinned_by_its_whole_hash_with_its_version(name):
    used = re.findall(r"^\s*(?:- )?uses: (.*)$", (WORKFLOWS / f"{name}.yml").read_text(), re.MULTILINE)

    assert len(used) == sum("uses" in step for step in steps(name)) > 0
    for line in used:
        assert re.fullmatch(r"actions/[a-z/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_an_action_has_the_same_pin_everywhere():
    pins = {}
    for name in ALL:
        for action, pin in re.findall(
            r"uses: actions/([a-z-]+)[a-z/-]*@(.*)$", (WORKFLOWS / f"{name}.yml").read_text(), re.M
        ):
            pins.setdefault(action, set()).add(pin)

    assert {action: found for action, found in pins.items() if len(found) > 1} == {}
    assert {"checkout", "upload-artifact", "deploy-pages"} <= pins.keys()


@each_workflow
def test_a_workflow_has_no_rights_and_each_job_the_least(name):
    assert workflow(name)["permissions"] == {}
    for job, definition in jobs(name).items():
        assert definition["permissions"] == MORE.get((name, job), {"contents": "read"}), job


@each_workflow
def test_no_workflow_has_a_secret(name):
    text = (WORKFLOWS / f"{name}.yml").read_text()

    assert not re.search(r"secrets|github\.token|GITHUB_TOKEN", text)


@each_workflow
def test_old_runs_are_cancelled_and_every_job_ends(name):
    assert workflow(name)["concurrency"]["cancel-in-progress"] is True
    for job, definition in jobs(name).items():
        assert 5 <= definition["timeout-minutes"] <= 60, job


@each_workflow
def test_no_checkout_keeps_its_token(name):
    for step in steps(name):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@each_workflow
def test_runners_are_named_by_their_version(name):
    for definition in jobs(name).values():
        rows = definition.get("strategy", {}).get("matrix", {}).get("include", [{}])
        runners = {row.get("runner", definition["runs-on"]) for row in rows}
        assert runners <= {"ubuntu-22.04", "ubuntu-24.04", "ubuntu-24.04-arm"}


def test_tests_run_on_both_releases_of_ubuntu_and_as_root():
    rows = jobs("pull-request")["test"]["strategy"]["matrix"]["include"]

    assert {row["runner"] for row in rows} == {"ubuntu-22.04", "ubuntu-24.04"}
    assert {row["user"] for row in rows} == {"runner", "root"}


def targets_of(makefile):
    return set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())


@pytest.mark.parametrize(("name", "line"), run_lines())
def test_every_command_is_a_make_target_that_runs_the_same_here(name, line):
    if line in (SYSCTL, ".ci/run", "sudo .ci/run"):
        return
    match = re.fullmatch(r'make (\w+)((?: [A-Z]+=[\w./^-]+)*)(?: >> "\$GITHUB_STEP_SUMMARY")?', line)
    assert match, f"{name}: {line} is more than a call of make"
    makefile = (ROOT / "Makefile").read_text()
    assert match[1] in targets_of(makefile)
    recipe = makefile.partition(f"\n{match[1]}:")[2].partition("\n\n")[0]
    for variable in re.findall(r"([A-Z]+)=", match[2]):
        uses = makefile if match[1] == "merge" else recipe
        assert f"$({variable})" in uses, f"make {match[1]} does not know {variable}"


def test_what_rules_the_sandbox_is_set_before_anything_runs_in_it():
    """A job that runs snippets needs it; one that only renders runs nothing of anybody's."""
    runs = {"make check", "make capture", ".ci/run", "sudo .ci/run", "make lock"}
    for name in ALL:
        for job, definition in jobs(name).items():
            lines = [step["run"] for step in definition["steps"] if "run" in step]
            needs = any(line.startswith(tuple(runs)) for line in lines)
            assert needs == (SYSCTL in lines[:1]), f"{name}: {job}"


def test_only_main_saves_a_cache_and_nothing_published_is_made_from_one():
    saves = [name for name in ALL for step in steps(name) if "cache/save" in step.get("uses", "")]
    restores = {name for name in ALL for step in steps(name) if "cache/restore" in step.get("uses", "")}

    assert saves == ["publish"]
    assert restores == {"pull-request", "weekly"}
    assert not [step for name in ALL for step in steps(name) if re.match("actions/cache@", step.get("uses", ""))]


def test_what_is_restored_is_what_was_saved():
    used = [
        (step["with"]["path"].split(), step["with"].get("restore-keys", step["with"]["key"]).strip().partition("-")[0])
        for name in ALL
        for step in steps(name)
        if "actions/cache/" in step.get("uses", "")
    ]

    assert used == [([".cache/bundle", ".cache/lab"], "captures")] * 3


def test_captures_are_handed_over_also_when_a_claim_did_not_hold():
    for name, job in (("pull-request", "capture"), ("publish", "capture"), ("weekly", "newest")):
        (upload,) = [s for s in jobs(name)[job]["steps"] if s.get("uses", "").startswith("actions/upload-artifact@")]
        assert upload["if"] == "${{ !cancelled() }}", name
        assert upload["with"]["include-hidden-files"] is True, name


def test_only_what_was_captured_on_x86_64_can_stop_publication():
    capture = jobs("publish")["capture"]

    assert capture["continue-on-error"] == "${{ matrix.machine != 'x86-64' }}"
    assert {row["machine"] for row in capture["strategy"]["matrix"]["include"]} == {"x86-64", "arm64"}
    assert jobs("publish")["render"]["needs"] == "capture"
    assert jobs("publish")["deploy"]["needs"] == "render"


def test_addresses_come_from_the_environment_of_the_workflow():
    for name in ALL:
        text = (WORKFLOWS / f"{name}.yml").read_text()
        assert not re.search(r"https?://|github\.io|github\.com", text), name
    (render,) = [step for step in jobs("publish")["render"]["steps"] if "make render" in step.get("run", "")]
    assert render["env"] == {
        "SITE_URL": "${{ steps.pages.outputs.base_url }}/",
        "REPO_URL": "${{ github.server_url }}/${{ github.repository }}",
    }


def test_updates_of_actions_and_of_uv_are_asked_for():
    asked = yaml.safe_load((GITHUB / "dependabot.yml").read_text())["updates"]

    assert {(update["package-ecosystem"], update["directory"]) for update in asked} == {
        ("github-actions", "/"),
        ("pip", "/.ci"),
    }
    assert all(update["cooldown"]["default-days"] >= 7 for update in asked)


def test_what_chooses_packages_is_pinned_by_hash_as_they_are():
    text = (ROOT / ".ci" / "uv.txt").read_text()

    assert re.match(r"uv==\d+\.\d+\.\d+ \\\n", text)
    assert text.count("--hash=sha256:") > 5
