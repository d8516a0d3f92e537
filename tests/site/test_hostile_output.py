"""What a snippet prints, claims, names or draws stays text."""

import pytest
import sites
from contrasts import CONTRASTS

EVIL = "</code></pre><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\" & <b>'"
BODY = f"""
evil = {EVIL!r}
print(evil)
print(chr(27) + "[31mred" + chr(27) + "[0m", chr(27) + "]8;;https://example.org" + chr(27) + chr(92) + "link")
assert evil, evil
"""


def test_hostile_output_is_escaped(tmp_path, serve, open_page):
    source = sites.snippet("Less <b>or</b> more & 'quotes'", BODY, facts=["evil"])
    page_text = f"# Evil\n\n{sites.fence('t/evil')}The fact: `#!fact t/evil.evil`.\n"
    root = sites.project(tmp_path / "root", {"index.md": page_text}, {"t/evil": source})
    done = sites.build(root, tmp_path / "site", tmp_path / "bundle", "--strict")
    assert done.returncode == 0, done.stdout

    page = open_page(serve(tmp_path / "site"))

    assert page.title() != "owned"
    assert page.locator(".live :is(script, img, b), .live-fact *").count() == 0
    assert page.locator(".live-output").first.text_content().startswith(EVIL)
    assert page.locator(".live-fact").text_content() == EVIL
    assert page.locator(".live-claims li").first.text_content().startswith(EVIL)
    assert page.locator(".live-output .ansi31").text_content() == "red"
    assert page.trouble == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_a_terminal_can_be_read(scheme, tmp_path, serve, open_page):
    body = """
for number in (1, 2, *range(31, 37), *range(91, 97)):
    print(f"{chr(27)}[{number}mcolour{chr(27)}[0m plain")
assert True, "colours"
"""
    root = sites.project(tmp_path / "root", {"index.md": sites.fence("t/one")}, {"t/one": sites.snippet("One.", body)})
    done = sites.build(root, tmp_path / "site", tmp_path / "bundle")
    assert done.returncode == 0, done.stdout

    page = open_page(serve(tmp_path / "site"), color_scheme=scheme)

    assert page.locator(".live-output span[class^=ansi]").count() == 14
    assert page.evaluate(CONTRASTS) == {}
