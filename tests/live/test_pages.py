"""What pages ask for is found with its line, wherever Markdown lets it stand."""

from live.pages import in_page, references


def found(text):
    return [(r.line, r.snippet, r.fact, r.spec, r.options) for r in in_page(text, "p.md")]


def test_a_fence_is_found_with_the_line_of_its_name():
    assert found("# T\n\n``` snippet\ntopic/name.py\n```\n") == [(4, "topic/name", "", "", {})]


def test_options_may_be_quoted_or_not():
    text = "``` snippet show=\"source\" section='a-b'\nt/n.py\n```\n~~~ { .snippet show=output }\nt/n.py\n~~~\n"

    assert [options for *_, options in found(text)] == [{"show": "source", "section": "a-b"}, {"show": "output"}]


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
