"""What a reader meets, looked at with a real browser."""

import json
import re

import pytest
import sites
from contrasts import CONTRASTS

PAGES = sorted(
    path.relative_to(sites.ROOT / "docs").with_suffix("").as_posix() for path in sites.ROOT.glob("docs/**/*.md")
)
SHARED = "memory/rss-shared-pages/"  # has a figure, output and claims


def url_of(name):
    return "" if name == "index" else f"{name.removesuffix('/index')}/"


@pytest.fixture(scope="session")
def outputs(built):
    """What each snippet printed."""
    captures = [json.loads(path.read_text()) for path in built.bundle.glob("*/*.build.json")]
    return {capture["snippet"]: capture["stdout"] for capture in captures}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_fits_and_can_be_read(name, scheme, address, open_page):
    page = open_page(address + url_of(name), color_scheme=scheme)
    for width in (1280, 375):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.scrollingElement.scrollWidth")
        assert wide <= width, f"at {width} px the page is {wide} px wide"
    assert page.evaluate(CONTRASTS) == {}
    expected = {"light": "default", "dark": "slate"}[scheme]
    assert page.get_attribute("body", "data-md-color-scheme") == expected
    # Figures are behind tabs as well.
    page.evaluate("document.querySelectorAll('.live-panel').forEach(panel => panel.style.display = 'block')")
    small = page.evaluate(
        """[...document.querySelectorAll('.live-figure svg text')].map(text => {
          const drawing = text.closest('svg');
          const scale = drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width;
          return parseFloat(getComputedStyle(text).fontSize) * scale;
        }).filter(size => size < 8.99)"""
    )
    assert small == []
    assert page.trouble == []
    assert [asked for asked in page.asked if not asked.startswith((address, "data:", "blob:"))] == []


def test_every_id_on_a_page_is_there_once(built):
    for path in sites.pages_of(built.site):
        ids = re.findall(r'\sid="([^"]*)"', path.read_text())
        assert len(ids) == len(set(ids)), f"{path}: {sorted({i for i in ids if ids.count(i) > 1})}"


def test_every_block_says_where_and_when_it_ran_and_gives_the_very_program(built):
    count = 0
    for path in sites.pages_of(built.site):
        for block in re.findall(r'<section class="live".*?</section>', path.read_text(), re.DOTALL):
            if 'class="live-provenance"' not in block:
                assert 'class="live-source"' in block
                continue
            count += 1
            assert re.search(r"\d+ claims? held</span> · Linux \d.* RAM.*<time datetime=.* UTC</time>", block), block[
                -900:
            ]
            (link,) = set(re.findall(r'href="([^"]+)" download', block))
            given = (path.parent / link).resolve()
            assert given.read_bytes() == (built.root / given.relative_to(built.site)).read_bytes()
    assert count


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without a script"])
def test_tabs_work_by_click_and_by_keyboard(script, address, open_page):
    page = open_page(address + SHARED, java_script_enabled=script)
    block = page.locator(".live").first
    panels = block.locator(".live-panel")

    def shown():
        return [panel.get_attribute("data-name") for panel in panels.all() if panel.is_visible()]

    assert shown() == ["Output"]
    block.locator("label", has_text="Claims").click()
    assert shown() == ["Claims"]
    page.keyboard.press("ArrowRight")
    assert shown() == ["Run it"]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert shown() == ["Source"]


def test_wide_output_can_be_scrolled_by_keyboard(address, open_page):
    page = open_page(address, width=375)
    page.locator(".live-output > code").first.evaluate("box => box.focus()")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    scrolled = "() => document.activeElement.matches('.live-output > code') && document.activeElement.scrollLeft > 0"
    sites.wait_until(page, scrolled)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Output of ")


def test_the_copy_button_copies_exactly_the_text(address, open_page, outputs, built):
    name = "memory/shared_page_is_split"
    page = open_page(address + SHARED, permissions=["clipboard-read", "clipboard-write"])
    block = page.locator("#run-memory-shared-page-is-split")
    for tab, text in (("Output", outputs[name]), ("Source", (built.root / f"snippets/{name}.py").read_text())):
        block.locator("label", has_text=tab).click()
        panel = block.locator(f".live-panel[data-name={tab}]")
        panel.hover()
        panel.locator(".md-code__nav [data-md-type=copy]").click()
        copied = "async text => (await navigator.clipboard.readText()).trimEnd() == text.trimEnd()"
        sites.wait_until(page, copied, text)


@pytest.mark.parametrize("name", [SHARED, "overcommit/fix-enomem/"])
def test_on_a_phone_no_text_stays_under_the_copy_button(name, address, open_page):
    page = open_page(address + name, width=375)
    page.wait_for_selector(".md-code__nav", state="attached")
    covered = page.evaluate(
        """() => [...document.querySelectorAll('pre > code')].filter(code => code.checkVisibility()).map(code => {
          code.scrollLeft = code.scrollWidth;
          const text = document.createRange();
          text.selectNodeContents(code);
          const end = Math.max(...[...text.getClientRects()].map(rectangle => rectangle.right));
          const button = code.parentElement.querySelector('.md-code__nav').getBoundingClientRect();
          return [code.textContent, end - button.left];
        }).filter(([_, over]) => over > 0)"""
    )
    assert covered == []


def test_a_figure_is_an_image_with_a_text_alternative(address, open_page):
    page = open_page(address + SHARED)
    image = page.locator(".live-figure svg").first
    assert image.get_attribute("role") == "img"
    assert image.get_attribute("aria-label") == page.locator(".live-figure figcaption").first.inner_text()


def test_on_paper_there_is_the_output_the_program_and_the_claims_and_no_button(address, open_page):
    page = open_page(address + SHARED)
    page.emulate_media(media="print")
    block = page.locator(".live").first
    for name in ("Output", "Source", "Claims"):
        assert block.locator(f".live-panel[data-name={name}]").is_visible(), name
    for button in (".live-tabs > label", ".md-code__nav", ".live-panel[data-name='Run it']"):
        assert not any(found.is_visible() for found in block.locator(button).all()), button
    assert all(line.is_visible() for line in block.locator(".live-provenance").all())


def test_search_finds_a_page_by_its_question(address, open_page):
    page = open_page(address)
    page.keyboard.press("/")
    page.keyboard.type("sum of RSS exceed")
    page.wait_for_selector("a[href*='rss-shared-pages']:below(.md-search__input)")
    assert page.trouble == []


def test_search_does_not_know_what_only_a_run_printed(built, outputs):
    index = json.loads((built.site / "search" / "search_index.json").read_text())
    known = " ".join(f"{doc['title']} {doc['text']}" for doc in index["docs"])
    lines = {line.strip() for text in outputs.values() for line in text.splitlines() if len(line.strip()) > 30}
    assert len(lines) > 20
    assert [line for line in lines if line in known] == []
    assert "sum of RSS" in known


def test_on_paper_every_panel_has_its_name_and_no_line_is_cut(address, open_page):
    page = open_page(f"{address}oom/global-vs-cgroup/", width=700)
    page.emulate_media(media="print")
    block = page.locator(".live").first
    names = [
        panel.evaluate("p => getComputedStyle(p, '::before').content") for panel in block.locator(".live-panel").all()
    ]
    assert names[0] == '"Output"' and '"Kernel log"' in names and '"Source"' in names
    cut = "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.innerText.slice(0, 80))"
    assert page.eval_on_selector_all(".live pre", cut) == []
    assert page.trouble == []
