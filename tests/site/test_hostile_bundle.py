"""A bundle that an attacker made, of the right form and about the right program, does nothing to a reader."""

import json

import pytest
import sites

BAIT = "https://attacker.example/"
OWN = "document.title='owned'"
EVIL = (
    f"</code></pre></td></p><script>{OWN};fetch('{BAIT}')</script><img src=x onerror=\"{OWN}\">"
    f"<iframe src={BAIT}></iframe><link rel=stylesheet href={BAIT}><style>*{{}}</style><a href=javascript:0>l</a>"
    "**bold** [l](javascript:0) "
    f"![i]({BAIT}) `c` <b>'\" \x1b]8;;{BAIT}\x07link\x1b]8;;\x07 \x1b[31mred\x1b[0m \u202eabc \x00"
)
LINE = "".join(c for c in EVIL if c.isprintable())[:290]  # what may stand where one line is expected
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 100 100" '
    f'onload="document.title=\'owned\'"><script>document.title="owned"</script><style>body {{display: none}}</style>'
    f'<a xlink:href="javascript:0"><text class="md-header" x="5" y="50" onclick="x">drawn</text></a>'
    f'<use href="{BAIT}x.svg#a"/><rect style="fill: url({BAIT}); position: fixed" width="10" height="10"/>'
    f'<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="{BAIT}"/></foreignObject>'
    '<animate attributeName="href" to="javascript:0"/><path d="M0 0 L 9 9" fill="red"/></svg>'
)
# Attributes below our elements that would act; in a name or a title a text may say what it likes.
ATTRIBUTES = """roots => roots.flatMap(root => [root, ...root.querySelectorAll('*')])
  .flatMap(element => [...element.attributes])
  .filter(({name}) => !['aria-label', 'title'].includes(name))
  .filter(({name, value}) => name.startsWith('on') || /javascript:|attacker/.test(value))
  .map(({name, value}) => `${name}=${value}`)"""
BODY = """
import matplotlib.pyplot as plt

plt.figure().set_label("a drawing")
print("out")
word = "measured"
assert word, "it was so"
"""


def poison(path):
    """Put the worst into every field in which its form allows it."""
    capture = json.loads(path.read_text())
    capture |= {"stdout": EVIL, "stderr": EVIL, "log": EVIL, "facts": {"word": EVIL}}
    capture["claims"] = [claim | {"message": EVIL} for claim in capture["claims"]]
    capture["figures"] = [{"svg": DRAWING, "text": EVIL}]
    lines = dict.fromkeys(("distribution", "transparent_hugepage", "cgroup", "runs_in", "emulation"), LINE)
    capture["host"] |= lines | {"tools": {LINE: LINE}, "lab": {"x": EVIL}}
    path.write_text(json.dumps(capture))


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """The site made of such a bundle, and of one of another machine that is no better."""
    folder = tmp_path_factory.mktemp("hostile")
    source = sites.snippet("It is measured.", BODY, ("matplotlib",), facts=["word"])
    page = f"# Evil\n\n{sites.fence('t/evil')}The fact: `#!fact t/evil.word`.\n\n``` this-build\n```\n"
    root = sites.project(folder / "root", {"index.md": page}, {"t/evil": source})
    bundle, other = folder / "bundle", folder / "other"
    for target in (bundle, other):
        captured = sites.build(root, folder / "site", target)
        assert captured.returncode == 0, captured.stdout
        poison(target / "t" / "evil.build.json")
    report = json.loads((other / "build.json").read_text())
    report["captures"].append(
        report["captures"][0] | {"host": "lab", "status": "failed", "reason": EVIL, "title": LINE}
    )
    report["notes"] = [EVIL]
    (other / "build.json").write_text(json.dumps(report))
    merge = [sites.BIN / "python", "-m", "live", "merge", bundle, f"arm64={other}"]
    merged = sites.run(merge, root, sites.environment(root, bundle))
    assert merged.returncode == 0, merged.stdout
    done = sites.build(root, folder / "site", bundle, "--strict", LIVE_MODE="frozen")
    assert done.returncode == 0, done.stdout
    return folder / "site"


def test_an_attackers_bundle_shows_as_text_and_does_nothing(rendered, serve, open_page):
    address = serve(rendered)
    page = open_page(address)

    assert page.title() != "owned"
    assert [asked for asked in page.asked if not asked.startswith((address, "data:"))] == []
    ours = ":is(.live, .live-report, .live-fact)"
    other = ":is(script, style, link, iframe, img, image, object, b, strong, em, animate, foreignObject)"
    assert page.locator(f"{ours} {other}").count() == 0
    links = page.locator(f"{ours} a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert set(links) <= {"snippets/t/evil.py", "build.json", "./#run-t-evil"}
    assert page.locator(ours).evaluate_all(ATTRIBUTES) == []
    assert "<script>document.title" in page.locator(".live-fact").first.text_content()
    shown = page.locator(".live-output").first.text_content()
    assert "[U+202E]" in shown and "\u2400" in shown and "\u202e" not in shown
    assert page.trouble == []


def test_the_files_beside_the_pages_are_no_more_than_data(rendered):
    names = {str(path.relative_to(rendered)) for path in rendered.rglob("*") if "assets" not in path.parts}

    assert {name for name in names if "evil" in name} == {"snippets/t/evil.py"}
    assert json.loads((rendered / "build.json").read_text())["captures"][0]["facts"] == {"word": EVIL}
