"""What GitHub and pre-commit read is of their form, and names commands that exist."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from live.contribute.check import PARTS
from live.discovery import discover

ROOT = Path(__file__).parent.parent
FORMS = sorted(path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
KINDS = {"markdown", "input", "textarea", "dropdown", "checkboxes"}
each_form = pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)


def read(path):
    return yaml.safe_load(path.read_text())


def test_there_are_two_forms_and_no_blank_issue():
    assert [path.stem for path in FORMS] == ["question", "wrong-number"]
    assert read(ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml") == {"blank_issues_enabled": False}


@each_form
def test_a_form_has_what_github_requires(form):
    """GitHub's syntax for issue forms: name, description and body; elements with a type, unique ids and a label."""
    told = read(form)

    assert told.keys() <= {"name", "description", "body", "title", "labels", "assignees", "projects", "type"}
    assert all(isinstance(told[key], str) and told[key].strip() for key in ("name", "description"))
    assert told["body"]
    identities = [element["id"] for element in told["body"] if element["type"] != "markdown"]
    assert len(set(identities)) == len(identities)
    for element in told["body"]:
        assert element.keys() <= {"type", "id", "attributes", "validations"}
        assert element["type"] in KINDS
        assert re.fullmatch(r"[\w-]+", element["id"])
        assert element["attributes"]["label"]
        assert element["attributes"].keys() <= {"label", "description", "placeholder", "value", "render"}
        assert {type(value) for value in element.get("validations", {}).values()} <= {bool}
    labels = [element["attributes"]["label"] for element in told["body"]]
    assert len(set(labels)) == len(labels)


@each_form
def test_a_form_names_snippets_and_files_that_exist(form):
    names = {snippet.name for snippet in discover(ROOT / "snippets")[0]}
    named = set(re.findall(r"\b[a-z]+/[a-z_]+\b", form.read_text()))

    assert named <= names


def test_the_form_for_a_wrong_number_asks_for_what_one_command_prints():
    (result,) = [element for element in read(FORMS[1])["body"] if element["id"] == "result"]

    assert result["validations"]["required"]
    assert "`make report NAME=memory/shared_page_is_split`" in result["attributes"]["description"]
    assert "`uv run shared_page_is_split.py`" in result["attributes"]["description"]


def test_a_pull_request_is_asked_for_four_lines():
    text = (ROOT / ".github" / "pull_request_template.md").read_text()

    assert len(text.splitlines()) == 4
    assert "`make check`" in text


def test_the_contributing_page_names_the_jobs_of_a_pull_request_and_what_each_runs():
    jobs = read(ROOT / ".github" / "workflows" / "pull-request.yml")["jobs"].values()
    rows = re.findall(r"^\| ([A-Z]\w+) \| (.*?) \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)

    assert [name for name, _ in rows] == [job["name"].split()[0] for job in jobs]
    for (_, does), job in zip(rows, jobs, strict=True):
        run = " ".join(step.get("run", "") for step in job["steps"])
        for command in re.findall(r"`(make \w+)`", does):
            assert command in run or (command, ".ci/run" in run) == ("make test", True)


def test_pre_commit_runs_every_part_of_the_check_and_fetches_nothing():
    (repository,) = read(ROOT / ".pre-commit-config.yaml")["repos"]
    entries = [shlex.split(hook["entry"]) for hook in repository["hooks"]]

    assert repository["repo"] == "local"
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}
    assert [hook["pass_filenames"] for hook in repository["hooks"]] == [False] * len(PARTS)
    assert [entry[:4] for entry in entries] == [[".venv/bin/python", "-m", "live", "check"]] * len(PARTS)
    assert [entry[4:] for entry in entries] == [[part] for part in PARTS]
    assert [hook["id"] for hook in repository["hooks"]] == list(PARTS)
    for hook in repository["hooks"]:
        re.compile(hook.get("files", ""))
