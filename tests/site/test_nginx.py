"""The site behind a real nginx, with the settings that the README gives."""

import grp
import http.client
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sites
from addresses import Reader

README = (sites.ROOT / "README.md").read_text()
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
        end = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except ConnectionRefusedError:
                if process.poll() is not None or time.monotonic() > end:
                    process.kill()
                    pytest.fail(process.stdout.read())
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
        (sites.DEEP, 200, "text/html; charset=utf-8"),
        (f"{sites.DEEP}index.md", 200, "text/markdown; charset=utf-8"),
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
        (sites.DEEP.rstrip("/"), 301, "text/html"),
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
    assert ask(nginx, sites.DEEP.rstrip("/"))[1]["location"] == f"/a/b/{sites.DEEP}"


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
    content = (published / "a" / "b" / sites.DEEP / "index.html").read_bytes()
    _, headers, body = ask(nginx, sites.DEEP)
    assert body == content
    assert ask(nginx, sites.DEEP, If_None_Match=headers["etag"])[::2] == (304, b"")
    assert ask(nginx, sites.DEEP, If_Modified_Since=headers["last-modified"])[::2] == (304, b"")
    assert ask(nginx, sites.DEEP, If_None_Match='"other"')[0] == 200
    status, part, body = ask(nginx, sites.DEEP, Range="bytes=100-199")
    assert (status, body) == (206, content[100:200])
    assert part["content-range"] == f"bytes 100-199/{len(content)}"
    status, small, body = ask(nginx, sites.DEEP, Accept_Encoding="gzip")
    assert small["content-encoding"] == "gzip" and small["vary"] == "Accept-Encoding"
    assert len(body) < len(content) / 3
    assert ask(nginx, sites.DEEP, Accept_Encoding="gzip", If_None_Match=small["etag"])[0] == 304
    assert ask(nginx, sites.DEEP, method="HEAD")[::2] == (200, b"")


def test_a_program_comes_over_nginx_byte_for_byte(nginx, open_page):
    assert ask(nginx, SNIPPET)[2] == (sites.ROOT / SNIPPET).read_bytes()
    page = open_page(nginx + sites.DEEP)
    block = page.locator("#run-memory-shared-page-is-split")
    with page.expect_download() as download:
        block.locator("a[download]", has_text="Download").last.click()
    assert download.value.suggested_filename == "shared_page_is_split.py"
    assert Path(download.value.path()).read_bytes() == (sites.ROOT / SNIPPET).read_bytes()
    assert page.trouble == []


@pytest.mark.parametrize("url", ["", sites.DEEP, "oom/global-vs-cgroup/", "about-this-build/"])
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
