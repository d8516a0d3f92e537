"""Every reference of a page is checked before anything is rendered."""

import pytest
from live.check import anchor, references, unshown
from live.pages import Reference
from live.snippet import Snippet

SNIPPET = Snippet("t/name", None, "", "Title.", "", {}, {"touch": "x = 1"}, facts=["size"])
KNOWN = {"t/name": SNIPPET}


def messages(*found, facts=None):
    return [str(problem) for problem in references(found, KNOWN, facts or {("t/name", "build"): {"size": 1}})]


def test_a_good_page_has_no_problem():
    good = [Reference("p.md", 1, "t/name"), Reference("p.md", 2, "t/name", fact="size", spec="MiB")]
    good += [Reference("p.md", 3, "t/name", {"show": "source", "section": "touch"})]

    assert messages(*good) == []


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (
            Reference("p.md", 7, "t/nmae"),
            "docs/p.md:7: snippet t/nmae: there is no such snippet: did you mean 't/name'?",
        ),
        (Reference("p.md", 7, "t/name", names=3), "a snippet fence holds one name, such as memory/x; is the fence cl"),
        (Reference("p.md", 7, "", names=0), "a snippet fence holds one name, such as memory/x"),
        (Reference("p.md", 7, "t/name", fact="siez"), "docs/p.md:7: snippet t/name: unknown fact 'siez': did you mean"),
        (Reference("p.md", 7, "t/name", fact="size", spec="?"), "fact 'size' is 1 and cannot be written as '?'"),
        (Reference("p.md", 7, "t/name", fact="size.x"), "unknown fact 'size.x'"),
        (Reference("p.md", 7, "t/name", fact="size", host="lab"), "does not run on 'lab': known: build"),
        (Reference("p.md", 7, "t/name", {"host": "biuld"}), "does not run on 'biuld': did you mean 'build'?"),
        (Reference("p.md", 7, "t/name", {"shwo": "all"}), "unknown option 'shwo': did you mean 'show'?"),
        (Reference("p.md", 7, "t/name", {"show": "outptu"}), "unknown show='outptu': did you mean 'output'?"),
        (Reference("p.md", 7, "t/name", {"section": "touch"}), 'a section is a part of the source; add show="source"'),
        (
            Reference("p.md", 7, "t/name", {"show": "source", "section": "tuoch"}),
            "no region 'tuoch': did you mean 'touch'",
        ),
    ],
)
def test_a_bad_reference_is_named_with_page_and_line(reference, message):
    (found,) = messages(reference)

    assert found.startswith("docs/p.md:7: ")
    assert message in found


def test_a_fact_of_a_snippet_without_a_capture_is_checked_by_name_alone():
    assert messages(Reference("p.md", 1, "t/name", fact="size", spec="?"), facts={("t/other", "build"): {}}) == []


def test_the_same_block_twice_on_a_page_is_told_at_the_second():
    twice = [Reference("p.md", 1, "t/name"), Reference("p.md", 9, "t/name"), Reference("q.md", 1, "t/name")]

    assert messages(*twice) == [
        "docs/p.md:9: snippet t/name: is shown twice on this page in the same way; once will do"
    ]


def test_a_snippet_that_no_page_shows_is_told_even_if_a_fact_is_quoted():
    (problem,) = unshown([Reference("p.md", 1, "t/name", fact="size")], [SNIPPET])

    assert "is shown by no page" in str(problem)


def test_anchors_tell_the_parts_of_a_snippet_apart():
    assert anchor("t/a_b", {}) == "run-t-a-b"
    assert anchor("t/a_b", {"show": "output"}) == "run-t-a-b-output"
    assert anchor("t/a_b", {"show": "source", "section": "touch"}) == "run-t-a-b-source-touch"
