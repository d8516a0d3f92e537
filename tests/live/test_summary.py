"""The summary for reviewers: what it counts, what it names, and that nobody else's text becomes markup in it."""

import json
import subprocess

import markdown
import pytest
from live import __main__ as command_line
from live import summary

HOSTILE = (
    "`a` ``b`` <script>alert(1)</script> <img src=x onerror=alert(1)> [link](https://evil.example) ![i](x) | cell | "
    "@somebody https://evil.example\n# Heading\n- item\r\n```\nfence\n```\u202e\u2066\x1b[31m&lt;b&gt; **bold** <!--"
)
SOURCE = """
print("shown")
assert 2 + 2 == 4, "two and two are 4"
"""


def entry(name="t/one", host="build", status="held", **more):
    claims = [{"line": 3, "text": "two and two are 4", "held": status == "held"}]
    numbers = {"seconds": 1.0, "cpu_seconds": 0.5, "peak_memory": 1 << 20, "reused": False}
    texts = {"title": "A title", "reason": "", "anchor": "", "facts": {}, "pages": ["index.md"]}
    return {"snippet": name, "host": host, "status": status, "claims": claims} | numbers | texts | more


def report(*entries, hosts=None, notes=()):
    hosts = hosts or {"build": {"kernel": "6.1.0", "architecture": "x86_64", "ram": 1 << 30}}
    return {"format": 1, "built": "", "hosts": hosts, "captures": list(entries), "notes": list(notes)}


def section(text, title):
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0].strip().splitlines()


def test_it_counts_claims_that_held_and_did_not_and_names_what_failed_first():
    failed = entry("t/two", status="failed", reason="claim did not hold: two and two are 4")
    said = summary.as_markdown(report(entry(), failed))

    assert said.startswith("# 1 of 2 runs failed\n")
    assert "1 claims held" in said and "1 did not hold" in said
    assert section(said, "Failed") == ["- `t/two`: `claim did not hold: two and two are 4`"]


def test_a_skip_is_told_with_its_reason_and_its_host():
    said = summary.as_markdown(report(entry(), entry("t/two", "lab", "skipped", reason="the lab is switched off")))

    assert said.startswith("# Everything that ran held; 1 of 2 did not run\n")
    assert section(said, "Not run") == ["- `t/two` in `lab`: `the lab is switched off`"]


def test_the_five_slowest_that_ran_now_come_in_their_order():
    entries = [entry(f"t/n{number}", seconds=number) for number in range(1, 9)] + [
        entry("t/old", seconds=99, reused=True)
    ]
    slowest = section(summary.as_markdown(report(*entries)), "Slowest")

    assert [line.rpartition("`t/")[2] for line in slowest] == ["n8`", "n7`", "n6`", "n5`", "n4`"]


def test_machines_are_told_with_their_kernel():
    assert section(summary.as_markdown(report(entry())), "Machines") == [
        "- `build`: `6.1.0, x86_64, 1.0\N{NO-BREAK SPACE}GiB`"
    ]


def test_what_is_new_of_a_machine_is_told_against_an_earlier_capture():
    before, now = (
        report(hosts={"lab": {"kernel": "6.1.0", "ram": 1}}),
        report(hosts={"lab": {"kernel": "6.2.0", "ram": 2}}),
    )

    assert summary.since(before, now) == [("New since the last capture", ["`lab`: `kernel` `6.1.0` → `6.2.0`"])]
    assert summary.since(now, now) == [("New since the last capture", ["nothing"])]


def hostile_report():
    bad = entry("t/bad", status="failed", reason=HOSTILE, title=HOSTILE)
    bad["claims"] = [{"line": 1, "text": HOSTILE, "held": False}] * 500
    hosts = {"build": {"kernel": HOSTILE, "architecture": HOSTILE, "distribution": HOSTILE, "ram": 1 << 30}}
    return report(bad, entry("t/off", status="skipped", reason=HOSTILE), hosts=hosts, notes=[HOSTILE] * 5000)


def test_no_text_of_a_bundle_becomes_markup_in_it():
    said = summary.as_markdown(hostile_report(), [("Shown", list(summary._shown(hostile_report(), ["t/bad"])))])
    html = markdown.markdown(said, extensions=["extra"])

    assert HOSTILE.partition(" <")[0] in said  # it is told, in code
    for tag in ("<script", "<img", "<a ", "<strong", "<table", "<pre", "<!--"):
        assert tag not in html, tag
    assert sum(html.count(f"<h{level}") for level in range(1, 7)) == said.count("\n#") + 1
    assert not {"\u202e", "\u2066", "\x1b", "\r"} & set(said)
    assert "Heading" not in [line.strip("# ") for line in said.splitlines()]


def test_the_check_for_markup_finds_what_is_not_in_code():
    assert "<script" in markdown.markdown(HOSTILE, extensions=["extra"])


def test_it_is_bounded_whatever_the_bundle_holds():
    huge = [entry(f"t/n{number}", status="failed", reason="x" * 100_000) for number in range(5000)]
    said = summary.as_markdown(report(*huge, notes=["`" * 100_000] * 5000))

    assert len(said.encode()) < 500_000  # a summary of a job may have 1 MiB
    assert "- and 4800 more" in said


@pytest.mark.parametrize("text", ["", "`", "``", "a`", "`a", " \n ", "a | b", "ends with \\"])
def test_a_code_span_shows_exactly_its_text(text):
    html = markdown.markdown(summary.code(text))

    assert html == f"<p><code>{text.strip() or '-'}</code></p>"


@pytest.fixture
def repository(project, monkeypatch):
    """A project under git with two pages, captured, and a way to ask for its summary."""
    pages = {name: f"# Page\n\n``` snippet\nt/{name[:3]}\n```\n" for name in ("one.md", "two.md")}
    made = project(snippets={"t/one": SOURCE, "t/two": SOURCE}, pages=pages)
    (made.root / "requirements.lock").write_text("some-package==1.0 \\\n    --hash=sha256:0\n")
    (made.root / ".gitignore").write_text(".cache/\n")
    for arguments in (["init", "--quiet"], ["add", "-A"], ["commit", "--quiet", "-m", "before"]):
        name = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.invalid"]
        subprocess.run(["git", *name, *arguments], cwd=made.root, check=True)
    return made


def ask(made, capsys, *arguments):
    status = command_line.main(["-C", str(made.root), "summary", *map(str, arguments)])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_changed_pages_are_told_with_the_runs_and_claims_that_they_show(repository, capsys, monkeypatch):
    monkeypatch.setenv("SITE_URL", "https://site.example/sub/")
    assert command_line.main(["-C", str(repository.root), "capture"]) == 0
    page, snippet = repository.docs / "one.md", repository.snippets / "t" / "two.py"
    page.write_text(page.read_text() + "\nMore.\n")
    snippet.write_text(snippet.read_text() + "\n")
    (repository.docs / "new.md").write_text("# New\n")
    (repository.root / "requirements.lock").write_text("some-package==2.0 \\\n    --hash=sha256:0\n")
    capsys.readouterr()

    status, said, _ = ask(repository, capsys, "--base", "HEAD")

    assert status == 0
    assert section(said, "Pages changed") == [
        "- [`docs/new.md`](<https://site.example/sub/new/>): added",
        "- [`docs/one.md`](<https://site.example/sub/one/>): changed",
        "  - `t/one`: held",
        "    - held: `two and two are 4`",
        "- [`docs/two.md`](<https://site.example/sub/two/>): shows a changed snippet",
        "  - `t/two`: held",
        "    - held: `two and two are 4`",
    ]
    assert section(said, "Packages changed") == ["- `some-package` `1.0` → `2.0`"]


def test_without_an_address_pages_have_no_links_and_a_removed_one_never_has(repository, capsys, monkeypatch):
    (repository.docs / "one.md").unlink()
    monkeypatch.delenv("SITE_URL", raising=False)
    assert section(ask(repository, capsys, "--base", "HEAD")[1], "Pages changed") == ["- `docs/one.md`: removed"]
    monkeypatch.setenv("SITE_URL", "https://site.example/")
    assert section(ask(repository, capsys, "--base", "HEAD")[1], "Pages changed") == ["- `docs/one.md`: removed"]


def test_the_name_of_a_page_is_no_markup_either(repository, capsys, monkeypatch):
    monkeypatch.setenv("SITE_URL", "https://site.example/")
    (repository.docs / "`<img src=x>](y)\n# h.md").write_text("# New\n")

    _, said, _ = ask(repository, capsys, "--base", "HEAD")

    html = markdown.markdown(said)
    assert "<img" not in html and "<a " not in html
    assert html.count("<h1") == 1


@pytest.mark.parametrize("base", ["nowhere", "--output=stolen", "HEAD~9"])
def test_a_base_that_git_does_not_know_is_told_with_what_to_do(repository, capsys, base):
    status, _, error = (
        ask(repository, capsys, f"--base={base}") if base else ask(repository, capsys, "--base", "HEAD~9")
    )

    assert status == 1
    assert "git knows no commit" in error and "such as HEAD^1" in error
    assert not (repository.root / "stolen").exists()


def test_a_bundle_from_elsewhere_is_summed_up_and_an_empty_one_told(repository, capsys, tmp_path):
    (tmp_path / "brought").mkdir()
    (tmp_path / "brought" / "build.json").write_text(
        json.dumps(report(entry("t/elsewhere", status="failed", reason="r")))
    )

    assert "`t/elsewhere`: `r`" in ask(repository, capsys, tmp_path / "brought")[1]
    assert ask(repository, capsys, tmp_path / "empty")[1].startswith("# Nothing was captured\n")
