"""The Markdown of pages, for programs: it stands alone, and what runs gave is text in it."""

import json
import re

import pytest
import sites
from live.publish import plain
from markdown import Markdown


def without_fences(text):
    return re.sub(r"^( *)(`{3,}).*?^ *\2$", "", text, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("url", sites.URLS, ids=lambda url: url or "index")
def test_a_page_as_markdown_stands_alone(url, published):
    file = published / "a" / "b" / url / "index.md"
    prose = without_fences(file.read_text())
    outside = "\n".join(line for line in prose.splitlines() if not line.startswith("    "))
    if url == "contributing/":  # which tells how a fact is written
        outside = outside.replace("#!fact", "")
    assert not re.search(
        r"#!fact|--8<--|^\*\[|^\s*``` ?(snippet|this-build)|\{ ?#[a-z-]+ ?\}|<svg|<div", outside, re.MULTILINE
    )
    for link in re.findall(r"\]\((?![a-z]+:|#)([^)#\s]+)", outside):
        target = (file.parent / link).resolve()
        assert (target / "index.html" if link.endswith("/") else target).is_file(), link


def test_a_page_as_markdown_has_what_its_programs_gave(published, built):
    text = (published / "a" / "b" / sites.DEEP / "index.md").read_text()
    capture = json.loads((built.bundle / "memory" / "shared_page_is_split.build.json").read_text())
    assert f"```text\n{capture['stdout'].rstrip()}\n```\n" in text
    for claim in capture["claims"]:
        assert f"- {plain.escaped(claim['message'])}\n" in text
    assert plain.escaped(capture["host"]["kernel"]) in text
    html = (built.site / sites.DEEP / "index.html").read_text()
    facts = re.findall(r'<span class="live-fact"[^>]*>([^<]*)</span>', html)
    assert facts and all(fact.replace("\N{NO-BREAK SPACE}", " ") in text for fact in facts)


HOSTILE = [
    "<script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "https://evil.example/ and www.evil.example and evil@evil.example",
    "# heading",
    "1. one",
    "2) two",
    "- item",
    "+ item",
    "---",
    "===",
    "> quote",
    "| a | b |",
    "`code` ``` fence",
    "*a* **b** _c_ __d__ ~~e~~ ^f^ ==g== $h$",
    "&lt;b&gt; &amp;",
    "\\*a\\* \\",
    "a\n\n# heading\n\n- item",
    "a\r# heading",
    "a\u2028# heading\u202egnidaeh",
    "{ #id .class onclick=x }",
    "[^note]: text",
    "*[RSS]: evil",
    ": definition",
    "!!! note",
    '--8<-- "README.md"',
    "`#!fact a/b.c`",
    "\x1b[31mred\x1b[0m",
]
EXTENSIONS = ["extra", "sane_lists", "pymdownx.magiclink", "pymdownx.tilde", "pymdownx.mark", "pymdownx.caret"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("around", ["{}", "Before {} after.", "- {}", "| {} | b |\n| --- | --- |\n| a | {} |"])
def test_what_a_run_printed_stays_text_in_a_sentence(text, around):
    harmless = Markdown(extensions=EXTENSIONS).convert(around.replace("{}", "word"))
    shown = Markdown(extensions=EXTENSIONS).convert(around.replace("{}", plain.escaped(text)))
    assert re.findall(r"<[^>]*>", shown) == re.findall(r"<[^>]*>", harmless)
    assert "\n" not in plain.escaped(text)


@pytest.mark.parametrize(
    "text", ["64.1 MiB", "1,234", "3.5 %", "6.1.0-56-cloud-amd64", "MADV_FREE", "12:30", "a (b) c."]
)
def test_numbers_and_names_are_written_as_they_are(text):
    assert plain.escaped(text) == text


@pytest.mark.parametrize(
    "text", ["```\n# out", "a ````` b\n`````\n<script>", "~~~\n~~~", "x\r```\r# out", "\x1b[1m```\x1b[0m"]
)
def test_output_cannot_leave_its_fence(text):
    fenced = plain.fenced(text)
    marks = fenced.partition("text\n")[0]
    assert set(marks) == {"`"} and len(marks) >= 3
    inside = fenced.removeprefix(f"{marks}text\n").removesuffix(f"\n{marks}")
    assert marks not in inside and "\r" not in inside and "\x1b" not in inside


def test_hostile_output_is_only_text_in_the_markdown_of_a_page(tmp_path):
    body = (
        "evil = '# heading <b> `x` [a](b)'\nprint('````\\n# out\\n<script>')\n"
        "assert evil, '](x) <script> # claim | `code`'\n"
    )
    page = "# Evil\n\n- item\n\n    ``` snippet\n    t/evil\n    ```\n\n`#!fact t/evil.evil`\n"
    root = sites.project(
        tmp_path / "root", {"index.md": page}, {"t/evil": sites.snippet("Less <b>", body, facts=["evil"])}
    )
    done = sites.build(root, tmp_path / "site", tmp_path / "bundle", "--strict")
    assert done.returncode == 0, done.stdout

    text = (tmp_path / "site" / "index.md").read_text()

    assert "    `````text\n    ````\n    # out\n    <script>\n    `````\n" in text
    prose = re.sub(r"`````.*?`````", "", text, flags=re.DOTALL)
    assert "\n&#35; heading &#60;b&#62; &#96;x&#96; &#91;a&#93;(b)\n" in prose
    assert re.findall(r"[<`|]|^#.*", prose, re.MULTILINE) == ["# Evil"]
