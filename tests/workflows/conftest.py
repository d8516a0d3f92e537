"""A repository that is small enough to go through the workflows in seconds, with the real engine and settings."""

import pytest
import sites
from runner import page
from running import git

KEPT = ("memory/uss_pss_rss_vsz_in_order", "kubernetes/eviction_order_from_the_sort")


@pytest.fixture(scope="session")
def upstream(tmp_path_factory):
    """The repository, cut down to two snippets and as many pages, so that this takes seconds."""
    root = sites.checkout(tmp_path_factory.mktemp("upstream") / "site")
    settings = (root / "mkdocs.yml").read_text().partition("\nnav:")[0]
    kept = {root / "snippets" / f"{name}.py" for name in KEPT}
    for path in {*root.glob("docs/*.md"), *root.glob("docs/*/*.md"), *root.glob("snippets/*/*.py")} - kept:
        path.unlink()
    for path in root.glob("tests/snippets/test_*.py"):  # which name what is gone
        path.unlink()
    asked = " and ".join(f'facts_of("{name}")' for name in KEPT)
    (root / "tests" / "snippets" / "test_kept.py").write_text(f"def test_kept(facts_of):\n    assert {asked}\n")
    (root / "docs" / "index.md").write_text(page("Start", KEPT[0]))
    (root / "docs" / "kubernetes" / "order.md").write_text(page("Order", KEPT[1]))
    (root / "mkdocs.yml").write_text(f"{settings}\nnav:\n  - index.md\n  - kubernetes/order.md\n")
    (root / "docs" / "assets" / "links.txt").write_text("")
    git(root, "init", "--quiet")
    git(root, "add", "-A")
    git(root, "commit", "--quiet", "-m", "What is published")
    return root
