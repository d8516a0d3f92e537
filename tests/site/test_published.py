"""The folder that is published: its links, what heads say, and the files for search engines, feeds and programs."""

import re
from datetime import date, timedelta
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import pytest
import sites
import yaml
from addresses import Reader
from live.publish.feed import atom
from live.publish.site import Page, Site


def front_matter(source):
    return yaml.safe_load(source.read_text().split("---\n")[1])


def test_the_site_works_below_a_path(published, serve, open_page):
    server = serve(published)
    page = open_page(f"{server}a/b/{sites.DEEP}")
    page.locator(".md-logo").first.click()
    page.wait_for_url(f"{server}a/b/")
    page.locator("article table a").first.click()
    page.wait_for_url(f"{server}a/b/oom/was-it-oom/")
    page.keyboard.press("/")
    page.keyboard.type("sum of RSS exceed")
    page.locator(".md-search-result__item a[href*='rss-shared-pages']").first.click()
    page.wait_for_url(f"{server}a/b/{sites.DEEP}?h=*")
    assert page.trouble == []
    assert [asked for asked in page.asked if not asked.startswith((f"{server}a/b/", "data:", "blob:"))] == []


def test_every_link_within_the_site_leads_to_a_file_also_from_the_page_for_wrong_addresses(published):
    folder = published / "a" / "b"
    for path in [*sites.pages_of(folder), folder / "404.html"]:
        here = sites.HOME + path.relative_to(folder).as_posix()
        for link in Reader(path).links:
            target = urlsplit(urljoin(here, link))
            if target.netloc == "example.org":
                assert "//" not in target.path
                file = published / target.path.lstrip("/")
                assert (file / "index.html" if target.path.endswith("/") else file).is_file(), f"{here}: {link}"


@pytest.mark.parametrize("source", sites.SOURCES, ids=lambda path: path.stem)
def test_the_head_of_a_page_describes_it(source, published):
    page = Reader(published / "a" / "b" / sites.url_of(source) / "index.html")
    description = front_matter(source)["description"]
    assert page.meta("description") == page.meta("og:description") == description
    title = re.search(r"^# (.*?) \{", source.read_text() + (sites.ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)[
        1
    ]
    assert page.meta("og:title") == title.replace("`", "")
    assert page.meta("og:url") == sites.HOME + sites.url_of(source)
    assert page.link("canonical") == [sites.HOME + sites.url_of(source)]
    assert page.meta("og:site_name") == "Linux Memory, Measured"
    assert page.meta("og:type") == ("article" if sites.url_of(source) else "website")
    assert page.meta("twitter:card") == "summary"
    (markdown,) = page.link("alternate", "text/markdown")
    assert urljoin(sites.HOME + sites.url_of(source), markdown) == f"{sites.HOME}{sites.url_of(source)}index.md"
    (feed,) = page.link("alternate", "application/atom+xml")
    assert urljoin(sites.HOME + sites.url_of(source), feed) == f"{sites.HOME}feed.xml"


def test_the_sitemap_lists_each_page_and_nothing_else_and_robots_are_told_where_it_is(published):
    sitemap = ElementTree.parse(published / "a" / "b" / "sitemap.xml")
    listed = [place.text for place in sitemap.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert sorted(listed) == sorted(sites.HOME + url for url in sites.URLS)
    robots = (published / "a" / "b" / "robots.txt").read_text().splitlines()
    assert robots == ["User-agent: *", "Allow: /", "", f"Sitemap: {sites.HOME}sitemap.xml"]


def test_the_feed_has_the_newest_pages_in_valid_atom(published):
    atom = "{http://www.w3.org/2005/Atom}"
    feed = ElementTree.parse(published / "a" / "b" / "feed.xml").getroot()
    days = {sites.HOME + sites.url_of(source): front_matter(source)["date"] for source in sites.SOURCES}
    entries = feed.findall(f"{atom}entry")

    assert feed.tag == f"{atom}feed"
    assert feed.findtext(f"{atom}id") == sites.HOME
    assert feed.findtext(f"{atom}title") == "Linux Memory, Measured"
    assert feed.findtext(f"{atom}author/{atom}name")
    assert {link.get("rel"): link.get("href") for link in feed.findall(f"{atom}link")} == {
        "self": f"{sites.HOME}feed.xml",
        "alternate": sites.HOME,
    }
    assert len(entries) == 20
    assert feed.findtext(f"{atom}updated") == f"{max(days.values())}T00:00:00Z"
    shown = [entry.findtext(f"{atom}updated") for entry in entries]
    assert shown == [f"{day}T00:00:00Z" for day in sorted(days.values(), reverse=True)[:20]]
    assert len({entry.findtext(f"{atom}id") for entry in entries}) == 20
    for entry in entries:
        address = entry.findtext(f"{atom}id")
        assert entry.findtext(f"{atom}updated") == entry.findtext(f"{atom}published") == f"{days[address]}T00:00:00Z"
        assert entry.find(f"{atom}link").get("href") == address
        assert entry.findtext(f"{atom}title") and len(entry.findtext(f"{atom}summary")) >= 40


def test_a_feed_is_well_formed_whatever_a_description_holds():
    text = "a\x08b\x00\ufffe\ud800 <&> \N{SNOWMAN}"
    page = Page("x.md", "x/", text, text, "", "", date(2026, 11, 1))
    feed = ElementTree.fromstring(atom(Site(text, text, sites.HOME, [page])))
    entry = feed.find("{http://www.w3.org/2005/Atom}entry")
    assert entry.findtext("{http://www.w3.org/2005/Atom}summary") == "a\ufffdb\ufffd\ufffd\ufffd <&> \N{SNOWMAN}"


@pytest.mark.parametrize("source", sites.SOURCES, ids=lambda path: path.stem)
def test_a_page_says_on_which_day_it_was_added(source):
    tomorrow = date.today() + timedelta(days=1)  # which it may be where its author lives
    assert date(2026, 11, 1) <= front_matter(source)["date"] <= tomorrow


def test_without_an_address_there_is_no_feed_and_no_absolute_link(built):
    assert not (built.site / "feed.xml").exists()
    assert (built.site / "robots.txt").read_text() == "User-agent: *\nAllow: /\n"
    page = Reader(built.site / sites.DEEP / "index.html")
    assert page.link("canonical") == [] and page.link("alternate", "application/atom+xml") == []
    assert "](index.md): " in (built.site / "llms.txt").read_text()
    assert f"]({sites.DEEP}index.md): " in (built.site / "llms.txt").read_text()


def test_llms_txt_has_its_form_and_names_every_page_with_its_description(published):
    folder = published / "a" / "b"
    lines = (folder / "llms.txt").read_text().splitlines()
    assert lines[0] == "# Linux Memory, Measured"
    assert lines[2].startswith("> Memory, paging")
    sections = [line for line in lines if line.startswith("#")][1:]
    assert all(line.startswith("## ") for line in sections) and len(sections) == len(set(sections)) > 5
    links = [re.fullmatch(r"- \[(.+)\]\((\S+)\): (.+)", line) for line in lines if line.startswith("- ")]
    assert {link[2]: link[3] for link in links} == {
        f"{sites.HOME}{sites.url_of(source)}index.md": front_matter(source)["description"] for source in sites.SOURCES
    }
    whole = (folder / "llms-full.txt").read_text()
    for link in links:
        page = (folder / link[2].removeprefix(sites.HOME)).read_text()
        assert page.startswith("# ")
        assert page.strip() in whole
