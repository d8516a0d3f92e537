"""`make new` gives a snippet, a page and a test that pass everything at once; or it writes nothing and says why."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from live.__main__ import main
from live.contribute import new as making
from live.project import Project

sys.path.insert(0, str(Path(__file__).parents[1] / "site"))
import sites

NAME = "protected_process_lives"
FILES = (f"snippets/oom/{NAME}.py", "docs/oom/protected-process-lives.md", f"tests/snippets/test_{NAME}.py")

NEIGHBOUR = f"""---
description: A page that is there already, so that the new one has a page to lead to.
date: 2026-11-01
---

# How do I read an OOM report? {"{ #read-the-log }"}

``` this-build
```
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A copy of the checkout in which `new` made one, the only one that is left to run; and what it said."""
    folder = tmp_path_factory.mktemp("made")
    root = sites.checkout(folder / "root")
    neighbour = root / "docs" / "oom" / "read-the-log.md"
    for path in (*root.glob("snippets/*/*.py"), *root.glob("docs/**/*.md"), *root.glob("tests/snippets/test_*.py")):
        if path.name != "test_all.py" and path != neighbour:
            path.unlink()
    neighbour.write_text(NEIGHBOUR)
    (root / "docs" / "assets" / "links.txt").write_text("")
    said = live(root, "new", "oom", NAME)
    assert said.returncode == 0, said.stdout
    settings, nav = (root / "mkdocs.yml").read_text().split("\nnav:\n")
    kept = [line for line in nav.splitlines() if "protected-process-lives" in line or "read-the-log" in line]
    (root / "mkdocs.yml").write_text("\n".join([settings, "nav:", *kept, ""]))
    return root, said.stdout


def live(root, *arguments, **settings):
    environment = sites.environment(root, root / ".cache" / "bundle", **settings)
    return sites.run([sys.executable, "-m", "live", *arguments], root, environment)


def test_it_says_what_it_wrote_and_what_to_do_next(made):
    assert made[1].splitlines() == [
        *(f"wrote {name}" for name in (*FILES, "mkdocs.yml")),
        "",
        "They pass as they are. Now make them yours:",
        "",
        f"make run NAME=oom/{NAME}  # what the program gives",
        "make serve  # and open http://localhost:8000/oom/protected-process-lives/",
        "make check  # what the pull request runs first",
    ]


def test_it_passes_every_check_and_its_claim_holds(made):
    root, _ = made
    found = live(root, "check", "style", "spelling", "markdown", "pages", "snippets", "run")

    assert found.returncode == 0, found.stdout
    assert ": 1; runs now: 1" in found.stdout
    assert found.stdout.count("\nok ") == 5  # and one at the beginning
    assert ": 1; runs now: 0" in live(root, "check", "run").stdout


def test_a_test_that_disagrees_with_what_was_measured_is_told(made):
    root, _ = made
    test = root / FILES[2]
    before = test.read_text()
    test.write_text(before.replace("== 32 * MiB", "== 33 * MiB"))

    found = live(root, "check", "run")
    test.write_text(before)

    assert found.returncode == 1
    assert f"{FILES[2]}:11: " in found.stdout
    assert "; the test and the program disagree; mend the one that is wrong" in found.stdout


def test_its_page_is_built_strictly_with_what_it_measured(made, tmp_path):
    root, _ = made
    done = sites.build(root, tmp_path / "site", root / ".cache" / "bundle", "--strict")

    assert done.returncode == 0, done.stdout
    page = (tmp_path / "site" / "oom" / "protected-process-lives" / "index.html").read_text()
    for shown in ("more is resident", "touching 32 MiB made", 'class="live-fact"', "read-the-log", "smaps_rollup"):
        assert shown in page
    assert page.count('id="run-oom-protected-process-lives') >= 2  # the run, and a region of its source


def test_its_test_and_the_rules_for_all_pass(made):
    root, _ = made
    environment = sites.environment(root, root / ".cache" / "bundle")
    done = sites.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/snippets"], root, environment
    )

    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout


def test_it_is_listed_in_a_line_of_its_own_and_nothing_else_is_touched(tmp_path):
    root = sites.checkout(tmp_path / "root")
    before = (root / "mkdocs.yml").read_text()

    assert main(["-C", str(root), "new", "paging", "pages_come_and_go"]) == 0

    after = (root / "mkdocs.yml").read_text()
    last = "      - paging/control-residency.md\n"
    assert after == before.replace(last, f"{last}      - paging/pages-come-and-go.md\n")
    assert "(control-residency.md)" in (root / "docs/paging/pages-come-and-go.md").read_text()


@pytest.fixture
def small(tmp_path):
    """A project with one topic of each kind: with pages and programs, with pages alone."""
    fence = sites.fence("oom/one_that_is_there")
    pages = {"index.md": "# I", "oom/one.md": f"# One {{ #one }}\n\n{fence}", "about/it.md": "# It"}
    root = sites.project(tmp_path / "small", pages, {"oom/one_that_is_there": sites.snippet("It is there now.", "")})
    settings = (root / "mkdocs.yml").read_text().partition("\nnav:")[0]
    (root / "mkdocs.yml").write_text(f"{settings}\nnav:\n  - index.md\n  - OOM: # one\n    - 'A': oom/one.md # more\n")
    return root


def refused(root, capsys, *arguments):
    """What is said when nothing is to be written."""
    before = sites.tree(root)
    assert main(["-C", str(root), "new", *arguments]) == 1
    assert sites.tree(root) == before
    return capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["short", "Upper_Case_Name", "with-hyphens-in", "_leading_line", "a_b", "../../evil_name"]
)
def test_a_name_that_says_nothing_or_is_none_is_refused(small, capsys, name):
    said = refused(small, capsys, "oom", name)

    assert f"the name {name!r} does not say what the program shows" in said
    assert "9 to 60 characters" in said
    assert ("'with_hyphens_in' would do" in said) == (name == "with-hyphens-in")


@pytest.mark.parametrize("name", ["StackGrowsDown", "stack-grows-down", "Stack_GrowsDown", "stack grows down"])
def test_a_name_in_another_style_is_answered_with_one_that_would_do(small, capsys, name):
    assert "; 'stack_grows_down' would do" in refused(small, capsys, "oom", name)


@pytest.mark.parametrize("topic", ["..", "oom/x", "out of memory", "Oom", "/tmp", "-x"])
def test_a_topic_that_is_no_name_is_refused_without_advice_to_make_it(project_of, topic):
    said = project_of(topic)

    assert f"the topic {topic!r} is no name of a folder of docs and snippets; known: oom" in said
    assert "mkdir" not in said


@pytest.fixture
def project_of(small, capsys):
    """Ask for a page of some topic."""
    return lambda topic: refused(small, capsys, "--", topic, NAME)


@pytest.mark.parametrize("text", ["nav: [", "- a", "nav: \xff", None])
def test_settings_that_cannot_be_read_are_told_before_anything_is_written(small, capsys, text):
    (small / "mkdocs.yml").unlink()
    if text:
        (small / "mkdocs.yml").write_text(text, encoding="latin-1")

    assert refused(small, capsys, "oom", NAME).startswith("mkdocs.yml:1: ")


@pytest.mark.parametrize(("topic", "said"), [("oome", "did you mean 'oom'?"), ("about", "known: ")])
def test_an_unknown_topic_is_answered_with_the_nearest_and_how_to_begin_one(small, capsys, topic, said):
    told = refused(small, capsys, topic, NAME)

    assert f"there is no topic {topic!r}: {said}" in told
    assert f"To begin a topic: mkdir docs/{topic} snippets/{topic}" in told


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("one_that_is_there", "snippets/oom/one_that_is_there.py:1: is there already; choose another name"),
        ("one_that_isthere", "snippets/oom/one_that_is_there.py:1: is called the same but for case and underscores"),
        ("it_is_there_now", "has the title 'It is there now.'; choose another name"),
    ],
)
def test_a_name_or_title_that_is_taken_is_refused(small, capsys, name, said):
    assert said in refused(small, capsys, "oom", name)


def test_a_page_that_is_there_is_not_written_over(small, capsys):
    (small / "docs" / "oom" / "protected-process-lives.md").write_text("mine")

    assert "docs/oom/protected-process-lives.md:1: is there already" in refused(small, capsys, "oom", NAME)


def test_a_new_topic_is_begun_as_the_message_says(small, capsys):
    for folder in ("docs", "snippets"):
        (small / folder / "swap").mkdir()
    assert "mkdocs.yml:1: nav lists no page of 'swap'; give it a section with the line" in refused(
        small, capsys, "swap", "swap_is_slow"
    )
    settings = (small / "mkdocs.yml").read_text().partition("\nnav:")[0]
    whole = f"{settings}\nnav:\n  - index.md\n  - Swap:\n      - swap/swap-is-slow.md\n"
    (small / "mkdocs.yml").write_text(whole)

    assert main(["-C", str(small), "new", "swap", "swap_is_slow"]) == 0
    assert (small / "mkdocs.yml").read_text() == whole
    assert "- [I](../index.md)" in (small / "docs/swap/swap-is-slow.md").read_text()


def test_where_a_file_cannot_be_written_nothing_is_left(small, capsys, monkeypatch):
    (small / "tests").write_text("a file where a folder should be")
    said = refused(small, capsys, "oom", NAME)

    assert f"tests/snippets/test_{NAME}.py:1: nothing was written: " in said
    assert "run this again" in said


def test_it_can_be_made_for_the_lab(small):
    making.new(Project.at(small), "oom", NAME, "lab")

    assert '# [tool.live]\n# host = "lab"\n# facts' in (small / f"snippets/oom/{NAME}.py").read_text()


@pytest.mark.skipif(not shutil.which("make"), reason="needs make: sudo apt-get install make")
def test_make_says_how_it_is_called():
    done = subprocess.run(
        ["make", "-C", sites.ROOT, "new", "topic=oom"],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )

    assert done.returncode != 0
    assert "say both: make new topic=oom name=protected_process_lives" in done.stderr
