"""The header of a snippet is a contract: what it says is kept, what is wrong in it is named with its line."""

import errno
import os
import tomllib
from pathlib import Path

import pytest
from live import source
from live.discovery import discover
from live.keys import PACKAGES
from live.problems import LiveError
from live.reader import read
from live.snippet import how_it_ended, requirement_name
from live.source import BadSource

GOOD = '''# /// script
# requires-python = ">=3.11"
# dependencies = ["psutil>=7,<8"]
#
# [tool.live]
# needs = ["ps", "pmap"]
# facts = ["size"]
# reads = ["sample.txt"]
# timeout = 5
# memory = "64MiB"
# sees = "host"
# exclusive = true
# exits = "SIGSEGV"
# ///
"""Touching memory uses it.

It touches some.
"""

import psutil

# region touch
size = psutil.Process().memory_info().rss
# endregion
assert size > 0, f"{size} bytes"
'''


@pytest.fixture
def parse(tmp_path):
    """Read a source as snippets/topic/name.py."""

    def parse(source, name="topic/name"):
        path = tmp_path / "snippets" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        (path.parent / "sample.txt").write_text("1")
        return read(path, tmp_path / "snippets")

    return parse


def complaints(parse, source, **how):
    """The messages about a source, with the lines that they name."""
    with pytest.raises(LiveError) as caught:
        parse(source, **how)
    return [(int(p.at.rpartition(":")[2]), p.what) for p in caught.value.problems]


def test_everything_in_the_header_is_kept(parse, tmp_path):
    snippet = parse(GOOD)

    assert (snippet.name, snippet.topic) == ("topic/name", "topic")
    assert (snippet.title, snippet.description) == ("Touching memory uses it.", "It touches some.")
    assert snippet.dependencies == ["psutil>=7,<8"]
    assert (snippet.needs, snippet.facts) == (["ps", "pmap"], ["size"])
    assert snippet.reads == [tmp_path / "snippets" / "topic" / "sample.txt"]
    assert (snippet.timeout, snippet.memory, snippet.sees, snippet.exclusive) == (5, 64 << 20, "host", True)
    assert snippet.exit_status == 139
    assert snippet.claims == {25: "size > 0"}
    assert snippet.sections == {"touch": "size = psutil.Process().memory_info().rss"}


def test_what_the_header_leaves_out_has_a_default(parse):
    lines = [line for line in GOOD.splitlines() if not line.startswith(tuple("# " + key for key in OPTIONAL))]
    snippet = parse("\n".join(lines))

    assert (snippet.needs, snippet.facts, snippet.reads, snippet.hosts) == ([], [], [], ["build"])
    assert (snippet.timeout, snippet.memory, snippet.sees, snippet.exclusive) == (30, 1 << 30, "own", False)
    assert snippet.exit_status == 0


OPTIONAL = ("needs", "facts", "reads", "timeout", "memory", "sees", "exclusive", "exits")


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('"size"', '"si ze"', 7, "'si ze' is not the name of a variable"),
        (
            "# dependencies",
            "# dependancies",
            3,
            "unknown key 'dependancies' in the header: did you mean 'dependencies'?",
        ),
        ("# timeout = 5", "# timeuot = 5", 9, "unknown key 'timeuot' in [tool.live]: did you mean 'timeout'?"),
        ("# timeout = 5", "# timeout = -5", 9, "timeout = -5: must be a number of seconds, at most 600"),
        ("# timeout = 5", "# timeout = true", 9, "must be a number of seconds"),
        ('"64MiB"', "64", 10, "memory = 64: must be a size such as '512MiB'"),
        ('"64MiB"', '"lots"', 10, "'lots' is not a size"),
        ('"host"', '"all"', 11, "sees = 'all': must be 'own' or 'host'"),
        ("exclusive = true", "exclusive = 1", 12, "must be true or false"),
        ('"SIGSEGV"', '"SIGNONE"', 13, "must be an exit status from 0 to 255, a signal's name"),
        ('["ps", "pmap"]', '["pmpa"]', 6, "no command 'pmpa' in hooks/live/tools.py; did you mean 'pmap'? Otherwise"),
        ('["ps", "pmap"]', '["xyz"]', 6, "none of the 18 known is like it. Otherwise add it there"),
        ('["ps", "pmap"]', '"ps"', 6, "must be a list of strings"),
        ('["size"]', '["size", "size"]', 7, "'size' stands twice"),
        ('["sample.txt"]', '["../../other.txt"]', 8, "'../../other.txt' is no file beside the snippet; name it as in"),
        ('["sample.txt"]', '["sample.txt", "sample.txt"]', 8, "'sample.txt' stands twice; keep one"),
        ('["sample.txt"]', '["name.py"]', 8, "name.py is the snippet itself, which is there already; leave it out"),
        ('["sample.txt"]', '["absent.txt"]', 8, "absent.txt is not there"),
        (
            "import psutil",
            "import psutil, numpy.linalg",
            20,
            "imports 'numpy.linalg'; only psutil and matplotlib may be",
        ),
        ("import psutil", "import psutil, live.host", 20, "imports 'live.host'; a snippet runs by itself and imports"),
        ("import psutil", "import psutil\nfrom . import x", 21, "imports '.'; a snippet runs by itself"),
        ("import psutil", "import psutil\nfrom .os import x", 21, "imports '.os'; a snippet runs by itself"),
        (
            "import psutil",
            "import psutil, matplotlib",
            20,
            "'matplotlib', which its header does not list in dependencies",
        ),
        ('"psutil>=7,<8"', '"psutil", "mkdocs"', 3, "'mkdocs' is none of a snippet's; only psutil and"),
        (
            '["psutil>=7,<8"]',
            '["psutil=7"]',
            3,
            "dependencies = ['psutil=7']: 'psutil=7' is no package with plain bounds",
        ),
        ('["psutil>=7,<8"]', "[]", 20, "imports 'psutil', which its header does not list in dependencies"),
        ('["psutil>=7,<8"]', '["psutil~=7"]', 3, "'psutil~=7' is no package with plain bounds; write it as in"),
        ('["psutil>=7,<8"]', '["psutil[x]"]', 3, "'psutil[x]' is no package with plain bounds"),
        (
            '">=3.11"',
            '"3.11"',
            2,
            "requires-python = '3.11': must be the oldest that it runs with, as in \">=3.11\"",
        ),
        ('">=3.11"', "3.11", 2, "requires-python = 3.11: must be the oldest"),
        ("# [tool.live]", "# tool = 3\n# [toil.live]", 2, "has no [tool.live] table"),
        ('["size"]', f'["{"x" * 61}"]', 7, "is not the name of a variable with at most 60 characters"),
        ("Touching memory uses it.", "It uses it. " * 30, 1, "its title has over 300 characters"),
        ("# [tool.live]", "# [tool.life]", 5, "unknown table [tool.life] in the header: did you mean [tool.live]?"),
        ("# [tool.live]", "# [tool.uv.sources]\n# psutil = { url = 'x' }\n# [tool.live]", 5, "unknown table [tool.uv]"),
        ("# [tool.live]", "# [[tool.uv.index]]\n# url = 'x'\n# [tool.live]", 5, "only [tool.live] may be there, for"),
        ("# timeout = 5", "# timeout = = 5", 9, "bad header: Invalid value; a text stands in quotes, as in host"),
        ("# timeout = 5", "# timeout = 5\n# timeout = 6", 10, "this name stands twice; keep one"),
        ("# timeout = 5", "# timeout 5", 9, "bad header: Expected '=' after a key in a key/value pair; write name"),
        ("# timeout = 5", f"# timeout = {'5' * 5000}", 2, "bad header: a number of too many digits"),
        ("# timeout = 5", f"# timeout = 0x{'f' * 5000}", 9, "timeout = what stands there: must be a number of seconds"),
        ("# timeout = 5", f"# timeout.{'x.' * 2000}x = 5", 9, "timeout = what stands there: must be a number"),
        ("# timeout = 5", f"# timeout = '{'x' * 5000}'", 9, f"timeout = '{'x' * 199}…: must be a number of seconds"),
        ("# timeout = 5\n", "# #\n" * 5000, 1, "bad header: it has "),
        ('# ///\n"', '"', 1, "the block of line 1 is not closed; end it with '# ///'"),
        ("# timeout = 5", "timeout = 5", 9, "the block of line 1 is not closed before this; begin the line with '# '"),
        ("# timeout = 5", "#timeout = 5", 9, "the block of line 1 is not closed before this; begin the line with '# '"),
        ("# timeout = 5", "# ///", 14, "the block of line 1 is closed already; keep one '# ///'"),
        ("# /// script", "# /// scripts", 1, "needs exactly one '# /// script' block"),
        ("import psutil", "# /// script\n# ///", 20, "needs exactly one '# /// script' block"),
        ('"""Touching memory uses it.\n\nIt touches some.\n"""\n', "", 1, "has no docstring"),
        (', f"{size} bytes"', "", 25, "this assert has no message"),
        ("size =", "size = = ", 23, "is not Python"),
        ("# endregion", "", 22, "region 'touch' is not closed"),
        ("# region touch", "", 24, "endregion without a region"),
        ("# region touch", "# region", 22, "is no region as it stands; write '# region name' and '# endregion'"),
        ("# region touch", "# Region touch", 22, "is no region as it stands"),
        ("# region touch", "#region touch", 22, "is no region as it stands"),
        ("# region touch", "# region: touch", 22, "is no region as it stands"),
        ("# endregion", "# End region", 24, "is no region as it stands"),
        ("# endregion", "# region touch\n# endregion", 24, "region 'touch' of line 22 is still open"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(parse, old, new, line, message):
    assert old in GOOD

    found = complaints(parse, GOOD.replace(old, new))

    assert [at for at, what in found if message in what] == [line], found


def test_all_that_is_wrong_is_told_at_once(parse):
    found = complaints(parse, GOOD.replace("timeout", "tiemout").replace("exclusive = true", "exclusive = 3"))

    assert len(found) == 2


@pytest.mark.parametrize("name", ["name", "topic/Name", "topic/a-b", "a/b/c"])
def test_a_name_is_a_topic_and_a_plain_word(parse, name):
    assert any("snippets/<topic>/<name>.py" in what for _, what in complaints(parse, GOOD, name=name))


@pytest.mark.parametrize("linked", ["topic/name.py", "topic"])
def test_a_snippet_that_is_a_link_or_in_a_linked_folder_is_refused_wherever_it_leads(parse, tmp_path, linked):
    parse(GOOD, "other/name")
    link = tmp_path / "snippets" / linked
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(tmp_path / "snippets" / linked.replace("topic", "other"))

    with pytest.raises(LiveError, match="is a link, or in a folder that is one; put the file itself there"):
        read(tmp_path / "snippets" / "topic" / "name.py", tmp_path / "snippets")
    assert [snippet.name for snippet in discover(tmp_path / "snippets")[0]] == ["other/name"]


def test_a_name_that_leads_out_of_the_folder_is_refused(parse, tmp_path):
    parse(GOOD)
    (tmp_path / "outside.py").write_text(GOOD)

    with pytest.raises(LiveError, match="leads out of the snippets folder"):
        read(tmp_path / "snippets" / ".." / "outside.py", tmp_path / "snippets")


def test_names_and_titles_that_a_reader_could_not_tell_apart_are_refused(parse, tmp_path):
    parse(GOOD, "topic/one_two")
    parse(GOOD, "topic/onetwo")

    snippets, problems = discover(tmp_path / "snippets")

    assert len(snippets) == 2
    assert list(map(str, problems)) == [
        "snippets/topic/onetwo.py:1: topic/onetwo has the same name but for case and underscores as topic/one_two "
        "(snippets/topic/one_two.py); rename the newer one",
        "snippets/topic/onetwo.py:15: topic/onetwo has the same title as topic/one_two (snippets/topic/one_two.py); "
        "rename the newer one",
    ]
    assert {problem.snippet for problem in problems} == {""}  # else its pages would count as showing nothing


def test_the_packages_of_snippets_are_those_that_the_project_locks_for_them():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())

    assert {requirement_name(text) for text in project["dependency-groups"]["snippets"]} == set(PACKAGES)


def test_one_unreadable_snippet_does_not_hide_the_others(parse, tmp_path):
    parse(GOOD, "topic/good")
    (tmp_path / "snippets" / "topic" / "bad.py").write_bytes(b"\xff")

    snippets, problems = discover(tmp_path / "snippets")

    assert [snippet.name for snippet in snippets] == ["topic/good"]
    assert [str(problem) for problem in problems] == [
        "snippet topic/bad (snippets/topic/bad.py:1): is not UTF-8 text; save it as such"
    ]


def test_an_exit_status_is_told_in_words():
    assert how_it_ended(0) == "it ended with status 0"
    assert how_it_ended(139) == "it ended with SIGSEGV"
    assert how_it_ended(255) == "it ended with status 255"


def test_a_file_that_is_read_may_be_in_a_folder_beside_the_snippet(parse, tmp_path):
    data = tmp_path / "snippets" / "topic" / "data-1" / "a.b_c.txt"
    data.parent.mkdir(parents=True)
    data.write_text("2")

    snippet = parse(GOOD.replace('"sample.txt"', '"sample.txt", "data-1/a.b_c.txt"'))

    assert list(snippet.files()) == ["topic/name.py", "topic/sample.txt", "topic/data-1/a.b_c.txt"]


def test_a_folder_that_cannot_be_looked_into_is_told_and_hides_no_other(parse, tmp_path, monkeypatch):
    parse(GOOD)
    closed = tmp_path / "snippets" / "closed"
    closed.mkdir()
    scandir = os.scandir

    def as_another_user(place):  # to root no folder is closed
        if os.fspath(place) == str(closed):
            raise PermissionError(errno.EACCES, "Permission denied", place)
        return scandir(place)

    monkeypatch.setattr(os, "scandir", as_another_user)
    snippets, problems = discover(tmp_path / "snippets")

    assert [snippet.name for snippet in snippets] == ["topic/name"]
    assert list(map(str, problems)) == ["snippets/closed: cannot be read: Permission denied; mend its rights"]


def test_a_file_whose_name_is_no_text_is_told_in_what_can_be_printed(tmp_path):
    (tmp_path / "snippets" / "t").mkdir(parents=True)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/snippets/t/\xff.py")).write_text(GOOD)

    problems = discover(tmp_path / "snippets")[1]

    assert str(problems[0]).startswith(r"snippet t/\xff (snippets/t/\xff.py:1): a snippet is snippets/<topic>/")
    assert "\n".join(map(str, problems)).encode()


def test_what_a_header_that_cannot_be_read_declares_is_not_missed(parse):
    assert len(complaints(parse, GOOD.replace('# ///\n"', '"'))) == 1


@pytest.mark.parametrize(
    "unseen", "\0 \f \x0b \r \x1b \x7f \x85 \xad \u200b \u202e \u2066 \u2028 \u3164 \ufeff \ufe0f \U000e0041".split(" ")
)
def test_a_source_has_nothing_that_is_not_seen(parse, unseen):
    (complaint,) = complaints(parse, GOOD.replace("# region", f"# {unseen} it\n# region"))

    assert complaint[0] == 22
    assert f"U+{ord(unseen):04X} is not seen as what it is; write it as an escape, \\" in complaint[1]


def test_a_source_may_be_in_any_language_and_have_the_lines_of_any_system(parse, tmp_path):
    plain = parse(GOOD.replace('f"{size} bytes"', '"é ü 漢 שלום 🎉\t"'))
    (tmp_path / "snippets" / "topic" / "other.py").write_bytes(
        b"\xef\xbb\xbf" + plain.source.replace("\n", "\r\n").encode()
    )

    assert read(tmp_path / "snippets" / "topic" / "other.py", tmp_path / "snippets").source == plain.source


def test_what_a_docstring_says_by_an_escape_can_be_seen(parse):
    (complaint,) = complaints(parse, GOOD.replace("It touches some.", r"It \udcff touches."))

    assert "its docstring has U+DCFF in it, which a page cannot show; take it out" in complaint[1]


@pytest.mark.parametrize(
    ("comment", "said"), [("utf-7", "utf-7"), ("latin-1", "iso-8859-1"), ("x", "an unknown encoding")]
)
def test_a_source_that_python_would_read_otherwise_is_refused(parse, comment, said):
    assert complaints(parse, f"# coding: {comment}\n{GOOD}") == [
        (1, f"says that it is in {said}; a snippet is UTF-8 text, so take that comment out")
    ]


def test_the_text_of_a_claim_is_that_of_its_condition(parse):
    claims = parse(
        f'{GOOD}é = "漢"; assert (é == "漢" and\n    "ü" != é), "two"; assert é, "more"\nif é: assert é, "é"\n'
    ).claims

    assert claims == {25: "size > 0", 26: 'é == "漢" and\n    "ü" != é', 27: "é", 28: "é"}


def test_claims_have_a_bound(parse):
    assert len(parse(GOOD + 'assert size, "x"\n' * 999).claims) == 1000
    assert complaints(parse, GOOD + 'assert size, "x"\n' * 1000) == [(1025, "has 1,001 asserts; 1,000 are the most")]


def test_no_more_is_told_at_once_than_somebody_can_mend(parse):
    assert len(complaints(parse, GOOD + "import nowhere\n" * 1000)) == 50


def test_a_file_that_went_meanwhile_is_told(tmp_path):
    with pytest.raises(LiveError, match="is not there"):
        read(tmp_path / "t" / "gone.py", tmp_path)
    with pytest.raises(BadSource, match="cannot be read: Is a directory; mend its rights"):
        source.read(tmp_path)
