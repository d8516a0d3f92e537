"""What pages ask for is found with its line, wherever Markdown lets it stand."""

import time

import pytest
from live import check
from live.pages import in_page, read, references
from live.problems import LiveError
from live.snippet import Snippet


def found(text):
    return [(r.line, r.snippet, r.fact, r.spec, r.options) for r in in_page(text, "p.md")]


def test_a_fence_is_found_with_the_line_of_its_name():
    assert found("# T\n\n``` snippet\ntopic/name.py\n```\n") == [(4, "topic/name", "", "", {})]


@pytest.mark.parametrize(("body", "names"), [("", 0), ("\n> t/n.py\n", 1), ("t/n.py\n\nProse.\n## More", 3)])
def test_how_much_stands_in_a_fence_is_known(body, names):
    (reference,) = in_page(f"``` snippet\n{body}\n```\n", "p.md")

    assert reference.names == names


def test_options_may_be_quoted_or_not():
    text = "``` snippet show=\"source\" section='a-b'\nt/n.py\n```\n~~~ { .snippet show=output }\nt/n.py\n~~~\n"

    assert [options for *_, options in found(text)] == [{"show": "source", "section": "a-b"}, {"show": "output"}]


@pytest.mark.parametrize(
    ("info", "readable"),
    [
        ("snippet", True),
        ("snippet show='output'", True),
        ('snippet show="source" section="a b"', True),
        ("{ .snippet show=output }", True),
        ("snippet show=output", False),
        ('snippet show="output" wide', False),
    ],
)
def test_what_markdown_does_not_take_for_a_fence_is_known(info, readable):
    (reference,) = in_page(f"``` {info}\nt/n.py\n```\n", "p.md")

    assert reference.readable is readable
    (said,) = [
        problem.what
        for problem in check.references(
            [reference], {"t/n": Snippet("t/n", None, "", "Title.", "", {}, {"a b": "x = 1"})}, {}
        )
    ] or [""]
    assert said.startswith("" if readable else 'would be shown as text: options are written name="value"')


def test_pages_that_cannot_be_read_are_named_all_at_once_and_hidden_ones_passed_over(tmp_path):
    docs = tmp_path / "docs"
    (docs / ".hidden").mkdir(parents=True)
    (docs / "folder.md").mkdir()
    (docs / "latin.md").write_bytes(b"# One\n\nf\xfcr\n")
    (docs / ".hidden" / "x.md").write_bytes(b"\xff")
    (docs / ".#index.md").symlink_to("somebody@host.1")
    (docs / "marked.md").write_bytes(b"\xef\xbb\xbf``` snippet\nt/n\n```\n")

    with pytest.raises(LiveError) as caught:
        references(docs)

    assert [str(problem) for problem in caught.value.problems] == [
        "docs/folder.md:1: is no file; remove it, or put a file there",
        "docs/latin.md:3: is not UTF-8 text; save it as such",
    ]
    assert read([docs / "marked.md"], tmp_path)["docs/marked.md"].startswith("```")


def test_facts_are_found_with_their_specs():
    text = "It had `#!fact t/n.size:.1MiB` and `#!fact t/n.sizes.small`."

    assert found(text) == [(1, "t/n", "size", ".1MiB", {}), (1, "t/n", "sizes.small", "", {})]


def test_fences_in_lists_tabs_admonitions_and_quotes_count():
    text = '=== "A"\n\n    ``` snippet\n    t/a.py\n    ```\n\n- item\n\n    ``` snippet\n    t/b.py\n    ```\n\n'
    text += "> ``` snippet\n> t/c.py\n> ```\n\n!!! note\n\n    `#!fact t/d.x`\n"

    assert [(line, name) for line, name, *_ in found(text)] == [(4, "t/a"), (10, "t/b"), (14, "t/c"), (19, "t/d")]


def test_examples_in_other_fences_do_not_count():
    text = "```` markdown\n``` snippet\nt/a.py\n```\n`#!fact t/a.x`\n````\n\n``` snippet\nt/b.py\n```\n"

    assert [name for _, name, *_ in found(text)] == ["t/b"]


def test_all_pages_of_a_folder_are_read_in_order(tmp_path):
    for name in ("b.md", "a/c.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("``` snippet\nt/n.py\n```\n")

    assert [reference.where for reference in references(tmp_path)] == ["docs/a/c.md:2", "docs/b.md:2"]


def test_links_and_what_is_too_large_are_not_read(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "endless.md").symlink_to("/dev/zero")
    (docs / "large.md").write_text("x" * (2**20 + 1))

    with pytest.raises(LiveError) as caught:
        references(docs)

    assert [str(problem) for problem in caught.value.problems] == [
        "docs/endless.md:1: is a link; put a file of its own there",
        "docs/large.md:1: is larger than 1 MiB; make it smaller",
    ]


def test_a_page_of_nothing_but_options_is_read_in_time():
    start = time.process_time()

    assert list(in_page(f"``` snippet {'a' * 100_000}\nt/n.py\n```\n", "p.md"))

    assert time.process_time() - start < 5
