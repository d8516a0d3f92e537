"""What a page may not bring into the site is refused with its line, by the check and by the build."""

import time

import pytest
from live.__main__ import main
from live.contribute import page_rules
from live.problems import LiveError
from live.publish import allowed
from live.publish.page import Page
from pymdownx.snippets import SnippetPreprocessor

FRONT = "---\ndescription: What this is about.\ndate: 2026-11-01\n---\n\n"
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0" marker-end="url(#a)"/><text>a &lt; b</text></svg>\n'


@pytest.fixture
def root(tmp_path):
    """A checkout in which a page includes what may be included."""
    root = tmp_path / "root"
    files = {
        "docs/index.md": f'{FRONT}# One {{ #one }}\n\n--8<-- "drawing.svg"\n\n--8<-- "CONTRIBUTING.md"\n',
        "docs/assets/drawing.svg": SVG,
        "docs/assets/glossary.txt": "*[RSS]: resident\n",
        "docs/assets/site.css": "p { color: red }\n",
        "docs/assets/more.html": "",
        "CONTRIBUTING.md": "# How\n",
        "snippets/t/one.py": "",
        "README.md": "",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "docs" / "assets" / "more.html").unlink()
    return root


def refused(root, text=None, file="docs/index.md"):
    """What is said of a checkout, one of whose files has another text."""
    if text is not None:
        (root / file).write_text(text)
    return [str(problem) for problem in allowed.problems(root)]


def test_what_pages_need_may_stand(root):
    good = "`a { color: red }` for C++ #pragma, *style* and class: [a](b.md){ .md-button } <span class='live-fact'>\n\n"
    fence = "``` text\n<div style='x' data-md-x id=__y>\n{ .md-overlay }\n```\n"

    assert refused(root, f"{FRONT}# One\n\n{good}{fence}", "docs/other.md") == []


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("docs/z.md", "/dev/zero"),
        ("docs/home", "/tmp"),
        ("docs/.hidden", "/tmp"),
        ("docs/assets/links.txt", "../../README.md"),
        ("docs/gone.md", "nowhere"),
        ("snippets/t/two.py", "one.py"),
        ("snippets/u", "t"),
    ],
)
def test_links_are_refused_before_anything_is_read_or_written(root, name, target, capsys):
    (root / name).symlink_to(target)
    said = f"{name}:1: is a link; put a file of its own there"

    with pytest.raises(LiveError, match="is a link"):
        allowed.problems(root)
    for command in (["check"], ["check", "pages"], ["fix"]):
        assert main(["-C", str(root), *command]) == 1
        assert capsys.readouterr() == ("", f"{said}\n")
    assert (root / "README.md").read_text() == ""


def test_a_folder_of_pages_that_is_a_link_is_refused(root):
    (root / "docs").rename(root / "elsewhere")
    (root / "docs").symlink_to("elsewhere")

    with pytest.raises(LiveError, match="docs:1: is a link"):
        allowed.problems(root)


def test_what_an_editor_keeps_is_passed_over(root):
    (root / "docs" / ".#index.md").symlink_to("somebody@host.1")
    (root / "docs" / "assets" / ".#drawing.svg").symlink_to("somebody@host.1")
    (root / "docs" / ".index.md.swp").write_bytes(b"\0")

    assert refused(root) == []


@pytest.mark.parametrize(
    "line",
    [
        '--8<-- ".git/config"',
        '--8<-- "more.html"',
        '--8<-- "README.md"',
        '--8<-- "./CONTRIBUTING.md"',
        '--8<-- "assets/glossary.txt"',
        '--8<-- "glossary.txt:1:2"',
        '--8<-- "glossary.txt:-"',
        '--8<-- "https://example.org/x.txt"',
        '--8<-- "/etc/passwd"',
        "--8<-- '.git/config'",
        '-8<- ".git/config"',
        '  ---8<----  ".git/config"',
        "--8<--\n.git/config\n--8<--",
        "-8<-\n.git/config\n-8<-",
        '``` text\n--8<-- ".git/config"\n```',
        "--8<-- [start:a]",
    ],
)
def test_what_may_not_be_included_is_refused_with_its_line(root, line):
    (root / "docs" / "assets" / "more.html").write_text("<script>")
    (root / "docs" / "assets" / "more.html").rename(root / "more.html")
    found = refused(root, f"{FRONT}# One\n\n{line}\n")

    number = 9 if line.startswith("```") else 8
    assert any(one.startswith(f"docs/index.md:{number}: ") and allowed._ONLY in one for one in found), found
    assert ".git" not in allowed.without(line, root).replace("\n.git", "")


@pytest.mark.parametrize("space", ["", " ", "\t", " \t "])
@pytest.mark.parametrize("marker", ["-8<-", "--8<--", "-8<---"])
def test_all_that_the_extension_takes_for_an_include_is_seen(space, marker):
    for line in (f'{space}{marker} "x"', f"{space}{marker}\t'x'", f"{space}{marker}"):
        assert SnippetPreprocessor.RE_ALL_SNIPPETS.match(line), line
        assert allowed._CUT.match(line), line


def test_an_include_that_is_not_there_is_answered_with_the_nearest(root):
    assert refused(root, f'{FRONT}# One\n\n--8<-- "glosary.txt"\n') == [
        "docs/index.md:8: there is no file 'glosary.txt' to include: did you mean 'glossary.txt'?"
    ]


def test_an_include_in_what_is_included_is_seen(root):
    (found,) = refused(root, '--8<-- "README.md"\n', "CONTRIBUTING.md")

    assert found.startswith("CONTRIBUTING.md:1: there is no file 'README.md' to include: a page may include")


@pytest.mark.parametrize("name", ["raw.html", "assets/evil.js", "x.MD", "x.markdown", "data", "a/b.xml", "x.md.svgz"])
def test_files_that_would_be_published_as_they_are_are_refused(root, name):
    (root / "docs" / "a").mkdir()
    found = refused(root, "x", f"docs/{name}")

    assert found == [f"docs/{name}:1: would be published as it is; docs may hold .md, .svg, .css, .txt, .png files"]


@pytest.mark.parametrize(
    "text",
    [
        "<svg><script>x</script></svg>",
        "<svg xmlns:s='http://www.w3.org/2000/svg'><s:script>x</s:script></svg>",
        "<svg><foreignObject/></svg>",
        "<svg onload = 'x'/>",
        "<svg><text href='x'/></svg>",
        "<svg><path xlink:href='x'/></svg>",
        "<svg style='position:fixed'/>",
        "<svg><path fill='url(https://example.org/#a)'/></svg>",
        "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>",
        "<?xml-stylesheet href='x'?><svg/>",
        "<svg>&evil;</svg>",
        "<svg>\n```\n</svg>",
        "<svg><scrıpt/></svg>",
    ],
)
def test_a_drawing_that_could_act_is_refused(root, text):
    assert refused(root, text, "docs/assets/drawing.svg") != []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("author: me", "unknown key 'author' in its front matter; known: title, description, date, search"),
        ("template: x.html", "unknown key 'template'"),
        ("hide: [toc]", "unknown key 'hide'"),
        ("1: x", "unknown key '1'"),
        ("search: x", "'search' takes a number from 0 to 10 alone, as in 'search: {boost: 2}'"),
        ("search: {exclude: true}", "'search' takes a number from 0 to 10 alone"),
        ("search: {boost: 'x'}", "'search' takes a number from 0 to 10 alone"),
        ("search: {boost: .inf}", "'search' takes a number from 0 to 10 alone"),
        ("title: [x]", "its title is no text; write it in quotes"),
        ('title: "a\\u003c/title>"', "its title holds '<'"),
        ('title: "a\\b"', "its title holds a line break or a control character"),
        ('title: "a\\uffff"', "its title holds a line break or a control character"),
    ],
)
def test_front_matter_has_the_keys_that_are_known_and_texts_that_are_texts(root, line, said):
    (found,) = refused(root, FRONT.replace("date:", f"{line}\ndate:"))

    assert found.startswith(f"docs/index.md:3: {said}")


def test_what_is_read_as_front_matter_without_its_marks_is_refused_too(root):
    assert "unknown key 'template'" in refused(root, "Template: x.html\n\n# One\n")[0]


def test_front_matter_as_mkdocs_closes_it_is_read(root):
    assert "unknown key 'hide'" in refused(root, "--- \nhide: x\n...\n\n# One\n")[0]


def test_front_matter_that_is_too_deep_is_not_read(root):
    with pytest.raises(LiveError, match=r"docs/index.md:1: its front matter has more than 2000 characters"):
        refused(root, f"---\na: {'[' * 100_000}\n---\n")
    assert Page("docs/x.md", f"---\na: {'[' * 1900}\n---\n").front_matter == (None, 3)


def test_control_characters_are_refused(root):
    assert refused(root, f"{FRONT}# One\n\na\x08b\n") == [
        "docs/index.md:8: holds the control character '\\x08'; take it out"
    ]


@pytest.mark.parametrize(
    "text",
    [
        '# One { #one style="position:fixed" }',
        "<div style = 'x'>",
        "<div title='`' style='x' class='`'>",
        "<div\nstyle=x>",
        "a{ data-clipboard-text=x }",
        "<div data-md-component>",
        "<div data-x='y'>",
        '<div id="__search">',
        "<div ID=&#95;_drawer>",
        "<div id=&#0000000000095;_drawer>",
        "# One { #__consent }",
        "a{#__x}",
        "a{: #__x }",
        "a{ id=__x }",
        "a{ .md-overlay }",
        "a{.md-overlay}",
        "a{ .md-button .md-overlay }",
        "a{ .md-button--x }",
        "<div class='a md-overlay'>",
        '<span class="md-overlay">',
        "<span class=md-overlay>",
        '``` text title="x"\n<div style=x>\n```',
        '    ``` text\n\n<div style="x"></div>\n\n    ```',
        '  ``` text\n<div style="x"></div>\n  ```',
        '``` snippet show="x"\n\n<div style="x"></div>\n\n```',
        "``` text\n> ```\n<div style=x>\n```",
        "\x0c``` text\n<div style=x>\n\x0c```",
        "\u2003``` text\n<div style=x>\n\u2003```",
    ],
)
def test_attributes_that_cover_the_page_or_steer_the_theme_are_refused(root, text):
    found = refused(root, f"{FRONT}# One\n\n{text}\n")

    assert any(
        "is not for pages; " in one and one.startswith(("docs/index.md:8", "docs/index.md:9", "docs/index.md:1"))
        for one in found
    ), found


@pytest.mark.parametrize(
    "part",
    [
        "<",
        "< ",
        "![",
        "!",
        "![a](",
        "on",
        "onabc ",
        "j ",
        "javascript",
        "data:",
        "data:a",
        'class="',
        "class='",
        "class=\"class='",
        "md-",
        "id =",
        "id= ",
        "#",
        " #",
        "style ",
        "data-",
        "data-a ",
        "{ .",
        "&#",
        "&#9",
        "&#x9",
        "a=",
        "[^",
        "[^a",
        "--8<--",
        "-",
        ";",
        "`#!fact ",
        "```",
        " ",
        "<svg ",
        "url(",
        "href ",
        "a:href",
        "``` ",
        "[a](https:",
    ],
)
def test_hostile_text_takes_no_longer_than_other_text(root, part):
    text = part * (100_000 // len(part))
    start = time.process_time()
    (root / "docs" / "index.md").write_text(FRONT + text)
    (root / "docs" / "assets" / "drawing.svg").write_text(text)

    allowed.problems(root)
    page_rules.pages(root)

    assert time.process_time() - start < 5
