"""The files of a site that are for programs: pages as Markdown, lists of them, a feed, and a word to robots."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from live.markdown import Shelf
from live.publish import feed, plain


@dataclass(frozen=True)
class Page:
    """One page, as its generator read it.

    source: the path of its Markdown below docs.
    url: its address from the root of the site, "" for the first page, else with a slash at the end.
    section: the part of the navigation that it is in.
    markdown: its source without front matter.
    """

    source: str
    url: str
    title: str
    description: str
    section: str
    markdown: str
    added: date | None = None


@dataclass(frozen=True)
class Site:
    """What all pages have in common. address: where it is published, with a slash at the end; "" if nobody says."""

    name: str
    description: str
    address: str
    pages: list[Page]


def files(site: Site, shelf: Shelf, include: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """Path and content of each file. `include` replaces a line that asks for another file."""
    urls = {page.source: page.url for page in site.pages}
    texts = [plain.page(page, urls, shelf, include) for page in site.pages]
    for page, text in zip(site.pages, texts, strict=True):
        yield f"{page.url}index.md", text
    yield "llms.txt", _contents(site)
    yield (
        "llms-full.txt",
        "\n".join(f"<!-- {site.address}{page.url} -->\n\n{text}" for page, text in zip(site.pages, texts, strict=True)),
    )
    yield "robots.txt", _robots(site)
    if site.address:
        yield "feed.xml", feed.atom(site)


def _contents(site: Site) -> str:
    """The list of all pages in the form of llmstxt.org: a title, a summary, and links below the titles of the parts."""
    lines = [f"# {site.name}", "", f"> {site.description}", ""]
    lines.append("Every page is also there as Markdown, with what its programs printed when the site was built:")
    lines.append("add index.md to its address. llms-full.txt has all of them. build.json has every claim and fact.")
    section = None
    for page in site.pages:
        if page.section != section:
            section = page.section
            lines += ["", f"## {section or 'Start'}", ""]
        lines.append(f"- [{page.title}]({site.address}{page.url}index.md): {page.description}")
    return "\n".join(lines) + "\n"


def _robots(site: Site) -> str:
    lines = ["User-agent: *", "Allow: /"]
    if site.address:
        lines += ["", f"Sitemap: {site.address}sitemap.xml"]
    return "\n".join(lines) + "\n"
