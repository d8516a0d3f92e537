"""What the Content-Security-Policy of the pages allows, and that a browser keeps it."""

import base64
import contextlib
import hashlib
import html
import re
import shutil
import socket
import time

import pytest
import sites
from live.publish import policy

PAGE = "memory/rss-shared-pages/"
META = re.compile(r'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="([^"]*)">')
TEMPLATE = (
    '<meta charset="utf-8"><script>go("{{ base_url }}", "{{ other | url }}")</script>'
    """<script src="{{ 'assets/javascripts/theme.a1b2.js' | url }}"></script>"""
)


def policy_of(text):
    (content,) = META.findall(text)
    return {name: values for name, *values in (part.split() for part in content.split("; "))}


def test_every_page_has_the_policy_first_and_nothing_inline_but_scripts_of_the_theme(built):
    pages = [*sites.pages_of(built.site), built.site / "404.html"]
    assert len(pages) > 30
    for path in pages:
        text = path.read_text()
        given = policy_of(text)
        assert given["default-src"] == ["'none'"]
        assert given["style-src"] == ["'self'"]
        assert "'unsafe-inline'" not in given["script-src"] and "'unsafe-eval'" not in given["script-src"]
        for script in re.findall(r"<script>(.*?)</script>", text, re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in given["script-src"], f"{path}: {script[:60]}"
        (nonce,) = {part[7:-1] for part in given["script-src"] if part.startswith("'nonce-")}
        assert {re.sub("[^']", "", part) for part in given["script-src"]} == {"''"} and "'self'" not in given[
            "script-src"
        ]
        (file,) = re.findall(r"<script\b[^>]*\bsrc=[^>]*>", text)
        assert re.fullmatch(
            rf'<script nonce="{re.escape(nonce)}" src="[./]*assets/javascripts/bundle\.\w+\.min\.js">', file
        )
        assert "<style" not in text


@pytest.fixture
def guard(tmp_path):
    """Guard a page's body, with a theme that has one script: guard(body) gives the page and what is wrong with it."""
    (tmp_path / "base.html").write_text(TEMPLATE)

    def go(body):
        whole = f'<html><head><meta charset="utf-8"></head><body>{body}</body></html>'
        page, problems = policy.guard(whole, "t/x.md", f"---\ndate: 2026-01-01\n---\n\n{body}\n", [str(tmp_path)])
        return page, [str(problem) for problem in problems]

    return go


@pytest.mark.parametrize("address", [".", "..", "../..", "/", "/a/b/", ""])
def test_a_script_of_the_theme_is_allowed_with_any_address_of_the_site(address, guard):
    page, problems = guard(f'<script>go("{address}", "x/y.js")</script>')
    assert problems == []
    assert "'sha256-" in page


def test_the_script_of_the_themes_own_file_alone_runs_by_a_word_that_differs_on_each_page(guard):
    script = '<script src="../../assets/javascripts/theme.a1b2.js"></script>'
    words = []
    for body in (script, f"{script}<p>other</p>"):
        page, problems = guard(body)
        (word,) = re.findall("'nonce-([^']*)'", page)
        assert problems == []
        assert f'<script nonce="{word}" src="../../assets/javascripts/theme.a1b2.js"></script>' in page
        words.append(word)
    assert words[0] != words[1] and len(words[0]) == 44


def test_a_script_that_brings_the_word_of_a_page_is_refused_and_the_word_is_then_another(guard):
    first, _ = guard("<p>text</p>")
    (word,) = re.findall("'nonce-([^']*)'", first)
    page, problems = guard(f'<p>text</p><script nonce="{word}" src="../../assets/evil.js"></script>')
    assert len(problems) == 1
    assert f"'nonce-{word}'" not in page


@pytest.mark.parametrize(
    "flood",
    [
        "= ",
        "<img ",
        "<script",
        "<script>",
        "<script></script",
        "<img on a=",
        '<a b="',
        "<!--",
        "<img src=//",
        "<b onx=1>",
    ],
)
def test_a_page_of_odd_text_is_guarded_in_a_moment(flood, guard):
    started = time.process_time()
    _, problems = guard(f"{flood}{' ' * 200_000}{(flood * 200_000)[:200_000]}")
    assert time.process_time() - started < 5
    assert len(problems) <= 20


@pytest.mark.parametrize(
    "script",
    [
        'go("..", "x"); alert(1)',
        'go("");alert("", "x")',
        'go("https://evil.example", "x")',
        'go("..", "x\\")',
        'go("${alert}", "x")',
        "alert(1)",
        " ",
    ],
)
def test_a_script_that_is_not_quite_the_themes_is_refused_and_gets_no_hash(script, guard):
    page, problems = guard(f"<script>{script}</script>")
    assert len(problems) == 1
    assert problems[0].startswith("docs/t/x.md:5: <script>") and "inline scripts do not run" in problems[0]
    assert "'sha256-" not in page


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("<SCRIPT type=module>import 'x'</SCRIPT>", "inline scripts do not run"),
        ('<script type="text/javascript">x()</script >', "inline scripts do not run"),
        ('<script src="https://evil.example/x.js"></script>', "ask nobody else"),
        ('<script src="../../assets/evil.js"></script>', "only where the theme brings them"),
        ('<script src="../assets/javascripts/theme.a1b2.js"></script>', "only where the theme brings them"),
        ('<script src="x/../../../assets/javascripts/theme.a1b2.js"></script>', "only where the theme brings them"),
        ('<script src="/assets/javascripts/theme.a1b2.js"></script>', "only where the theme brings them"),
        ('<script type=module src="../../assets/javascripts/theme.a1b2.js"></script>', "only where the theme brings"),
        ('<script src="../../assets/evil.js" type="application/json"></script>', "only where the theme brings them"),
        ('<svg><script href="../../assets/evil.js"/></svg>', "scripts"),
        ("<script src=../../assets/evil.js>", "only where the theme brings them"),
        ("<script async src=//evil.example/x.js></script>", "ask nobody else"),
        ('<img src="x" onerror="x()">', "scripts in attributes"),
        ("<svg/ onload=x()>", "scripts in attributes"),
        ("<b title='a'\nONCLICK = 'x()'>b</b>", "scripts in attributes"),
        ('<a href="javascript:x()">a</a>', "scripts in attributes"),
        ("<a href= JavaScript:x()>a</a>", "scripts in attributes"),
        ("<a href=' java\tscript:x()' title=javascript:>a</a>", "scripts in attributes"),
        ('<img alt="a > b" src="x" onerror="x()">', "scripts in attributes"),
        ('<img alt="x" src="/\\evil.example/x.png">', "ask nobody else"),
        ('<img alt="x" srcset="a.png, https://evil.example/x.png 2x">', "ask nobody else"),
        ("<style>b { color: red }</style>", "style elements are not applied"),
        ('<link rel="stylesheet" href="https://evil.example/x.css">', "ask nobody else"),
        ('<img alt="x" src="https://evil.example/x.png">', "ask nobody else"),
        ('<img src="//evil.example/x.png">', "ask nobody else"),
        ('<iframe src="x.html"></iframe>', "nothing is shown inside a page"),
        ('<object data="x.swf"></object>', "nothing is shown inside a page"),
        ("<embed src=x.swf>", "nothing is shown inside a page"),
        ('<base href="https://evil.example/">', "links cannot be moved"),
        ('<meta http-equiv="refresh" content="0; url=https://evil.example/">', "cannot act as its server"),
    ],
)
def test_what_the_policy_stops_is_refused_with_page_line_and_what_to_do(body, what, guard):
    _, problems = guard(body)
    assert len(problems) == 1, problems
    assert problems[0].startswith("docs/t/x.md:5: <") and what in problems[0]


@pytest.mark.parametrize(
    "body",
    [
        "<p>An attribute such as onerror= or onload = runs a script, and so does javascript: in a link.</p>",
        f"<p>{html.escape('<script>alert(1)</script><img onerror=x()><style>')}</p>",
        '<img alt="drawing" src="../assets/x.svg">',
        '<a href="https://www.kernel.org/">a link elsewhere</a>',
        '<script type="application/json">{"a": "</p>"}</script>',
        '<p title="on = off">text</p>',
    ],
)
def test_prose_about_scripts_and_what_is_harmless_is_no_problem(body, guard):
    assert guard(body)[1] == []


def test_a_page_with_a_script_of_its_own_fails_the_build(tmp_path):
    pages = {"index.md": "# Index\n\nText.\n\n<script>alert('own')</script>\n\n<b onclick=\"alert(1)\">press</b>\n"}
    done = sites.build(sites.project(tmp_path / "root", pages, {}), tmp_path / "site", tmp_path / "bundle")
    assert done.returncode != 0
    assert "docs/index.md:5: <script>alert('own')</script>: inline scripts do not run" in done.stdout
    assert 'docs/index.md:7: <b onclick="alert(1)">: scripts in attributes do not run' in done.stdout
    assert "Traceback" not in done.stdout


ATTACK = """
<script>document.title = 'owned'</script>
<img src="x.png" onerror="document.title = 'owned'">
<svg onload="document.title = 'owned'"></svg>
<a id="link" href="javascript:document.title = 'owned'">link</a>
<iframe src="ELSEWHERE/frame"></iframe>
<iframe srcdoc="<script>parent.document.title = 'owned'</script>"></iframe>
<object data="ELSEWHERE/object"></object>
<embed src="ELSEWHERE/embed">
<style>h1 { color: rgb(1, 2, 3) !important; background: url(ELSEWHERE/style) }</style>
<link rel="stylesheet" href="ELSEWHERE/sheet.css">
<img src="ELSEWHERE/image.png">
<video src="ELSEWHERE/video"></video>
<script src="ELSEWHERE/script.js"></script>
<script src="../../assets/evil.js"></script>
<script nonce="" src="../../assets/evil.js"></script>
<script type="module">import 'ELSEWHERE/module.js'</script>
<base href="ELSEWHERE/">
<form id="form" action="ELSEWHERE/form"><input name="a"></form>
<math><mtext><style><img src=x onerror="document.title = 'owned'"></style></mtext></math>
"""
STOPPED = {
    "script-src-elem",
    "script-src-attr",
    "style-src-elem",
    "img-src",
    "media-src",
    "frame-src",
    "object-src",
    "base-uri",
    "form-action",
}


@pytest.fixture
def elsewhere():
    """Another address, and what it was asked for.

    Chromium connects to where a frame or a form would lead before it looks at the policy, and then sends nothing.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)

        def asked():
            said = b""
            with contextlib.suppress(TimeoutError):
                while True:
                    connection, _ = server.accept()
                    connection.settimeout(0.3)
                    with connection, contextlib.suppress(TimeoutError):
                        said += connection.recv(1000)
            return said

        yield f"http://127.0.0.1:{server.getsockname()[1]}/", asked


def test_what_an_attacker_got_into_a_page_does_nothing_and_asks_nobody(built, tmp_path, serve, open_page, elsewhere):
    """The page is one of the built site, with its policy; the attack needs no hole in the engine."""
    site, (foreign, asked) = tmp_path / "site", elsewhere
    shutil.copytree(built.site, site)
    page_file = site / PAGE / "index.html"
    text = page_file.read_text()
    # Counted by a script that has the word of the page, so the policy lets it run.
    (word,) = re.findall("'nonce-([^']*)'", text)
    (site / "assets" / "evil.js").write_text("document.title = 'owned'")
    (site / "assets" / "count.js").write_text(
        "window.stopped = []; document.addEventListener('securitypolicyviolation', "
        "event => stopped.push(event.effectiveDirective))"
    )
    counting = text.replace("</title>", f'</title><script nonce="{word}" src="../../assets/count.js"></script>', 1)
    page_file.write_text(counting.replace("</article>", ATTACK.replace("ELSEWHERE/", foreign) + "</article>"))
    title = html.unescape(re.search("<title>(.*?)</title>", text)[1])
    page = open_page(serve(site) + PAGE)

    page.locator("#link").evaluate("link => link.click()")
    sites.wait_until(page, "count => new Set(stopped).size >= count", len(STOPPED) - 1)

    assert page.title() == title
    assert page.locator("h1").evaluate("h => getComputedStyle(h).color") != "rgb(1, 2, 3)"
    assert set(page.evaluate("stopped")) == STOPPED - {"form-action"}
    # Chromium puts an empty page in the place of one whose form was stopped, so this comes last.
    assert (
        page.evaluate(
            "new Promise(said => { document.addEventListener('securitypolicyviolation', "
            "event => said(event.effectiveDirective)); setTimeout(said, 30_000, 'nothing was stopped'); "
            "document.querySelector('#form').submit() })"
        )
        == "form-action"
    )
    assert asked() == b""


def test_an_attack_works_without_the_policy(built, tmp_path, serve, open_page, elsewhere):
    """So that the test above is known to be able to fail."""
    site, (foreign, asked) = tmp_path / "site", elsewhere
    shutil.copytree(built.site, site)
    page_file = site / PAGE / "index.html"
    attack = '<script>document.title = "owned"</script><img src="ELSEWHERE/image.png">'.replace("ELSEWHERE/", foreign)
    page_file.write_text(META.sub("", page_file.read_text()).replace("</article>", f"{attack}</article>"))
    page = open_page(serve(site) + PAGE, wait="domcontentloaded")
    sites.wait_until(page, "document.title == 'owned'")
    end = time.monotonic() + 15
    while not asked().startswith(b"GET /image.png"):
        assert time.monotonic() < end
        page.wait_for_timeout(20)


def test_search_palette_tabs_and_tooltips_work_under_the_policy(address, open_page):
    page = open_page(address + PAGE)
    page.locator("label[title='Use the dark scheme']").click()
    assert page.get_attribute("body", "data-md-color-scheme") == "slate"
    page.reload(wait_until="networkidle")
    assert page.get_attribute("body", "data-md-color-scheme") == "slate", "the theme's own inline script sets it again"
    page.locator("abbr").first.hover()
    page.locator(".md-tooltip2--active").first.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("overcommit")
    page.locator(".md-search-result__item a[href$='?h=overcommit']").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/?h=overcommit")
    page.locator("mark", has_text="overcommit").first.wait_for()
    assert page.trouble == []


def test_pages_work_as_files_and_their_links_lead_to_pages(built, open_page):
    page = open_page((built.site / PAGE / "index.html").as_uri())
    assert page.locator(".md-search").inner_text() == "Served by a web server, this site has a search."
    assert page.locator("h1").evaluate("h => getComputedStyle(h).fontWeight") == "600"
    page.locator(".md-footer__link--next").click()
    page.wait_for_url("**/memory/rss-after-free/index.html")
    assert page.locator("h1").inner_text().startswith("Why does RSS stay high")
    page.locator(".live label", has_text="Claims").first.click()
    assert page.locator(".live-claims").first.is_visible()
    page.locator(".md-logo").first.click()
    page.wait_for_url("**/site/index.html")
    assert page.trouble == []
