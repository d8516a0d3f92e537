"""Each rule of pages and snippets finds what breaks it, with its line, and lets good ones pass."""

import pytest
from live.contribute import page_rules, snippet_rules
from live.discovery import discover
from live.publish.page import Page

DESCRIPTION = "What this page is about, in enough words for a search engine."
GOOD = f"""---
description: {DESCRIPTION}
date: 2026-11-01
---

# A title {"{ #a-title }"}

It says so[^source]: `#!fact t/one.size`.

``` snippet show="source" section="touch"
t/one.py
```

## Next {"{ #next }"}

- [Elsewhere](other.md)

[^source]: `mmap(2)`.
"""


@pytest.fixture
def broken(tmp_path):
    """What the rules say of a checkout that has one page, and perhaps other files."""

    def find(text, **files):
        for name, content in {"docs/t/page.md": text, "docs/assets/links.txt": "", **files}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content)
        return [str(problem) for problem in page_rules.pages(tmp_path)]

    return find


def test_a_good_page_keeps_all_rules(broken):
    assert broken(GOOD) == []


@pytest.mark.parametrize(
    ("good", "bad", "line", "said"),
    [
        (GOOD[: GOOD.index("# A")], "", 1, "has no front matter; begin with '---', 'description: …', 'date: 2"),
        ("description:", "about:", 1, "its front matter has no description; say in a sentence"),
        (DESCRIPTION, "[1, 2]", 1, "its front matter has no description"),
        (DESCRIPTION, "[1, 2", 3, "its front matter cannot be read: expected ',' or ']', but got ':'; write 'd"),
        (
            DESCRIPTION,
            f"So: {DESCRIPTION}",
            2,
            "its front matter cannot be read: mapping values are not allowed here; ",
        ),
        ("2026-11-01", "2026-13-01", 3, "its front matter cannot be read: month must be in 1..12"),
        (
            GOOD[4 : GOOD.index("# A")],
            "- a\n---\n",
            1,
            "its front matter cannot be read: it is no list of 'key: value'",
        ),
        (DESCRIPTION, "[" * 1500, 1, "its front matter cannot be read: it is too deep"),
        ("---\ndesc", "\n---\ndesc", 1, "front matter must begin on the first line with '---'"),
        ("---\ndesc", "----\ndesc", 1, "front matter must begin on the first line with '---'"),
        ("\n---\n", "\n", 1, "its front matter does not end; close it with a line '---'"),
        ("2026-11-01", '"2026-11-01"', 3, "its date is in quotes; write 'date: 2026-11-01' without quotes"),
        (
            DESCRIPTION,
            f"Issue # {DESCRIPTION}",
            2,
            "its description ends where ' #' begins a comment; put it in quotes",
        ),
        (DESCRIPTION, f"'`#!fact t/n.x` {DESCRIPTION}'", 2, "a description quotes no facts"),
        (
            "## Next { #next }",
            "## Next { #a-title }",
            14,
            "line 6 has the id '#a-title', too; give this heading another",
        ),
        ("(other.md)", "(htps://example.org)", 16, "a link with 'htps:' leads nowhere; did you mean 'https://'?"),
        ("`#!fact", "`#!facts", 8, "`#!facts t/one.size` quotes nothing; did you mean `#!fact topic/name.fact`?"),
        ("`#!fact", "`#!Fact", 8, "`#!Fact t/one.size` quotes nothing; did you mean"),
        ("`#!fact", "`#! fact", 8, "`#! fact t/one.size` quotes nothing; did you mean"),
        ("`#!fact", "`!#fact", 8, "`!#fact t/one.size` quotes nothing; did you mean"),
        ("`#!fact", "`#!fact ", 8, "`#!fact  t/one.size` quotes nothing; did you mean"),
        ("t/one.size", "t/one", 8, "`#!fact t/one` quotes nothing; did you mean"),
        ("t/one.size", "t/one@lab.", 8, "`#!fact t/one@lab.` quotes nothing; did you mean"),
        ("2026-11-01", "2026-11-01 10:00:00", 3, "its front matter does not say since when the page is there; write"),
        ("date: 2026-11-01\n", "", 1, "its front matter does not say since when the page is there; write 'date: 2"),
        (DESCRIPTION, "Short.", 2, "its description has 6 characters; make it 40 to 160 characters"),
        (DESCRIPTION, "Long. " * 40, 2, "its description has 239 characters"),
        ("# A title { #a-title }", "Nothing", 1, "has no title; write"),
        ("## Next { #next }", "## Next", 14, "this heading has no pinned id; end it with '{ #next }'"),
        ("``` snippet", "``` text", 1, "shows no run; show a snippet"),
        (
            "``` snippet",
            "``` snip",
            10,
            'a fence of \'snip show="source" section="touch"\' is not shown: did you mean',
        ),
        ('section="touch"', "section=touch", 10, 'options are written name="value"'),
        ("t/one.py\n```\n", "t/one.py\n", 10, "this fence is not closed"),
        ("t/one.py\n```\n", "t/one.py\n  ```\n", 12, "this fence is not closed"),
        ("- [Elsewhere](other.md)\n", "- [Elsewhere](other.md)\n" * 6, 21, "has 6 links under Next; keep the best 5"),
        ("so[^source]:", "so[^other]:", 8, "footnote [^other] is nowhere"),
        ("so[^source]:", "so:", 18, "nothing refers to footnote [^source]"),
    ],
)
def test_a_page_that_breaks_a_rule_is_told_with_its_line(broken, good, bad, line, said):
    assert good in GOOD

    found = broken(GOOD.replace(good, bad))

    assert any(one.startswith(f"docs/t/page.md:{line}: ") and said in one for one in found), found


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "< SCRIPT src=x>",
        "<style>p {}</style>",
        '<iframe src="x"></iframe>',
        "<object data=x></object>",
        "<embed src=x>",
        "<form action=x></form>",
        '<link rel="stylesheet">',
        '<base href="//x">',
        "<svg></svg>",
        "<img src=x>",
        '<div onclick="f()">',
        "<div\nonclick = f()>",
        "[a](b.md){ onmouseover=f() }",
        '[a](b.md){ title="}" onclick="f()" }',
        "[a](javascript:f())",
        "[a](&#106;avascript:f())",
        "[a](java\tscript:f())",
        "[a]\n\n[a]: JavaScript:f()",
        "[a](data:text/html,x)",
        "![a](https://example.org/a.png)",
        "![a]( <//example.org/a.png>)",
        "`<script>` in code",
        "``` text onclick\n<script>\n```",
    ],
)
def test_html_that_could_act_is_refused(broken, text):
    found = broken(GOOD.replace("It says", f"{text}\n\nIt says"))

    assert any("could act in a reader's browser; " in one for one in found), found
    assert any(one.startswith(("docs/t/page.md:8: ", "docs/t/page.md:9: ", "docs/t/page.md:10: ")) for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "``` text\n<script>on load</script>\n```",
        '<div class="diagram-box" role="region">\n</div>',
        "For one = two, and once= three: data: four, the form of a link.",
        "[a](https://example.org) `a < b > c`",
        "![a](../assets/a.svg)",
    ],
)
def test_what_cannot_act_may_stand(broken, text):
    found = broken(GOOD.replace("It says", f"{text}\n\nIt says"), **{"docs/assets/links.txt": "https://example.org\n"})

    assert not any("could act" in one for one in found), found


def test_what_pages_include_may_not_act_either(broken):
    found = broken(GOOD, **{"docs/assets/glossary.txt": "*[A]: a\n<script>", "CONTRIBUTING.md": "<form>"})

    assert [one.split(": ")[0] for one in found] == ["CONTRIBUTING.md:1", "docs/assets/glossary.txt:2"]


def test_links_to_other_sites_are_listed_and_no_others(broken, tmp_path):
    linked = GOOD.replace("It says", "[It](https://example.org/a) says")

    assert broken(linked, **{"docs/assets/links.txt": "https://example.org/b\n"}) == [
        "docs/assets/links.txt:1: no page has https://example.org/b; 'make fix' takes it out",
        "docs/t/page.md:8: https://example.org/a is not in docs/assets/links.txt; 'make fix' adds it",
    ]
    page_rules.list_links(tmp_path)
    assert page_rules.pages(tmp_path) == []


def test_a_picture_of_another_site_is_told_once_and_an_address_ends_before_a_quote(broken, tmp_path):
    text = "![a](https://example.org/a.svg)\n\n<iframe src='https://example.org/b'></iframe>\n\n"
    text += '<a href="https://example.org/c">c</a>\n\n'

    found = broken(GOOD.replace("It says", f"{text}It says"))

    assert [one.split(": ")[0] for one in found] == [f"docs/t/page.md:{line}" for line in (10, 12, 8)]
    assert "https://example.org/c is not in" in found[1]


def test_pages_without_readable_front_matter_are_known(broken, tmp_path):
    broken(GOOD, **{"docs/a.md": f"\n{GOOD}", "docs/b.md": GOOD.replace("date:", "date: [")})

    assert page_rules.headless(tmp_path) == {"docs/a.md", "docs/b.md"}


def test_a_fence_in_a_list_is_closed_with_its_own_indentation():
    page = Page("docs/p.md", "1. A\n\n    ``` text\n    x\n    ```\n")

    assert page.fences == [(3, 5, " text")]
    assert [number for number, _ in page.prose] == [1, 2]


@pytest.fixture
def told(project, source):
    """What the rules say of a project: told({"t/name": body}, tests, {file in snippets: content})."""

    def told(bodies, tests="", files=None):
        titles = {name: f"This shows one thing, which is {name}." for name in bodies}
        where = project({name: source(body, title=titles[name]) for name, body in bodies.items()}, {"t/p.md": ""})
        for path, content in {"tests/snippets/test_t.py": tests, **(files or {})}.items():
            (where.root / path).parent.mkdir(parents=True, exist_ok=True)
            (where.root / path).write_text(content)
        return [str(problem) for problem in snippet_rules.snippets(where.root, discover(where.snippets)[0])]

    return told


GOOD_BODY = 'x = len("x")\nprint(x)\nassert x == 1, "it held"\n'


def test_a_good_snippet_keeps_all_rules_and_a_bad_one_is_told_why(project, source):
    good = source(GOOD_BODY, title="This shows one thing.")
    long = source(GOOD_BODY + "# x\n" * 120 + f"# {'x' * 100}\n", title="This is long, and wide.")
    where = project(
        {"t/good": good, "t/lengthy": long, "u/silent": source("x = 1\n", title="no sentence")}, {"t/p.md": ""}
    )
    tests = where.root / "tests" / "snippets"
    tests.mkdir(parents=True)
    (tests / "test_t.py").write_text('"t/good" "t/lengthy"')
    (tests / "test_all.py").write_text('"u/silent"')

    found = [str(problem) for problem in snippet_rules.snippets(where.root, discover(where.snippets)[0])]

    assert [one for one in found if "t/good" in one] == []
    for said in (
        "(snippets/t/lengthy.py:111): has 134 lines; show one thing in at most 110",
        "(snippets/t/lengthy.py:134): this line is wider than 100 characters",
        "(snippets/u/silent.py:7): its title is no sentence",
        "(snippets/u/silent.py:1): it makes no claim",
        "(snippets/u/silent.py:1): no test checks what it answers; write one in tests/snippets/ ",
        "(snippets/u/silent.py:1): its topic has no pages; make docs/u/, or move it to one of t",
    ):
        assert any(said in one for one in found), (said, found)
    assert len(found) == 6


@pytest.mark.parametrize(
    "condition", ["True", "1", "(1\n    == 1)", "'a' in 'abc'", "not 0", "[1]", "lambda: 0", repr("x" * 80)]
)
def test_a_claim_that_nothing_could_break_is_refused(told, condition):
    (one,) = told({"t/good": f"{GOOD_BODY}assert {condition}, 'x'\n"}, '"t/good"')

    assert "snippet t/good (snippets/t/good.py:14): 'assert " in one
    assert "x" * 41 not in one
    assert "holds whatever happens, so it shows nothing; compare what was measured" in one


@pytest.mark.parametrize("file", ["x.txt", "t/x.txt", "t/good.PY", "t/good.py.bak", "t/run.sh", "t/data/x", "u/x"])
def test_what_no_snippet_reads_is_told(told, file):
    assert told({"t/good": GOOD_BODY}, '"t/good"', {f"snippets/{file}": ""}) == [
        f"snippets/{file}:1: no snippet reads it; remove it, or name it in reads beside it"
    ]


def test_what_is_read_or_an_editors_or_beside_what_cannot_be_read_is_no_stray(told, source):
    reading = source(GOOD_BODY, title="This reads one thing.", reads=["data/x.txt"])
    files = {"t/data/x.txt": "", "ruff.toml": "", "t/.x.swp": "", "t/__pycache__/x.pyc": "", ".idea/x": ""}
    files |= {"t/reading.py": reading, "u/broken.py": "x = = 1", "u/data/y": ""}

    assert told({}, '"t/reading"', {f"snippets/{name}": content for name, content in files.items()}) == []


def test_a_linked_topic_is_told(told, tmp_path):
    (tmp_path / "project" / "snippets").mkdir(parents=True)
    (tmp_path / "project" / "snippets" / "u").symlink_to(tmp_path)

    assert told({"t/good": GOOD_BODY}, '"t/good"') == [
        "snippets/u:1: no snippet reads it; remove it, or name it in reads beside it"
    ]


def test_a_test_of_a_snippet_that_is_not_there_is_told(told):
    tests = (
        'def test_a(facts_of):\n    facts_of("t/good")\n    facts_of(\n"t/goood", "lab")\n    facts_of("t/" + name)\n'
    )

    assert told({"t/good": GOOD_BODY}, tests) == [
        "tests/snippets/test_t.py:4: there is no such snippet as 't/goood': did you mean 't/good'?"
    ]
