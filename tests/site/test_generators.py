"""The same pages come out of every generator that reads mkdocs.yml, and out of a bundle from elsewhere."""

import re
import shutil

import sites

BLOCK = re.compile(r'<section class="live.*?</section>', re.DOTALL)
FACT = re.compile(r'<span class="live-fact" title.*?</span>')


def shown(site):
    """The blocks and facts of every page. `data-search-exclude` is what Zensical uses up while it makes its index."""
    return {
        path.relative_to(site).as_posix(): [
            [block.replace(" data-search-exclude", "") for block in BLOCK.findall(text)],
            FACT.findall(text),
        ]
        for path in sites.pages_of(site)
        for text in [path.read_text()]
    }


def test_properdocs_shows_the_same(built, tmp_path):
    done = sites.build(built.root, tmp_path / "site", built.bundle, "--strict", tool="properdocs")
    assert done.returncode == 0, done.stdout
    assert shown(tmp_path / "site") == shown(built.site)


def test_zensical_shows_the_same_from_a_bundle_and_its_links_lead_somewhere(built, tmp_path):
    root = shutil.copytree(built.root, tmp_path / "root")
    done = sites.build(root, root / "site", built.bundle, tool="zensical", LIVE_MODE="frozen")
    assert done.returncode == 0, done.stdout
    export = [sites.BIN / "python", "-m", "live", "export", "site"]
    exported = sites.run(export, root, sites.environment(root, built.bundle))
    assert exported.returncode == 0, exported.stdout

    assert shown(root / "site") == shown(built.site)
    for path in sites.pages_of(root / "site"):
        text = path.read_text()
        blocks = BLOCK.findall(text) + re.findall(r'<div class="live-report.*?</div></div>', text, re.DOTALL)
        for link in re.findall(r'href="([^"#:]+)', "".join(blocks)):
            assert (path.parent / link).resolve().exists(), f"{path}: {link}"


def test_a_moved_bundle_is_shown_where_nothing_can_be_run(built, tmp_path):
    bundle = shutil.copytree(built.bundle, tmp_path / "elsewhere")
    (tmp_path / "empty").mkdir()
    before = sites.tree(bundle / "memory")
    done = sites.build(
        built.root, tmp_path / "site", bundle, "--strict", LIVE_MODE="frozen", PATH=str(tmp_path / "empty")
    )
    assert done.returncode == 0, done.stdout
    assert shown(tmp_path / "site") == shown(built.site)
    assert sites.tree(bundle / "memory") == before


def test_a_bundle_that_lacks_a_capture_is_refused_when_nothing_may_run(built, tmp_path):
    bundle = shutil.copytree(built.bundle, tmp_path / "bundle")
    (bundle / "memory" / "shared_page_is_split.build.json").unlink()
    done = sites.build(built.root, tmp_path / "site", bundle, LIVE_MODE="frozen")
    assert done.returncode != 0
    assert (
        done.stdout.count(
            "snippet memory/shared_page_is_split (snippets/memory/shared_page_is_split.py:1): its capture is missing"
        )
        == 1
    )
