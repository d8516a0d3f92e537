"""A drawing becomes part of the page, fits both schemes, and can do nothing."""

import itertools
import re
import time

import pytest
from live.figure import BadFigure, inline

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 300 200" '
DRAWING = (
    f'<?xml version="1.0"?>{HEAD}width="300pt" height="200pt"><metadata>m</metadata><defs><style>*{{}}</style>'
    '<path id="a" d="M0 0"/><clipPath id="c"><rect width="1" height="1"/></clipPath></defs>'
    '<use xlink:href="#a" style="fill: #2a78b5; stroke: #000000" clip-path="url(#c)"/>'
    '<text style="font: 11px sans-serif">RSS &lt; 3</text></svg>'
)
# Each names the one before a hundred times.
ENTITIES = '<!ENTITY a "aaaa">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 100}">' for before, name in itertools.pairwise("abcdefg")
)


def test_black_takes_the_colour_of_the_page_and_colours_stay():
    drawn = inline(DRAWING, "label")

    assert "stroke:currentColor" in drawn
    assert "fill:#2a78b5" in drawn
    assert re.search(r'<text style="fill:currentColor;font:11px sans-serif">RSS &lt; 3</text>', drawn)


def test_it_scales_and_has_a_text_alternative():
    drawn = inline(DRAWING, 'RSS "grew"')

    assert 'role="img" aria-label="RSS &quot;grew&quot;"' in drawn
    assert 'viewBox="0 0 300 200"' in drawn
    assert "max-width:400px" in drawn
    assert 'width="300pt"' not in drawn


def test_names_of_two_drawings_do_not_clash_and_references_follow():
    one, two = inline(DRAWING, "x"), inline(DRAWING.replace("RSS", "PSS"), "x")
    names = [set(re.findall(r'\bid="([^"]+)"', drawn)) for drawn in (one, two)]

    assert len(names[0]) == 2
    assert not names[0] & names[1]
    assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', one)) == {
        (next(name for name in names[0] if name.endswith("a")), ""),
        ("", next(name for name in names[0] if name.endswith("c"))),
    }


def test_styles_of_the_drawing_do_not_reach_the_page():
    assert "<style" not in inline(DRAWING, "x")
    assert "<metadata" not in inline(DRAWING, "x")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<path onload="alert(1)" d="M0 0"/>',
        '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml">x</body></foreignObject>',
        '<a href="javascript:alert(1)"><text>x</text></a>',
        '<feImage href="https://example.org/x.png"/>',
        '<use href="https://example.org/x.svg#a"/>',
        '<path style="fill: url(https://example.org/x)" d="M0 0"/>',
        '<path fill="url(//example.org/x)" d="M0 0"/>',
        '<set attributeName="href" to="javascript:alert(1)"/>',
        '<style>@import "https://example.org/x.css";</style>',
        '<path style="background: \\75rl(https://example.org/x)" d="M0 0"/>',
        '<path style="background: image-set(\'https://example.org/x\' 1x)" d="M0 0"/>',
    ],
)
def test_nothing_in_it_runs_or_is_fetched(hostile):
    drawn = inline(f"{HEAD}>{hostile}</svg>", "x")

    assert not re.search(r"alert|example\.org|javascript|<script|<style|<body", drawn), drawn


def test_colours_of_texts_lean_towards_that_of_the_page():
    drawn = inline(f'{HEAD}><text style="fill: #2a78b5">x</text></svg>', "x")

    assert "fill:color-mix(in srgb,#2a78b5 60%,currentColor)" in drawn.replace(", ", ",")


def test_what_is_referred_to_refers_to_nothing_so_that_no_reference_multiplies():
    uses = "".join(f'<g id="u{n}">{f"""<use href="#u{n - 1}"/>""" * 10}</g>' for n in range(1, 10))
    patterns = '<pattern id="p"><rect fill="url(#q)"/></pattern><pattern id="q"><rect fill="url(#p)"/></pattern>'
    drawn = inline(f'{HEAD}><g id="u0"><path d="M0 0"/></g>{uses}{patterns}<rect fill="url(#p)"/></svg>', "x")

    assert len(re.findall(r'href="#f\w+-u0"', drawn)) == 10
    assert drawn.count("href=") == 10
    assert "url(" not in drawn


MANY = '<use xlink:href="#a"/>' * 8_000
CUT = '<path clip-path="url(#a)" d="M0 0"/>' * 4_000
LONG = f'<path id="a" d="{"M0 0" * 1_000}"/>'


@pytest.mark.parametrize(
    "drawing",
    [
        LONG + MANY,
        f'<clipPath id="a">{LONG.replace("id", "class")}</clipPath>{CUT}',
        f'<g id="a">{"<rect/>" * 999}</g>{MANY}',
    ],
    ids=["uses", "clips", "groups"],
)
def test_what_would_be_drawn_without_end_is_refused_and_many_points_are_not(drawing):
    with pytest.raises(BadFigure, match="draws the same shapes too often"):
        inline(f"{HEAD}>{drawing}</svg>", "x")
    assert inline(f'{HEAD}><path id="a" d="{"M0 0" * 50}"/>{MANY}</svg>', "x").count("<use") == 8_000


@pytest.mark.parametrize("size", ["1" * 200_000, "1." * 100_000, "font:" * 40_000, "1" * 200_000 + "px"])
def test_no_style_takes_long(size):
    started = time.process_time()
    assert "min-width:300px" in inline(f'{HEAD}><text style="font: {size}; font: 9px x">x</text></svg>', "x")
    assert time.process_time() - started < 2


def test_the_smallest_text_decides_how_narrow_a_figure_may_get():
    texts = '<text style="fill: red; font: italic 12.5px x">x</text><text style="font-size:6px; opacity: 1px">x</text>'
    assert "min-width:450px" in inline(f"{HEAD}>{texts}</svg>", "x")


@pytest.mark.parametrize(
    ("svg", "why"),
    [
        ("<svg", "is not SVG"),
        ("<html/>", "is not SVG: it begins with something else"),
        (f"<!DOCTYPE s [{ENTITIES}]><s>&g;</s>", "is not SVG"),
        (HEAD + ">" + "<g>" * 50_000 + "</g>" * 50_000 + "</svg>", "nested too deeply"),
        (HEAD.replace("300 200", "1e999 200") + "/>", "viewBox must be up to"),
        (HEAD.replace("0 0 300 200", "auto") + "/>", "viewBox must be up to"),
        (f'{HEAD}><image href="data:image/png;base64,AAAA"/></svg>', "holds a picture"),
    ],
    ids=["cut off", "no SVG", "entities", "deep", "endless", "without a size", "picture"],
)
def test_what_is_no_drawing_is_refused(svg, why):
    with pytest.raises(BadFigure, match=why):
        inline(svg, "x")
