"""Fences and facts in Markdown become blocks and numbers, wherever they stand."""

import os
import re

import pytest
from live import markdown as live_markdown
from live.build import Build
from live.publish import plain
from live.publish.site import Page
from markdown import Markdown

EXTENSIONS = ["admonition", "tables", "pymdownx.tabbed", "pymdownx.inlinehilite", "pymdownx.superfences"]
FENCE = {"name": "snippet", "class": "live", "format": live_markdown.fence, "validator": live_markdown.validate}
CONFIGURED = {
    "pymdownx.superfences": {
        "custom_fences": [FENCE, {"name": "this-build", "class": "live", "format": live_markdown.this_build}]
    },
    "pymdownx.inlinehilite": {"custom_inline": [{"name": "fact", "class": "x", "format": live_markdown.fact}]},
    "pymdownx.tabbed": {"alternate_style": True},
}


@pytest.fixture
def rendered(project, source, monkeypatch):
    """Render Markdown that may show t/one, as a page at some address."""
    body = 'size = 1 << 20\nprint("the output")\n# region part\nx = 1\n# endregion\nassert size, f"{size} it was"\n'
    where = project({"t/one": source(body, title="One.", facts=["size"])}, {"p.md": "``` snippet\nt/one\n```\n"})
    Build(where.root)

    def rendered(text, url="topic/page/", lenient=True):
        shelf = live_markdown.Shelf(where, where.bundle.report(), lenient)
        shelf.page_url = url
        live_markdown.put_shelf(shelf)
        html = Markdown(extensions=EXTENSIONS, extension_configs=CONFIGURED).convert(text)
        return html, [str(problem) for problem in shelf.problems]

    yield rendered
    live_markdown.put_shelf(None)


SHOWN = "``` snippet\nt/one.py\n```"


def indented(text, by="    "):
    return "\n".join(by + line for line in text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        SHOWN,
        '=== "A tab"\n\n' + indented(SHOWN),
        '!!! note "A box"\n\n' + indented(SHOWN),
        "1. An item\n\n" + indented(SHOWN),
        "> " + SHOWN.replace("\n", "\n> "),
        '=== "A tab"\n\n    - An item\n\n' + indented(SHOWN, "        "),
    ],
    ids=["alone", "tab", "admonition", "list", "quote", "list in a tab"],
)
def test_a_block_stands_wherever_markdown_may(rendered, text):
    html, problems = rendered(text)

    assert html.count('<section class="live" id="run-t-one"') == 1
    assert "the output" in html
    assert problems == []


@pytest.mark.parametrize(
    "text",
    [
        "It was `#!fact t/one.size:MiB`.",
        "- It was `#!fact t/one.size:MiB`.",
        "| a |\n| - |\n| `#!fact t/one.size:MiB` |",
        "### It was `#!fact t/one.size:MiB`",
    ],
)
def test_a_fact_stands_wherever_a_word_may(rendered, text):
    html, problems = rendered(text)

    told = re.search('<span class="live-fact" title="([^"]*)">1\N{NO-BREAK SPACE}MiB</span>', html)[1]
    assert told.startswith(f"Measured by t/one on the build host, Linux {os.uname().release} · {os.uname().machine} ·")
    assert problems == []


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("", "snippets/t/one.py"),
        ("page/", "../snippets/t/one.py"),
        ("topic/page/", "../../snippets/t/one.py"),
        ("topic/page.html", "../snippets/t/one.py"),
    ],
)
def test_the_source_is_linked_relative_to_the_page(rendered, url, link):
    assert f'href="{link}" download' in rendered(SHOWN, url)[0]


def test_options_choose_a_part(rendered):
    html, _ = rendered('``` snippet show="source" section="part"\nt/one.py\n```')

    assert "the output" not in html
    assert '<section class="live" id="run-t-one-source-part"' in html


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("``` snippet\nt/oen.py\n```", "snippet t/oen: there is no such snippet: did you mean 't/one'?"),
        ("``` snippet\n\n```", "there is no such snippet"),
        ('``` snippet show="outptu"\nt/one.py\n```', "unknown show='outptu'"),
        ("`#!fact t/one.siez`", "snippet t/one: unknown fact 'siez': did you mean 'size'?"),
        ("`#!fact t/oen.size`", "there is no such snippet"),
        ("`#!fact ../../etc/passwd.size`", "there is no such snippet"),
    ],
)
def test_what_is_wrong_is_shown_and_told_or_raised(rendered, text, message):
    html, (problem,) = rendered(text)

    assert message in problem
    assert "live-failed" in html or "live-broken" in html
    with pytest.raises(Exception, match=r"there is no such snippet|unknown"):
        rendered(text, lenient=False)


def test_more_output_than_a_page_may_show_is_a_problem(rendered, monkeypatch):
    monkeypatch.setattr(live_markdown.render, "PAGE_BYTES", 5)

    assert "takes what the page 'topic/page/' shows of runs over 0 KiB" in rendered(SHOWN)[1][0]


def test_only_what_is_shown_counts_and_once_however_often_it_is_rendered(rendered, monkeypatch):
    monkeypatch.setattr(live_markdown.render, "PAGE_BYTES", len("the output\n") + 5)
    parts = "\n\n".join(SHOWN.replace("snippet", f'snippet show="{part}"') for part in ("claims", "source"))

    assert rendered(f"{SHOWN}\n\n{parts}")[1] == []
    place, again = live_markdown.shelf(), Markdown(extensions=EXTENSIONS, extension_configs=CONFIGURED)
    again.convert(SHOWN)
    assert place.problems == []


def test_facts_count_as_output_does_and_once_however_often_a_page_is_rendered(rendered, monkeypatch):
    monkeypatch.setattr(live_markdown.render, "PAGE_BYTES", len("the output\n") + 2 * len("1 MiB"))
    facts = "`#!fact t/one.size:MiB` and `#!fact t/one.size:MiB` "

    assert rendered(f"{SHOWN}\n\n{facts}")[1] == []
    place, again = live_markdown.shelf(), Markdown(extensions=EXTENSIONS, extension_configs=CONFIGURED)
    again.convert(f"{SHOWN}\n\n{facts}")
    assert place.problems == []
    html, problems = rendered(f"{SHOWN}\n\n{facts * 50}")
    assert html.count('class="live-fact"') == 2
    assert len(problems) == 1 and "shows of runs over 0 KiB" in problems[0]


def test_the_markdown_of_a_page_shows_no_more_than_the_page(rendered, monkeypatch):
    rendered("")
    page = Page("p.md", "p/", "P", "", "", f"{SHOWN}\n\n{'- `#!fact t/one.size:MiB`' * 50}")
    whole = plain.page(page, {}, live_markdown.shelf(), str)
    monkeypatch.setattr(live_markdown.render, "PAGE_BYTES", len("the output\n") + 2 * len("1 MiB"))
    some = plain.page(page, {}, live_markdown.shelf(), str)
    monkeypatch.setattr(live_markdown.render, "PAGE_BYTES", 0)
    none = plain.page(page, {}, live_markdown.shelf(), str)

    assert whole.count("1 MiB") == 50 and "the output" in whole
    assert some.count("1 MiB") == 2 and "the output" in some
    assert "1 MiB" not in none and "the output" not in none and "shows of runs over 0 KiB" in none


def test_the_report_lists_every_snippet_and_links_to_its_block(rendered):
    html, _ = rendered("``` this-build\n```", "about-this-build/")

    assert '<a href="../p/#run-t-one">t/<wbr>one</a>' in html
    assert '<a href="../build.json">build.json</a>' in html


def test_a_mistake_in_the_engine_is_told_and_not_swallowed(rendered, monkeypatch):
    monkeypatch.setattr(live_markdown.render, "block", lambda *_: 1 / 0)

    html, (problem,) = rendered(SHOWN)
    assert "cannot be shown, for a mistake in the engine: ZeroDivisionError" in problem
    assert "live-failed" in html
