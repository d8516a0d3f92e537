"""What `mkdocs build` does: with good pages, with edits, and with everything that can be wrong."""

import json

import bench
import pytest
import sites

GOOD = "\n\nprint('shown')\nsize = 3\nassert size == 3, f'size was {size}'\n"


def captures(bundle):
    return {path.name: path.read_bytes() for path in bundle.glob("*/*.json")}


def ran(done):
    """How many snippets a build says that it ran."""
    return int(done.stdout.partition(" ran now")[0].rpartition(" ")[2])


def test_a_clone_builds_strictly_without_a_warning(built):
    assert "WARNING" not in built.said
    assert "Traceback" not in built.said


def test_the_report_has_the_promised_form(built):
    report = json.loads((built.site / "build.json").read_text())
    assert report["hosts"]["build"]["kernel"]
    names = {"snippet", "host", "status", "reason", "claims", "facts", "seconds", "peak_memory", "reused", "pages"}
    snippets = {
        p.relative_to(built.root / "snippets").with_suffix("").as_posix() for p in built.root.glob("snippets/*/*.py")
    }
    assert {entry["snippet"] for entry in report["captures"]} == snippets
    for entry in report["captures"]:
        assert names <= entry.keys()
        assert entry["host"] in report["hosts"]
        assert entry["status"] in ("held", "skipped")
        assert entry["pages"] and all((built.root / "docs" / page).is_file() for page in entry["pages"])
        if entry["status"] == "held":
            assert entry["claims"] and entry["seconds"] > 0
            assert entry["peak_memory"] > 0 or entry["host"] != "build"  # a guest that panicked cannot tell
            assert all(claim.keys() == {"line", "text", "held"} and claim["held"] for claim in entry["claims"])


def test_links_of_the_page_of_the_build_lead_to_the_blocks(built):
    report = json.loads((built.site / "build.json").read_text())
    page = (built.site / "about-this-build" / "index.html").read_text()
    for entry in report["captures"]:
        url = "" if entry["pages"][0] == "index.md" else entry["pages"][0].removesuffix(".md") + "/"
        assert f'href="../{url}#{entry["anchor"]}"' in page, entry["snippet"]
        assert f'id="{entry["anchor"]}"' in (built.site / url / "index.html").read_text()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A project of two snippets that was built, and a way to build it again."""
    folder = tmp_path_factory.mktemp("small")
    pages = {"index.md": f"# One\n\n{sites.fence('t/one')}{sites.fence('t/two')}"}
    snippets = {f"t/{name}": sites.snippet(f"{name.title()}.", GOOD, facts=["size"]) for name in ("one", "two")}
    root = sites.project(folder / "root", pages, snippets)

    def build(*options, **more):
        return sites.build(root, folder / "site", folder / "bundle", *options, **more)

    build.root, build.site, build.bundle = root, folder / "site", folder / "bundle"
    first = build()
    assert first.returncode == 0, first.stdout
    assert ran(first) == 2
    return build


def test_a_second_build_and_an_edit_of_prose_run_nothing(small):
    page = small.root / "docs" / "index.md"
    page.write_text(page.read_text() + "\nMore prose, with `#!fact t/one.size` in it.\n")
    done = small()
    assert (done.returncode, ran(done)) == (0, 0), done.stdout
    assert "More prose" in (small.site / "index.html").read_text()


def test_an_edit_of_a_snippet_runs_that_one_alone(small):
    path = small.root / "snippets" / "t" / "one.py"
    before = captures(small.bundle)
    path.write_text(path.read_text() + "print('and more')\n")
    done = small()
    assert (done.returncode, ran(done)) == (0, 1), done.stdout
    after = captures(small.bundle)
    assert [name for name in before if before[name] != after[name]] == ["one.build.json"]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("snippets/t/one.py", "size == 3", "size == 4"),
        ("snippets/t/one.py", "facts =", "fatcs ="),
        ("docs/index.md", "t/two", "t/tow"),
    ],
    ids=["claim", "header", "page"],
)
def test_a_failing_build_leaves_the_old_site_and_the_bundle_as_they_were(small, path, old, new):
    file = small.root / path
    text = file.read_text()
    site, kept = sites.tree(small.site), captures(small.bundle)
    file.write_text(text.replace(old, new))

    done = small()
    file.write_text(text)

    assert done.returncode != 0
    assert "Traceback" not in done.stdout
    assert sites.tree(small.site) == site
    assert captures(small.bundle) == kept
    assert ran(small()) == 0, "mending a snippet must find its capture again"


def test_every_failure_has_one_line_that_says_where_and_what(tmp_path):
    def good(title, body=GOOD, **header):
        return sites.snippet(title, body, **({"facts": ["size"]} | header))

    alone = "import matplotlib.pyplot as plt\n\nplt.plot([1, 2])" + GOOD
    snippets = {
        "t/fine": good("Fine."),
        "t/header": good("Header.", timeot=3),
        "t/claim": good("Claim.", GOOD + "assert size == 5, f'size was {size}, not 5'\n"),
        "t/crash": good("Crash.", GOOD + "print(1 / 0)\n"),
        "t/signal": good("Signal.", GOOD + "import os\nos.kill(os.getpid(), 11)\n"),
        "t/slow": good("Slow.", GOOD + "import time\ntime.sleep(60)\n", timeout=1),
        "t/loud": good("Loud.", GOOD + "print('x' * 3_000_000)\n"),
        "t/drawing": good("Drawing.", alone, dependencies=["psutil", "matplotlib"]),
        "t/same": good("Fine."),
        "t/unshown": good("Unshown."),
    }
    shown = [name for name in snippets if name not in ("t/fine", "t/unshown")]
    page = [f"# All\n\n{sites.fence('t/fine')}"]
    page += [sites.fence(name) for name in shown]
    lines = {"t/fine": 4} | {name: 8 + 4 * number for number, name in enumerate(shown)}
    next_line = 7 + 4 * len(shown)
    wrong = {
        sites.fence("t/fien"): (1, "snippet t/fien: there is no such snippet: did you mean 't/fine'?"),
        "`#!fact t/fine.siez`\n\n": (0, "snippet t/fine: unknown fact 'siez': did you mean 'size'?"),
        "`#!fact t/fine.size:.q`\n\n": (0, "snippet t/fine: fact 'size' is 3 and cannot be written as '.q'"),
        sites.fence("t/fine", 'show="source" section="no"'): (1, "snippet t/fine: the source has no region 'no'"),
        sites.fence("t/fine", 'shwo="output"'): (1, "snippet t/fine: unknown option 'shwo': did you mean 'show'?"),
        sites.fence("t/fine", 'show="claims"') * 2: (
            5,
            "snippet t/fine: is shown twice on this page in the same way",
        ),
    }
    expected = []
    for text, (offset, message) in wrong.items():
        expected.append(f"docs/index.md:{next_line + offset}: {message}")
        page.append(text)
        next_line += text.count("\n")
    at = {
        "header": (7, "unknown key 'timeot' in [tool.live]: did you mean 'timeout'?"),
        "claim": (14, "claim did not hold: size was 3, not 5"),
        "crash": (14, "ZeroDivisionError: division by zero"),
        "signal": (1, "it ended with SIGSEGV"),
        "slow": (1, "did not end within its 1 s"),
        "loud": (1, "wrote more than 1 MiB to stdout"),
        "drawing": (1, "figure 1 has no text alternative"),
        "unshown": (1, "is shown by no page"),
    }
    for name, (line, message) in at.items():
        where = f"docs/index.md:{lines['t/' + name]}: " if f"t/{name}" in lines else ""
        expected.append(f"{where}snippet t/{name} (snippets/t/{name}.py:{line}): {message}")
    expected.append(
        "snippets/t/same.py:8: t/same has the same title as t/fine (snippets/t/fine.py); rename the newer one"
    )
    expected.append("docs/lost.md:1: is in no nav")
    pages = {"index.md": "".join(page), "lost.md": "# Lost\n"}
    root = sites.project(tmp_path / "root", pages, snippets, nav=["index.md"])

    done = sites.build(root, tmp_path / "site", tmp_path / "bundle")

    assert done.returncode != 0
    assert "Traceback (most recent call last)" not in done.stdout.replace("    Traceback", "")
    missing = [text for text in expected if done.stdout.count(text) != 1]
    assert missing == [], done.stdout
    assert f"{len(expected)} problems" in done.stdout


def test_a_missing_command_is_a_visible_skip_that_strict_refuses(tmp_path):
    source = sites.snippet("Needs what is not there.", GOOD, needs=["frobnicate"], facts=["size"])
    page = f"# Skip\n\n{sites.fence('t/skip')}It was `#!fact t/skip.size`.\n"
    root = sites.project(tmp_path / "root", {"index.md": page}, {"t/skip": source})
    (tmp_path / "sitecustomize.py").write_text("from live import tools\ntools.PACKAGES['frobnicate'] = 'frob-utils'\n")
    path = f"{tmp_path}:{root}/hooks"

    done = sites.build(root, tmp_path / "site", tmp_path / "bundle", PYTHONPATH=path)
    assert done.returncode == 0, done.stdout
    assert "1 skipped" in done.stdout
    html = (tmp_path / "site" / "index.html").read_text()
    assert "Not run here" in html and "sudo apt-get install frob-utils" in html and "not measured" in html
    before = sites.tree(tmp_path / "site")

    strict = sites.build(root, tmp_path / "site", tmp_path / "bundle", "--strict", PYTHONPATH=path)
    assert strict.returncode != 0
    where = "docs/index.md:4: snippet t/skip (snippets/t/skip.py:1): needs frobnicate, which this machine lacks"
    assert strict.stdout.count(where) == 1, strict.stdout
    assert sites.tree(tmp_path / "site") == before


def test_what_a_page_may_not_bring_in_ends_the_build_before_anything_is_read(tmp_path):
    page = '# One\n\n--8<-- ".git/config"\n\n--8<-- "gone.svg"\n\n<div style="position:fixed">\n'
    pages = {"index.md": page, "about.md": "---\nauthor: me\n---\n\n# Two\n", "raw.html": "<script></script>"}
    root = sites.project(tmp_path / "root", pages, {}, nav=["index.md", "about.md"])

    done = sites.build(root, tmp_path / "site", tmp_path / "bundle", "--strict")

    assert done.returncode != 0
    assert "Traceback" not in done.stdout
    for said in (
        "docs/about.md:2: unknown key 'author' in its front matter",
        "docs/index.md:3: there is no file '.git/config' to include: a page may include",
        "docs/index.md:5: there is no file 'gone.svg' to include: did you mean 'favicon.svg'?",
        "docs/index.md:7: 'style=' is not for pages",
        "docs/raw.html:1: would be published as it is",
        "5 problems",
    ):
        assert said in done.stdout, done.stdout
    (root / "docs" / "home").symlink_to("/tmp")
    linked = sites.build(root, tmp_path / "site", tmp_path / "bundle")
    assert linked.returncode != 0
    assert "1 problem:\ndocs/home:1: is a link; put a file of its own there" in linked.stdout
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("case", bench.CASES)
def test_what_the_benchmark_compares_can_be_built(case, tmp_path):
    assert bench.Site(tmp_path / "site-of-pages", 1).build(case)[0] > 0


def test_a_page_that_is_too_deep_for_markdown_is_told(tmp_path):
    root = sites.project(
        tmp_path,
        {"index.md": f"# One\n\n{sites.fence('t/one')}{'- ' * 600}x\n"},
        {"t/one": sites.snippet("One.", GOOD)},
    )
    done = sites.build(root, tmp_path / "site", tmp_path / "bundle")
    assert done.returncode == 1
    assert "Error reading page 'index.md'" in done.stdout
    assert (
        "1 problem:\na page has quotes or lists in one another that Markdown gives up on; make it flatter"
        in done.stdout
    )
    assert "Traceback" not in done.stdout
