"""A block shows what a run gave, escaped, folded past its budget, and with where it comes from."""

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from live import render
from live.snippet import Snippet

HOST = {"kernel": "6.1.0", "architecture": "x86_64", "ram": 8 << 30, "swap": 0}
SNIPPET = Snippet(
    "topic/a_name",
    Path("snippets/topic/a_name.py"),
    "print('<hi>')\n",
    "Less < more.",
    "It & that.",
    {},
    {"part": "x = '<1>'"},
    dependencies=["psutil>=7"],
    needs=["ps"],
)
LINKS = render.Links("../snippets/topic/a_name.py", "https://example.org/edit/a_name.py")


def capture(**given):
    base = {"stdout": "one\n", "stderr": "", "status": 0, "figures": [], "facts": {}, "sandbox": "bubblewrap"}
    base |= {"claims": [{"line": 3, "held": True, "message": "it was < 4"}], "source": SNIPPET.source, "host": HOST}
    return base | {"captured": "2026-11-22T10:20:30Z", "seconds": 1.26, "peak_memory": 12 << 20} | given


def block(given=None, options=None):
    return render.block(SNIPPET, {"build": given or capture()}, options or {}, LINKS)


def test_all_that_a_run_or_an_author_wrote_is_escaped():
    hostile = "<script>alert(1)</script>&\"'"
    shown = block(capture(stdout=hostile, stderr=hostile, claims=[{"line": 1, "held": True, "message": hostile}]))

    assert "<script" not in shown
    assert shown.count("&lt;script&gt;alert(1)&lt;/script&gt;&amp;") == 3
    assert "Less &lt; more." in shown
    assert "It &amp; that." in shown
    assert "Less < more" not in shown


def test_the_block_has_an_anchor_a_name_and_stays_out_of_the_search():
    assert re.match(
        r'<section class="live" id="run-topic-a-name" aria-label="Run: Less &lt; more." data-search-exclude>', block()
    )


def test_tabs_are_radio_buttons_with_labels_of_their_own():
    shown = block()
    inputs = re.findall(r'<input type="radio" name="run-topic-a-name" id="([^"]+)"( checked)?>', shown)

    assert len(inputs) == 4
    assert [checked for _, checked in inputs] == [" checked", "", "", ""]
    assert re.findall(r'<label for="([^"]+)">([^<]+)</label>', shown) == list(
        zip([name for name, _ in inputs], ["Output", "Source", "Claims", "Run it"], strict=True)
    )


def test_the_provenance_tells_what_held_where_when_and_for_how_long():
    line = re.search(r'<p class="live-provenance">(.*)</p>', block())[1]
    text = re.sub(r"<[^>]+>", "", line).replace("\N{NO-BREAK SPACE}", " ")

    assert text == (
        "1 claim held · Linux 6.1.0 · x86_64 · 8.0 GiB RAM · no swap · 2026-11-22 10:20 UTC · 1.3 s · 12.0 MiB peak"
        " · Download · Edit"
    )
    assert 'href="../snippets/topic/a_name.py" download' in line


def test_a_run_without_a_sandbox_says_so():
    assert "without a sandbox" in block(capture(sandbox="none"))


@pytest.mark.parametrize(
    ("show", "there", "absent"),
    [
        ("output", "one", "live-tabs"),
        ("claims", "it was &lt; 4", "one\n"),
        ("source", "print", "live-provenance"),
        ("figure", "<svg", "<pre"),
    ],
)
def test_a_part_can_be_shown_alone(show, there, absent):
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
    shown = block(capture(figures=[{"svg": svg, "text": "a line"}]), {"show": show})

    assert there in shown
    assert absent not in shown


def test_a_region_of_the_source_can_be_shown_alone():
    shown = block(options={"show": "source", "section": "part"})

    assert "&lt;1&gt;" in shown
    assert "print" not in shown


def boxes(text):
    return [
        re.sub(r"<[^>]+>", "", box) for box in re.findall(r'<pre class="live-output".*?>(.*?)</pre>', text, re.DOTALL)
    ]


@pytest.mark.parametrize(("lines", "width", "kept"), [(61, 3, 60), (100, 200, 40), (3, 20_000, 1)])
def test_output_past_the_budget_is_folded_and_nothing_is_lost(lines, width, kept):
    text = "\n".join("x" * width for _ in range(lines))
    shown = block(capture(stdout=text), {"show": "output"})
    first, rest = boxes(shown)

    assert first.count("\n") + 1 == kept
    assert f"{first}\n{rest}" == text
    assert f"<summary>{lines - kept} more lines</summary>" in shown


def test_output_within_the_budget_is_not_folded():
    assert "<details" not in block(capture(stdout="x\n" * 60), {"show": "output"})


def test_colours_of_a_terminal_become_classes():
    shown = block(capture(stdout="\x1b[31mred <b>\x1b[0m plain"), {"show": "output"})

    assert '<span class="ansi31">red &lt;b&gt;</span> plain' in shown
    assert "\x1b" not in shown


def test_a_line_that_was_written_over_shows_its_end():
    assert boxes(block(capture(stdout="10 %\r50 %\r100 %\nnext\r\n"), {"show": "output"})) == ["100 %\nnext"]


def test_standard_error_and_an_expected_end_are_shown():
    shown = block(capture(stderr="a warning", status=139))

    assert "Written to standard error" in shown
    assert "Ended with SIGSEGV, as expected." in shown


def test_boxes_can_be_focused_and_have_a_name():
    for box in re.findall(r"<pre[^>]*><[^>]*>", block(capture(stderr="x"))):
        assert 'tabindex="0" role="region" aria-label="' in box


def test_how_to_run_it_names_what_it_needs():
    shown = re.sub(r"<[^>]+>", "", block())

    assert "uv run a_name.py" in shown
    assert "with Python 3.11 or later, psutil&gt;=7" in shown
    assert "sudo apt-get install procps" in shown


def test_a_notice_tells_why_nothing_is_shown():
    shown = render.notice("t/n", {"host": "build", "status": "skipped", "reason": "needs <sar>"}, {})

    assert "Not run here" in shown
    assert "needs &lt;sar&gt;" in shown


def test_the_source_is_marked_and_whole_even_where_it_is_cut_off():
    for source in (
        "import os  # why\nx = f\"{os}\" + '<1>'\n",
        "    if True:\n        print(12)\n",
        "call(\n    1,\n",
        's = """open\nend',
    ):
        shown = "".join(render._highlighted(source))
        assert re.sub(r"</?span[^>]*>", "", shown) == html.escape(source, quote=False)

    marked = "".join(render._highlighted('import os  # why\nx = "a" + 1'))
    assert re.findall(r'<span class="(\w)">([^<]+)', marked) == [
        ("k", "import"),
        ("c", "# why"),
        ("s", '"a"'),
        ("m", "1"),
    ]


def two(**lab):
    guest = {"kernel": "7.2.0", "emulation": "QEMU 7.2, software emulation"}
    return {"build": capture(), "lab": capture(host=HOST | guest, stdout="two\n", **lab)}


def test_each_host_has_its_tab_and_its_provenance():
    shown = render.block(SNIPPET, two(), {}, LINKS)
    labels = re.findall(r"<label[^>]*>([^<]+)", shown)
    lines = re.findall(r'<p class="live-provenance">(.*?)</p>', shown)

    assert labels == ["Output", "On Linux 7.2", "Source", "Claims", "Run it"]
    assert ["Linux 6.1.0" in lines[0], "Linux 7.2.0" in lines[1]] == [True, True]
    assert "QEMU 7.2, software emulation" in lines[1]
    assert [line.count("Download") for line in lines] == [0, 1]


def test_the_kernel_log_has_a_tab_where_there_is_one_and_is_escaped():
    shown = render.block(SNIPPET, {"lab": capture(log="[    1.0] Killed <b>\n")}, {}, LINKS)

    assert re.findall(r"<label[^>]*>([^<]+)", shown) == ["Output", "Kernel log", "Source", "Claims", "Run it"]
    assert "[    1.0] Killed &lt;b&gt;" in shown
    assert "Kernel log</label>" not in block()


def test_a_part_of_several_hosts_names_each():
    shown = render.block(SNIPPET, two(), {"show": "output"}, LINKS)

    assert re.findall(r'<p class="live-host">([^<]+)</p>', shown) == ["The build host, Linux 6.1", "The lab, Linux 7.2"]
    assert "one\n" not in render.block(SNIPPET, {"lab": two()["lab"]}, {"show": "output"}, LINKS)


def test_a_fact_and_a_notice_of_the_lab_say_so():
    entry = {"host": "lab", "status": "skipped", "reason": "the lab needs QEMU"}

    assert 'title="Measured by t/n in the lab"' in render.fact("5", f"Measured by t/n {render.place('lab')}")
    assert 'id="run-t-n-lab"' in render.notice("t/n", entry, {})
    assert "t/n in the lab" in render.notice("t/n", entry, {})


def test_a_source_shows_what_is_not_seen():
    shown = "".join(render._highlighted('a = "\u202e"  # \u200b\x1b\n\x0c\u2066b'))

    assert re.sub(r"</?span[^>]*>", "", shown) == 'a = "[U+202E]"  # [U+200B]\u241b\n\u240c[U+2066]b'


def test_what_a_figure_says_of_itself_is_seen():
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'

    assert "<figcaption>a [U+202E]&lt;</figcaption>" in block(capture(figures=[{"svg": svg, "text": "a \u202e<"}]))


def test_a_description_shows_what_is_not_seen():
    shown = render.block(replace(SNIPPET, description="It \u202e<."), {"build": capture()}, {}, LINKS)

    assert "<p>It [U+202E]&lt;.</p>" in shown
