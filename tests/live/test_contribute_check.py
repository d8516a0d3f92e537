"""`make check` finds everything at once, each with file, line and remedy; `make fix` mends what needs nobody."""

import sys
from pathlib import Path

import pytest
from live.__main__ import main
from live.contribute import linters
from live.contribute.changed import UNKNOWN, changed
from live.contribute.linters import Linter
from live.discovery import discover
from running import git

sys.path.insert(0, str(Path(__file__).parents[1] / "site"))
import sites

PAGE = """---
description: A page that shows one program, which is there for tests of the check.
date: 2026-11-01
---

# One {{ #one }}

{fence}
"""

TEST = """\
def test_it_is_three(facts_of):
    assert facts_of("oom/it_holds")["size"] == 3


def test_of_what_was_not_run():
    raise AssertionError
"""


@pytest.fixture(scope="module")
def known_types(tmp_path_factory):
    """What mypy learns of the standard library, once for all."""
    return str(tmp_path_factory.mktemp("mypy"))


@pytest.fixture
def checkout(tmp_path, monkeypatch, known_types):
    """A small project that has nothing wrong, with the settings of the real one."""
    for name in ("LIVE_MODE", "LIVE_BUNDLE", "LIVE_SANDBOX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MYPY_CACHE_DIR", known_types)
    snippet = sites.snippet(
        "It holds what it says.", '\nsize = 3\nprint(size)\nassert size, "it is not zero"', facts=["size"]
    )
    page = PAGE.format(fence=sites.fence("oom/it_holds").strip())
    root = sites.project(tmp_path / "root", {"oom/one.md": page}, {"oom/it_holds": snippet})
    (root / "pyproject.toml").write_text((sites.ROOT / "pyproject.toml").read_text())
    (root / "docs" / "assets" / "links.txt").write_text("")
    (root / "tests" / "snippets").mkdir(parents=True)
    (root / "tests" / "conftest.py").write_text((sites.ROOT / "tests" / "conftest.py").read_text())
    (root / "tests" / "snippets" / "test_oom.py").write_text(TEST)
    return root


def check(root, capsys, *parts):
    status = main(["-C", str(root), "check", *parts])
    return status, capsys.readouterr().out.splitlines()


def test_a_good_checkout_has_a_line_for_each_part(checkout, capsys):
    status, said = check(checkout, capsys)

    assert [line.split()[1] for line in said if line.startswith("ok")] == [
        *("style", "spelling", "markdown", "pages", "snippets", "types", "run")
    ]
    assert ": 1; runs now: 1" in "".join(said)
    assert (status, len(said)) == (0, 9), said


def test_every_part_is_checked_whatever_another_finds(checkout, capsys):
    (checkout / "hooks" / "bad.py").write_text(
        '"""A module."""\nimport os\n\n\ndef f() -> int:\n    """A number."""\n    return ""\n'
    )
    snippet = checkout / "snippets" / "oom" / "it_holds.py"
    snippet.write_text(snippet.read_text().replace("assert size", "assert not size"))
    page = checkout / "docs" / "oom" / "one.md"
    page.write_text(
        page.read_text().replace("# One {", "Teh [a](gone.md) [b](#gone)\n\n# One  {") + "\n`#!fact oom/it_holds.siz`\n"
    )

    status, said = check(checkout, capsys)

    assert status == 1
    for start in (
        "hooks/bad.py:2: F401 `os` imported but unused; 'make fix' mends it",
        "hooks/bad.py:2: File would be reformatted; 'make fix' mends it",
        'hooks/bad.py:7: Incompatible return value type (got "str", expected "int")  [return-value]; mend the type',
        "docs/oom/one.md:6: `Teh` should be `The`; 'make fix' mends it",
        "docs/oom/one.md:6: [MD057] Relative link 'gone.md' does not exist; '.venv/bin/rumdl rule MD057' tells how",
        "docs/oom/one.md:6: [MD051] Link anchor '#gone' does not exist",
        "docs/oom/one.md:8: [MD064] Multiple consecutive spaces (2) found; 'make fix' mends it",
        "docs/oom/one.md:14: snippet oom/it_holds: unknown fact 'siz': did you mean 'size'?",
        "snippets/oom/it_holds.py:12: claim did not hold: it is not zero; mend the program, or",
    ):
        assert any(line.startswith(start) for line in said), (start, said)
    assert "findings; 'make fix' mends" in said[-1]


def test_what_is_told_by_one_part_is_not_told_again(checkout, capsys):
    page = checkout / "docs" / "oom" / "one.md"
    page.write_text(page.read_text() + "\n`#!fact oom/it_holds.siz`\n")

    assert str(check(checkout, capsys, "pages", "run")).count("unknown fact") == 1


def test_a_part_of_a_fact_that_a_run_did_not_give_is_told_after_the_run(checkout, capsys):
    page = checkout / "docs" / "oom" / "one.md"
    page.write_text(page.read_text() + "\n`#!fact oom/it_holds.size.big`\n")

    assert check(checkout, capsys, "pages")[0] == 0
    assert "docs/oom/one.md:12: snippet oom/it_holds: unknown fact 'size.big'" in str(check(checkout, capsys, "run")[1])


def test_an_unknown_part_is_answered_with_the_nearest(checkout, capsys):
    assert main(["-C", str(checkout), "check", "stile"]) == 1
    assert capsys.readouterr().err == "there is no part 'stile': did you mean 'style'?\n"


def test_a_snippet_that_cannot_be_read_is_said_not_to_have_run(checkout, capsys):
    (checkout / "snippets" / "oom" / "broken.py").write_text("x = (\n")

    assert check(checkout, capsys, "snippets")[0] == 1
    status, said = check(checkout, capsys, "run")

    assert status == 0, "which part is at fault was told by that part"
    assert "; cannot be read, so not run: 1" in said[1]


def test_the_lab_may_be_left_out_and_that_is_said(checkout, capsys, monkeypatch):
    git(checkout, "init")
    git(checkout, "commit", "--allow-empty", "-m", "one")
    snippet = checkout / "snippets" / "oom" / "it_holds.py"
    snippet.write_text(snippet.read_text().replace("# facts", '# host = "lab"\n# facts'))
    monkeypatch.setenv("LIVE_LAB", "off")

    status, said = check(checkout, capsys, "run")

    assert status == 0
    assert "skipped oom/it_holds on lab: the lab is switched off; unset LIVE_LAB to have this run" in said[1]


def test_mending_says_what_it_changed_and_leaves_nothing_to_mend(checkout, capsys):
    good = {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()}
    page, module = checkout / "docs" / "oom" / "one.md", checkout / "hooks" / "events.py"
    page.write_text(page.read_text().replace("\n# One {", "\n\n# One  {") + "\nTeh site is <https://example.org/>.\n")
    module.write_text("import ast\n" + module.read_text().replace(" = ", "  =  ", 1))

    assert main(["-C", str(checkout), "fix"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        *("mended docs/assets/links.txt", "mended docs/oom/one.md", "mended hooks/events.py")
    ]
    assert page.read_bytes() == good[page] + b"\nThe site is <https://example.org/>.\n"
    assert module.read_bytes() == good[module]
    assert (checkout / "docs" / "assets" / "links.txt").read_text() == "https://example.org/\n"
    assert main(["-C", str(checkout), "fix"]) == 0
    assert capsys.readouterr().out == "nothing to mend that can be mended without a person\n"
    assert check(checkout, capsys, "style", "spelling", "markdown", "pages")[0] == 0


def test_nothing_is_mended_through_a_link_and_an_editor_s_is_passed_over(checkout, tmp_path, capsys):
    other = tmp_path / "other.py"
    other.write_text("x  =  1\n")
    (checkout / "docs" / ".#one.md").symlink_to("somebody@host.1")
    assert main(["-C", str(checkout), "fix"]) == 0
    capsys.readouterr()
    for name in ("hooks/more.py", "more.py"):
        (checkout / name).symlink_to(other)
        assert main(["-C", str(checkout), "fix"]) == 1
        assert capsys.readouterr().err.startswith(f"{name}:1: is a link, through which nothing is mended")
        (checkout / name).unlink()
    assert other.read_text() == "x  =  1\n"


def test_words_in_programs_are_not_respelled(checkout, capsys):
    module = checkout / "hooks" / "events.py"
    module.write_text(module.read_text().replace("serving", "recieve"))
    before = module.read_text()

    main(["-C", str(checkout), "fix"])

    assert module.read_text() == before
    capsys.readouterr()
    assert "mend it, or list it under [tool.typos] in pyproject.toml where it is right" in str(
        check(checkout, capsys, "spelling")[1]
    )


def test_a_program_that_is_absent_or_breaks_is_a_finding(tmp_path, monkeypatch):
    (absent,) = Linter(("no-such-linter",), lambda *_: "").find(tmp_path)
    assert str(absent) == "no-such-linter is not installed; run 'make setup'"

    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 'x'\n")
    (broken,) = linters.STYLE[0].find(tmp_path)
    assert str(broken).startswith("ruff ended with status 2 and no finding; mend what it says\n    ")
    assert "line-length" in broken.detail


def test_of_a_file_that_does_not_parse_or_is_no_text_one_thing_is_told(checkout, capsys):
    (checkout / "hooks" / "bad.py").write_text("def f(:\n  x = (\n")
    (checkout / "hooks" / "latin.py").write_bytes(b'"""\xfc."""\n')

    said = check(checkout, capsys, "style")[1]

    assert said[1:] == [
        "hooks/bad.py:1: invalid-syntax: Expected a parameter or the end of the parameter list; mend it",
        "hooks/latin.py:1: E902 stream did not contain valid UTF-8; save it as such",
        *("", "2 findings"),
    ]
    (checkout / "hooks" / "bad.py").unlink()
    assert check(checkout, capsys, "style")[1][-1] == "1 finding"


@pytest.fixture
def history(project):
    """Three snippets on a branch main, and a branch that left it; one of them reads a file."""
    header = '# /// script\n# dependencies = []\n# [tool.live]\n# reads = ["data.txt"]\n# ///\n"""It reads."""\n'
    root = project({"t/kept": "", "t/other": ""}).root
    (root / "snippets" / "t" / "data.txt").write_text("1")
    (root / "snippets" / "t" / "reads.py").write_text(header)
    git(root, "init")
    git(root, "add", ".")
    git(root, "commit", "-m", "one")
    git(root, "switch", "-c", "work")
    return root


def chosen(root):
    snippets, which = changed(root, discover(root / "snippets")[0])
    return [snippet.name for snippet in snippets], which


def test_nothing_is_chosen_where_nothing_differs_from_main(history):
    names, which = chosen(history)

    assert names == []
    assert which.startswith("those that differ from main at ")


@pytest.mark.parametrize("committed", [True, False])
def test_what_differs_from_main_is_chosen_committed_or_not(history, committed):
    (history / "snippets" / "t" / "other.py").write_text((history / "snippets/t/kept.py").read_text() + "x = 1\n")
    added = (history / "snippets/t/kept.py").read_text().replace("This is t/kept", "It is new")
    (history / "snippets" / "t" / "added.py").write_text(added)
    (history / "snippets" / "t" / "data.txt").write_text("2")
    if committed:
        git(history, "add", ".")
        git(history, "commit", "-m", "two")

    assert sorted(chosen(history)[0]) == ["t/added", "t/other", "t/reads"]
    assert {path.stem for path in history.glob("snippets/t/*.py")} >= {"added"}


def test_what_main_changed_since_is_not_chosen(history):
    git(history, "switch", "main")
    (history / "snippets" / "t" / "data.txt").write_text("3")
    git(history, "commit", "-am", "three")
    git(history, "switch", "work")

    assert chosen(history)[0] == []


def test_that_of_the_server_counts_before_one_s_own_main(history, tmp_path):
    (history / "snippets" / "t" / "data.txt").write_text("4")
    git(history, "switch", "main")
    git(history, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(history, "commit", "-am", "work on main itself")

    assert chosen(history)[0] == ["t/reads"]


@pytest.mark.parametrize("present", ["no git", "no main"])
def test_without_git_or_main_all_are_chosen_and_that_is_said(history, present):
    git(history, "branch", "-m", "main", "trunk")
    if present == "no git":
        (history / ".git").rename(history / "elsewhere")

    names, which = chosen(history)

    assert names == ["t/kept", "t/other", "t/reads"]
    assert which == UNKNOWN


def test_without_a_main_it_is_said_before_anything_runs_and_the_lab_is_left_out(checkout, capsys):
    lab = sites.snippet("It needs a lab.", "\nprint(1)\nassert True, 'it held'", host="lab")
    (checkout / "snippets" / "oom" / "of_the_lab.py").write_text(lab)

    status, said = check(checkout, capsys, "run")

    assert status == 0, said
    assert said[0].startswith("         run: will run all that need no lab, since git tells of no branch main here")
    assert said[1].endswith(": 1; runs now: 1")


def test_front_matter_that_is_none_is_told_and_not_mended(checkout, capsys):
    page = checkout / "docs" / "oom" / "one.md"
    page.write_text(f"\n{page.read_text()}\nTeh end.\n")
    before = page.read_text()

    said = check(checkout, capsys, "markdown", "pages")[1]
    assert "docs/oom/one.md:1: front matter must begin on the first line with '---'" in said
    assert "make fix" not in str(said)
    main(["-C", str(checkout), "fix"])
    assert page.read_text() == before.replace("Teh", "The")


def test_an_entry_of_the_navigation_that_leads_nowhere_is_told_with_its_line(checkout, capsys):
    settings = checkout / "mkdocs.yml"
    start = settings.read_text().partition("\nnav:")[0]
    settings.write_text(
        f"{start}\nnav:\n  - oom/oen.md\n  - A: oom/one.md\n  - B: oom/one.md\n  - https://example.org\n"
    )
    line = settings.read_text()[: settings.read_text().index("- oom/oen")].count("\n") + 1

    said = check(checkout, capsys, "pages")[1]
    assert sorted(said[1:3], reverse=True) == [
        f"mkdocs.yml:{line}: there is no page 'oom/oen.md': did you mean 'oom/one.md'?",
        f"mkdocs.yml:{line + 2}: 'oom/one.md' is in nav twice; take one out",
    ]
    settings.write_text(start)
    assert "mkdocs.yml:1: has no nav; list all pages under 'nav:'" in check(checkout, capsys, "pages")[1]
