"""The command line runs and shows snippets as the site does."""

import json

import pytest
from live.__main__ import main


@pytest.fixture
def live(project, source, capsys):
    """Call the command line on a project with one good snippet and what else is given."""

    def live(*arguments, **snippets):
        body = 'size = 3\nprint("the output")\nassert size == 3, f"size was {size}"\n'
        given = {"t/one": source(body, title="One.", facts=["size"])} | {f"t/{n}": s for n, s in snippets.items()}
        where = project(given, {"p.md": "".join(f"``` snippet\n{name}\n```\n" for name in given)})
        status = main(["-C", str(where.root), *map(str, arguments)])
        out, errors = capsys.readouterr()
        return status, out, errors

    return live


def test_a_run_prints_what_a_page_shows(live):
    status, out, _ = live("run", "t/one")

    assert status == 0
    for text in ("One.", "the output", "held, line 14: size was 3", "fact size = 3"):
        assert text in out


@pytest.mark.parametrize("name", ["t/one.py", "snippets/t/one.py"])
def test_a_snippet_may_be_named_by_its_path(live, name):
    assert live("run", name)[0] == 0


def test_show_prints_the_last_run_and_runs_nothing(live):
    assert live("show", "t/one")[2] == "snippet t/one: has no capture: it did not run yet\n"
    first = live("run", "t/one")[1]
    assert live("show", "t/one")[1] == first


def test_the_list_tells_what_became_of_each(live):
    assert "not run    0 claims  build      t/one" in live("list")[1]
    live("capture")
    assert "held       1 claims  build      t/one" in live("list")[1]


def test_capture_sums_up(live):
    assert "1 snippets: 1 held, 0 failed, 0 skipped; 1 claims held; 1 ran now, 0 reused" in live("capture")[1]
    assert "0 ran now, 1 reused" in live("capture")[1]
    assert "1 ran now, 0 reused" in live("capture", "--fresh")[1]


def test_a_failure_has_a_message_and_a_status(live, source):
    broken = source('assert 1 == 2, "one is not two"\n', title="Two.")

    status, _, errors = live("run", "t/two", two=broken)

    assert status == 1
    assert errors == "snippet t/two (snippets/t/two.py:11): claim did not hold: one is not two\n"
    status, _, errors = live("capture", two=broken)
    assert (status, errors.startswith("docs/p.md:5: snippet t/two")) == (1, True)


def test_an_unknown_name_is_answered_with_the_nearest(live):
    status, _, errors = live("run", "t/oen")

    assert (status, errors) == (1, "snippet t/oen: there is no such snippet: did you mean 't/one'?\n")


@pytest.mark.parametrize("name", ["../etc", "xyz", "\udcff"])
def test_what_is_like_no_name_is_answered_in_a_line(live, source, name):
    many = {f"n{number}": source("x = 1\n", title=f"{number}.") for number in range(12)}

    status, _, errors = live("run", name, **many)

    assert status == 1
    assert errors.endswith(": there is no such snippet: none of the 13 known is like it; 'make list' lists all\n")


def test_a_title_that_is_there_twice_keeps_none_from_running(live, source):
    two = source('print("two")\nassert 1, "x"\n', title="One.")

    assert live("run", "t/one", "t/two", two=two)[0] == 0
    assert "t/two has the same title as t/one" in live("list", two=two)[2]


def test_a_snippet_that_cannot_be_read_is_a_message(live):
    status, _, errors = live("list", bad="x = = 1\n# /// script\n")

    assert status == 1
    assert "snippet t/bad (snippets/t/bad.py:1): is not Python" in errors


def test_export_adds_the_downloads_to_a_site(live, tmp_path):
    live("capture")
    (tmp_path / "site").mkdir()
    (tmp_path / "secret").write_text("a secret")
    (tmp_path / "project" / "snippets" / "t" / "link.py").symlink_to(tmp_path / "secret")

    assert live("export", tmp_path / "site")[0] == 0
    assert (tmp_path / "site" / "snippets" / "t" / "one.py").read_text().startswith("# /// script")
    assert not (tmp_path / "site" / "snippets" / "t" / "link.py").exists()
    assert json.loads((tmp_path / "site" / "build.json").read_text())["captures"][0]["snippet"] == "t/one"


def test_a_run_that_fails_shows_what_it_had_written(live, source):
    broken = source('print("so far")\nassert 1 == 2, "one is not two"\n', title="Two.")

    status, said, errors = live("run", "t/two", two=broken)

    assert status == 1
    assert "t/two failed on build, and had written:\nso far" in said
    assert "one is not two" in errors
