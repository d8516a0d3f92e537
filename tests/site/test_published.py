"""The folder that is published: below a path, behind a real nginx with the README's settings, and for programs."""

import grp
import http.client
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import pytest
import sites
import yaml
from live.publish import plain
from live.publish.feed import atom
from live.publish.site import Page, Site
from markdown import Markdown

HOME = "https://example.org/a/b/"
DEEP = "memory/rss-shared-pages/"
README = (sites.ROOT / "README.md").read_text()
SOURCES = sorted(path for path in sites.ROOT.glob("docs/**/*.md"))


def url_of(source):
    name = source.relative_to(sites.ROOT / "docs").with_suffix("").as_posix()
    return "" if name == "index" else f"{name.removesuffix('/index')}/"


URLS = [url_of(source) for source in SOURCES]


def front_matter(source):
    return yaml.safe_load(source.read_text().split("---\n")[1])


@pytest.fixture(scope="module")
def published(built, tmp_path_factory):
    """The root of a web server with the site below /a/b/, built for its address there."""
    root = tmp_path_factory.mktemp("published")
    settings = {"LIVE_MODE": "frozen", "SITE_URL": HOME}
    done = sites.build(built.root, root / "a" / "b", built.bundle, "--strict", **settings)
    assert done.returncode == 0, done.stdout
    return root


class Reader(HTMLParser):
    """The elements of a head, and every address in a page."""

    def __init__(self, path):
        super().__init__()
        self.head, self.links, self.text = [], [], path.read_text()
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag in ("meta", "link"):
            self.head.append((tag, given))
        if tag in ("a", "link", "script", "img"):
            self.links += [given[name] for name in ("href", "src") if given.get(name)]

    def meta(self, name):
        (content,) = [
            a["content"] for tag, a in self.head if tag == "meta" and name in (a.get("name"), a.get("property"))
        ]
        return content

    def link(self, kind, type_=None):
        return [
            a["href"]
            for tag, a in self.head
            if tag == "link" and a["rel"].split()[0] == kind and a.get("type") == type_
        ]


def test_the_site_works_below_a_path(published, serve, open_page):
    server = serve(published)
    page = open_page(f"{server}a/b/{DEEP}")
    page.locator(".md-logo").first.click()
    page.wait_for_url(f"{server}a/b/")
    page.locator("article table a").first.click()
    page.wait_for_url(f"{server}a/b/oom/was-it-oom/")
    page.keyboard.press("/")
    page.keyboard.type("sum of RSS exceed")
    page.locator(".md-search-result__item a[href*='rss-shared-pages']").first.click()
    page.wait_for_url(f"{server}a/b/{DEEP}?h=*")
    assert page.trouble == []
    assert [asked for asked in page.asked if not asked.startswith((f"{server}a/b/", "data:", "blob:"))] == []


def test_every_link_within_the_site_leads_to_a_file_also_from_the_page_for_wrong_addresses(published):
    folder = published / "a" / "b"
    for path in [*sites.pages_of(folder), folder / "404.html"]:
        here = HOME + path.relative_to(folder).as_posix()
        for link in Reader(path).links:
            target = urlsplit(urljoin(here, link))
            if target.netloc == "example.org":
                assert "//" not in target.path
                file = published / target.path.lstrip("/")
                assert (file / "index.html" if target.path.endswith("/") else file).is_file(), f"{here}: {link}"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_head_of_a_page_describes_it(source, published):
    page = Reader(published / "a" / "b" / url_of(source) / "index.html")
    description = front_matter(source)["description"]
    assert page.meta("description") == page.meta("og:description") == description
    title = re.search(r"^# (.*?) \{", source.read_text() + (sites.ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)[
        1
    ]
    assert page.meta("og:title") == title.replace("`", "")
    assert page.meta("og:url") == HOME + url_of(source)
    assert page.link("canonical") == [HOME + url_of(source)]
    assert page.meta("og:site_name") == "Linux Memory, Measured"
    assert page.meta("og:type") == ("article" if url_of(source) else "website")
    assert page.meta("twitter:card") == "summary"
    (markdown,) = page.link("alternate", "text/markdown")
    assert urljoin(HOME + url_of(source), markdown) == f"{HOME}{url_of(source)}index.md"
    (feed,) = page.link("alternate", "application/atom+xml")
    assert urljoin(HOME + url_of(source), feed) == f"{HOME}feed.xml"


def test_the_sitemap_lists_each_page_and_nothing_else_and_robots_are_told_where_it_is(published):
    sitemap = ElementTree.parse(published / "a" / "b" / "sitemap.xml")
    listed = [place.text for place in sitemap.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert sorted(listed) == sorted(HOME + url for url in URLS)
    robots = (published / "a" / "b" / "robots.txt").read_text().splitlines()
    assert robots == ["User-agent: *", "Allow: /", "", f"Sitemap: {HOME}sitemap.xml"]


def test_the_feed_has_the_newest_pages_in_valid_atom(published):
    atom = "{http://www.w3.org/2005/Atom}"
    feed = ElementTree.parse(published / "a" / "b" / "feed.xml").getroot()
    days = {HOME + url_of(source): front_matter(source)["date"] for source in SOURCES}
    entries = feed.findall(f"{atom}entry")

    assert feed.tag == f"{atom}feed"
    assert feed.findtext(f"{atom}id") == HOME
    assert feed.findtext(f"{atom}title") == "Linux Memory, Measured"
    assert feed.findtext(f"{atom}author/{atom}name")
    assert {link.get("rel"): link.get("href") for link in feed.findall(f"{atom}link")} == {
        "self": f"{HOME}feed.xml",
        "alternate": HOME,
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
    feed = ElementTree.fromstring(atom(Site(text, text, HOME, [page])))
    entry = feed.find("{http://www.w3.org/2005/Atom}entry")
    assert entry.findtext("{http://www.w3.org/2005/Atom}summary") == "a\ufffdb\ufffd\ufffd\ufffd <&> \N{SNOWMAN}"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_page_says_on_which_day_it_was_added(source):
    assert date(2026, 11, 1) <= front_matter(source)["date"] <= date.today()


def test_without_an_address_there_is_no_feed_and_no_absolute_link(built):
    assert not (built.site / "feed.xml").exists()
    assert (built.site / "robots.txt").read_text() == "User-agent: *\nAllow: /\n"
    page = Reader(built.site / DEEP / "index.html")
    assert page.link("canonical") == [] and page.link("alternate", "application/atom+xml") == []
    assert "](index.md): " in (built.site / "llms.txt").read_text()
    assert f"]({DEEP}index.md): " in (built.site / "llms.txt").read_text()


def test_llms_txt_has_its_form_and_names_every_page_with_its_description(published):
    folder = published / "a" / "b"
    lines = (folder / "llms.txt").read_text().splitlines()
    assert lines[0] == "# Linux Memory, Measured"
    assert lines[2].startswith("> Memory, paging")
    sections = [line for line in lines if line.startswith("#")][1:]
    assert all(line.startswith("## ") for line in sections) and len(sections) == len(set(sections)) > 5
    links = [re.fullmatch(r"- \[(.+)\]\((\S+)\): (.+)", line) for line in lines if line.startswith("- ")]
    assert {link[2]: link[3] for link in links} == {
        f"{HOME}{url_of(source)}index.md": front_matter(source)["description"] for source in SOURCES
    }
    whole = (folder / "llms-full.txt").read_text()
    for link in links:
        page = (folder / link[2].removeprefix(HOME)).read_text()
        assert page.startswith("# ")
        assert page.strip() in whole


def without_fences(text):
    return re.sub(r"^( *)(`{3,}).*?^ *\2$", "", text, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("url", URLS, ids=lambda url: url or "index")
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
    text = (published / "a" / "b" / DEEP / "index.md").read_text()
    capture = json.loads((built.bundle / "memory" / "shared_page_is_split.build.json").read_text())
    assert f"```text\n{capture['stdout'].rstrip()}\n```\n" in text
    for claim in capture["claims"]:
        assert f"- {plain.escaped(claim['message'])}\n" in text
    assert plain.escaped(capture["host"]["kernel"]) in text
    html = (built.site / DEEP / "index.html").read_text()
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


NGINX = """
daemon off;
worker_processes 1;
user {user} {group};
pid {prefix}/pid;
error_log {prefix}/error.log;
events {{ }}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path {prefix}/body;
    proxy_temp_path {prefix}/proxy;
    fastcgi_temp_path {prefix}/fastcgi;
    uwsgi_temp_path {prefix}/uwsgi;
    scgi_temp_path {prefix}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {root};
        include {prefix}/site.conf;
    }}
}}
"""


@pytest.fixture(scope="module")
def nginx(published, tmp_path_factory):
    """The address of a real nginx that has the README's block in its configuration, as it stands there."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program:
        pytest.skip("no nginx: sudo apt-get install nginx-light")
    (block,) = re.findall(r"```nginx\n(.*?)```", README, re.DOTALL)
    assert block.count("error_page 403 404 =404 /404.html; # below a path: /memory/404.html\n") == 1
    prefix = tmp_path_factory.mktemp("nginx")
    (prefix / "site.conf").write_text(block.replace("=404 /404.html", "=404 /a/b/404.html"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    user = pwd.getpwuid(os.geteuid())
    names = {"user": user.pw_name, "group": grp.getgrgid(os.getegid()).gr_name}
    (prefix / "nginx.conf").write_text(NGINX.format(prefix=prefix, port=port, root=published, **names))
    command = [program, "-p", prefix, "-c", prefix / "nginx.conf"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except ConnectionRefusedError:
                assert process.poll() is None and time.monotonic() < end, process.stdout.read()
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/a/b/"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def ask(address, path="", method="GET", **headers):
    """An answer: its status, headers by name and body."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    connection.request(
        method, parts.path + path, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {name.lower(): text for name, text in answer.getheaders()}, body


ALWAYS = {
    "content-security-policy": "frame-ancestors 'none'",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "server": "nginx",
}
SNIPPET = "snippets/memory/shared_page_is_split.py"


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("", 200, "text/html; charset=utf-8"),
        (DEEP, 200, "text/html; charset=utf-8"),
        (f"{DEEP}index.md", 200, "text/markdown; charset=utf-8"),
        (SNIPPET, 200, "text/plain; charset=utf-8"),
        ("llms.txt", 200, "text/plain; charset=utf-8"),
        ("robots.txt", 200, "text/plain; charset=utf-8"),
        ("feed.xml", 200, "application/atom+xml; charset=utf-8"),
        ("sitemap.xml", 200, "text/xml; charset=utf-8"),
        ("build.json", 200, "application/json; charset=utf-8"),
        ("search/search_index.json", 200, "application/json; charset=utf-8"),
        ("assets/site.css", 200, "text/css; charset=utf-8"),
        ("assets/favicon.svg", 200, "image/svg+xml"),
        ("nowhere/at/all/", 404, "text/html; charset=utf-8"),
        ("snippets/nowhere.py", 404, "text/html; charset=utf-8"),
        (DEEP.rstrip("/"), 301, "text/html"),
        ("assets/", 404, "text/html; charset=utf-8"),
    ],
)
def test_nginx_gives_each_kind_of_file_with_its_type_and_all_headers(path, status, kind, nginx):
    got, headers, _ = ask(nginx, path)
    assert got == status
    assert headers["content-type"] == kind
    assert {name: headers.get(name) for name in ALWAYS} == ALWAYS
    if status == 200:
        assert headers["cache-control"] == "no-cache" and headers["etag"]


def test_an_address_without_its_last_slash_is_sent_on_without_naming_a_host(nginx):
    assert ask(nginx, DEEP.rstrip("/"))[1]["location"] == f"/a/b/{DEEP}"


def test_only_what_is_named_after_its_content_is_kept_for_good(nginx, published):
    folder = published / "a" / "b"
    page = Reader(folder / "index.html")
    assets = {link for link in page.links if link.startswith("assets/") and link.endswith((".js", ".css"))}
    hashed = {link for link in assets if re.search(r"\.[0-9a-f]{8}\.min\.", link)}
    assert len(hashed) >= 3 and assets - hashed == {"assets/site.css", "assets/live.css"}
    for link in assets:
        kept = "public, max-age=31536000, immutable" if link in hashed else "no-cache"
        assert ask(nginx, link)[1]["cache-control"] == kept, link
    status, headers, _ = ask(nginx, "assets/nowhere.01234567.min.js")
    assert status == 404 and "cache-control" not in headers


def test_what_has_not_changed_is_not_sent_again_and_a_part_can_be_asked_for(nginx, published):
    content = (published / "a" / "b" / DEEP / "index.html").read_bytes()
    _, headers, body = ask(nginx, DEEP)
    assert body == content
    assert ask(nginx, DEEP, If_None_Match=headers["etag"])[::2] == (304, b"")
    assert ask(nginx, DEEP, If_Modified_Since=headers["last-modified"])[::2] == (304, b"")
    assert ask(nginx, DEEP, If_None_Match='"other"')[0] == 200
    status, part, body = ask(nginx, DEEP, Range="bytes=100-199")
    assert (status, body) == (206, content[100:200])
    assert part["content-range"] == f"bytes 100-199/{len(content)}"
    status, small, body = ask(nginx, DEEP, Accept_Encoding="gzip")
    assert small["content-encoding"] == "gzip" and small["vary"] == "Accept-Encoding"
    assert len(body) < len(content) / 3
    assert ask(nginx, DEEP, Accept_Encoding="gzip", If_None_Match=small["etag"])[0] == 304
    assert ask(nginx, DEEP, method="HEAD")[::2] == (200, b"")


def test_a_program_comes_over_nginx_byte_for_byte(nginx, open_page):
    assert ask(nginx, SNIPPET)[2] == (sites.ROOT / SNIPPET).read_bytes()
    page = open_page(nginx + DEEP)
    block = page.locator("#run-memory-shared-page-is-split")
    with page.expect_download() as download:
        block.locator("a[download]", has_text="Download").last.click()
    assert download.value.suggested_filename == "shared_page_is_split.py"
    assert Path(download.value.path()).read_bytes() == (sites.ROOT / SNIPPET).read_bytes()
    assert page.trouble == []


@pytest.mark.parametrize("url", ["", DEEP, "oom/global-vs-cgroup/", "about-this-build/"])
def test_pages_behind_nginx_are_quiet(url, nginx, open_page):
    page = open_page(nginx + url)
    page.keyboard.press("/")
    page.keyboard.type("overcommit")
    page.locator(".md-search-result__item a").first.wait_for()
    assert page.trouble == []


@pytest.mark.parametrize("wrong", ["nowhere", "memory/nowhere/", "x/y/z/nowhere.html"])
def test_a_wrong_address_gives_a_page_that_helps_at_any_depth(wrong, nginx, open_page):
    page = open_page(nginx + wrong)
    said = {text for text in page.trouble if "404" not in text}
    assert said == set()
    assert page.locator("h1").inner_text() == "There is no such page"
    assert page.title() == "Not found - Linux Memory, Measured"
    assert page.locator("body").evaluate("b => getComputedStyle(b).getPropertyValue('--live-ink')").strip() == "#1d3442"
    assert [a.get_attribute("href").count("//") for a in page.locator("article a").all()] == [0] * 11
    page.locator("article label[for=__search]").click()
    page.keyboard.type("sum of RSS exceed")
    page.locator(".md-search-result__item a[href*='rss-shared-pages']").first.wait_for()
    page.keyboard.press("Escape")
    page.locator("article table a", has_text="Was it the OOM killer?").click()
    page.wait_for_url(f"{nginx}oom/was-it-oom/")


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
