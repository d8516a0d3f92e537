"""A capture is kept whole, found again only while nothing has changed, and never trusted blindly."""

import json
import os
import shutil

import pytest
from live import bundle, hosts, leftovers, tools
from live.bundle import Bundle, Foreign, key, write_json
from live.discovery import discover
from live.lab.image import Image

MACHINE = {"name": "build", "kernel": "6.1.0", "architecture": "x86_64", "page_size": 4096, "ram": 1 << 30, "swap": 0}
CAPTURE = {"format": 1, "snippet": "t/n", "key": "0" * 64, "host": MACHINE, "captured": "2026-11-22T10:20:30Z"}
CAPTURE |= {"sandbox": "bubblewrap", "status": 0, "seconds": 0.5, "cpu_seconds": 0.4, "peak_memory": 1 << 20}
CAPTURE |= {"source": "", "stdout": "x", "stderr": "", "log": "", "facts": {}, "figures": [], "redacted": {}}
CAPTURE |= {"claims": [{"line": 1, "held": True, "message": "it was so"}]}
REPORT = {"format": 1, "built": "2026-11-22T10:20:30Z", "hosts": {}, "captures": [], "notes": []}


@pytest.fixture
def kept(tmp_path):
    return Bundle(tmp_path / "bundle")


def test_what_is_stored_is_loaded(kept):
    kept.store(CAPTURE)

    assert kept.load("t/n", "build") == CAPTURE
    assert list(kept.names()) == [("t/n", "build")]
    kept.drop("t/n", "build")
    assert kept.load("t/n", "build") is None


def test_what_somebody_else_has_in_the_folder_is_neither_listed_nor_removed(kept, monkeypatch, tmp_path):
    monkeypatch.setattr(leftovers, "STAGING", tmp_path / "staging")
    kept.store(CAPTURE)
    theirs = [kept.folder / "app" / name for name in ("tsconfig.app.json", ".notes.tmp", ".live-my.tmp")]
    theirs += [tmp_path / "staging" / name / "x" for name in ("live-new-album", "live-run-recordings")]
    for path in theirs:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("theirs")
    half_written = kept.folder / "t" / ".live-a1b2c3_4.tmp"
    half_written.touch()
    os.mkfifo(tmp_path / "staging" / "live-run-abcdefgh")  # which to open would wait for a writer

    leftovers.clear(kept.folder)

    assert list(kept.names()) == [("t/n", "build")]
    assert all(path.read_text() == "theirs" for path in theirs)
    assert not half_written.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        json.dumps(CAPTURE | {"format": 99}).encode(),
        json.dumps(CAPTURE | {"snippet": "t/other"}).encode(),
        json.dumps(CAPTURE | {"stdout": 5}).encode(),
        json.dumps({name: value for name, value in CAPTURE.items() if name != "host"}).encode(),
    ],
)
def test_a_file_that_is_no_capture_is_named(kept, content):
    path = kept.path("t/n", "build")
    path.parent.mkdir(parents=True)
    path.write_bytes(content)

    with pytest.raises(Foreign, match=r"t/n\.build\.json is not a capture"):
        kept.load("t/n", "build")


def changed(value, path, new):
    """A copy of a record with another value at a path such as ("host", "kernel")."""
    copy = json.loads(json.dumps(value))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = new
    return copy


@pytest.mark.parametrize(
    ("path", "bad", "said"),
    [
        (("status",), "0", "status: Expected `int`, got `str`"),
        (("status",), 257, "status: Expected `int` <= 256"),
        (("seconds",), -1, "seconds: Expected `float` >= 0"),
        (("seconds",), 1e99, "seconds: Expected `float` <= 1000000.0"),
        (("captured",), "yesterday", "captured: has not the form"),
        (("captured",), "2026-11-22T10:20:30Z\n", "captured: has not the form"),
        (("sandbox",), "<b>", "sandbox: Invalid enum value '<b>'"),
        (("key",), "../../etc/passwd", "key: has not the form"),
        (("stdout",), None, "stdout: Expected `str`, got `null`"),
        (("stdout",), "x" * (3 << 20), "stdout: Expected `str` of length <= 2097152"),
        (("host", "kernel"), "6.1\n7.0", "host.kernel: has not the form"),
        (("host", "kernel"), "6.1 \u202e0.7", "host.kernel: has not the form"),
        (("host", "ram"), -5, "host.ram: Expected `int` >= 0"),
        (("host", "tools"), {"ps": ["x"]}, "host.tools[...]: Expected `str`, got `array`"),
        (("claims", 0, "line"), 0, "claims[0].line: Expected `int` >= 1"),
        (("claims", 0, "held"), "yes", "claims[0].held: Expected `bool`, got `str`"),
        (("claims",), [CAPTURE["claims"][0]] * 6000, "claims: Expected `array` of length <= 5000"),
        (("facts",), {"not a name": 1}, "facts: has not the form"),
        (("figures",), [{"svg": "x" * (300 << 10), "text": "x"}], "figures[0].svg: Expected `str` of length <= 262144"),
        (("figures",), [{"svg": "<svg/>"}], "figures[0]: Object missing required field `text`"),
        (("facts",), {"deep": json.loads("[" * 40 + "]" * 40)}, "lists in lists without end"),
    ],
)
def test_a_field_that_is_not_what_it_must_be_is_named(kept, path, bad, said):
    write_json(kept.path("t/n", "build"), changed(CAPTURE, path, bad))

    with pytest.raises(Foreign) as refused:
        kept.load("t/n", "build")
    assert str(refused.value).startswith("t/n.build.json is not a capture: ")
    assert said in str(refused.value)


def test_fields_that_nobody_knows_are_not_taken_over(kept):
    write_json(kept.path("t/n", "build"), CAPTURE | {"html": "<script>"})

    assert kept.load("t/n", "build") == CAPTURE


def test_a_capture_of_something_else_is_not_what_its_name_says(kept):
    write_json(kept.path("t/n", "build"), CAPTURE | {"host": MACHINE | {"name": "lab"}})

    with pytest.raises(Foreign, match="is not a capture of t/n on build"):
        kept.load("t/n", "build")


@pytest.mark.parametrize("kind", ["link", "folder link", "pipe", "folder", "huge"])
def test_nothing_but_a_small_file_is_read(kept, tmp_path, kind):
    write_json(tmp_path / "elsewhere" / "n.build.json", CAPTURE)
    path = kept.path("t/n", "build")
    kept.folder.mkdir()
    if kind == "folder link":
        path.parent.symlink_to(tmp_path / "elsewhere")
    else:
        path.parent.mkdir()
    if kind == "link":
        path.symlink_to(tmp_path / "elsewhere" / "n.build.json")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "huge":
        path.touch()
        os.truncate(path, 1 << 40)

    with pytest.raises(Foreign, match=r"n\.build\.json"):
        kept.load("t/n", "build")


def test_a_report_that_is_none_is_named_with_its_field(kept):
    entry = {"snippet": "t/n", "host": "build", "title": "T.", "status": "skipped", "reason": "", "claims": []}
    entry |= {"facts": {}, "seconds": 0, "cpu_seconds": 0, "peak_memory": 0, "reused": False, "pages": [], "anchor": ""}
    kept.store_report(REPORT | {"captures": [entry]})
    assert kept.report()["captures"] == [entry]

    kept.store_report(REPORT | {"captures": [entry, entry | {"status": "<script>"}]})
    with pytest.raises(Foreign, match=r"build\.json is not the report of a build: captures\[1\]\.status: Invalid enum"):
        kept.report()


def test_writing_leaves_the_old_file_or_the_new_one_and_nothing_else(tmp_path):
    path = tmp_path / "a" / "x.json"
    write_json(path, {"old": 1})

    with pytest.raises(TypeError):
        write_json(path, {"new": object()})

    assert json.loads(path.read_text()) == {"old": 1}
    assert os.listdir(path.parent) == ["x.json"]


BODY = 'print("x")\nassert True, "y"\n'
HOST = {"kernel": "6.1", "ram": 1 << 30, "overcommit_memory": 0, "transparent_hugepage": "always", "cpus": 2}


@pytest.fixture
def keyed(project, source, monkeypatch):
    """The key of a snippet as it would be with something changed."""

    def keyed(body=BODY, read="data", psutil="7.0", host=HOST, **header):
        where = project({"t/n": source(body, reads=["data.txt"], dependencies=("psutil>=7",), **header)})
        (where.snippets / "t" / "data.txt").write_text(read)
        (snippet,), problems = discover(where.snippets)
        assert not problems
        monkeypatch.setattr(hosts, "_versions", lambda names: dict.fromkeys(names, psutil))
        build = hosts.Build(set())
        build.description = host
        return key(snippet, build.surroundings(snippet))

    return keyed


@pytest.mark.parametrize(
    "change",
    [
        {"body": BODY + "# more\n"},
        {"read": "other data"},
        {"psutil": "7.1"},
        {"host": HOST | {"kernel": "6.2"}},
        {"host": HOST | {"overcommit_memory": 2}},
        {"host": HOST | {"transparent_hugepage": "never"}},
        {"host": HOST | {"ram": 2 << 30}},
        {"timeout": 5},
    ],
)
def test_the_key_changes_with_all_that_matters(keyed, change):
    assert keyed() == keyed()
    assert keyed(**change) != keyed()


def test_the_key_stays_for_what_does_not_matter(keyed):
    assert keyed(host=HOST | {"cpus": 64}) == keyed()


def test_the_key_changes_with_the_tools_and_the_harness(keyed, monkeypatch, tmp_path):
    before = keyed(needs=["ps"])
    monkeypatch.setattr(tools, "version", lambda name: f"{name} 99.0")
    assert keyed(needs=["ps"]) != before

    before = keyed()
    shutil.copytree(bundle.FOLDER, tmp_path / "live")
    (tmp_path / "live" / "harness.py").write_text("pass")
    monkeypatch.setattr(bundle, "FOLDER", tmp_path / "live")
    bundle.engine.cache_clear()
    assert keyed() != before
    bundle.engine.cache_clear()


def test_a_new_image_of_the_lab_is_another_key(project, source):
    where = project({"t/n": source(BODY, host=["lab", "lab-newer"])})
    (snippet,), _ = discover(where.snippets)
    keys = set()
    for name, image in (("lab", "a"), ("lab", "b")):
        guest = hosts.Guest(name, where.lab, renew=False)
        guest.__dict__["_image"] = Image(where.root, where.root, {}, image)
        keys.add(key(snippet, guest.surroundings(snippet)))

    assert len(keys) == 2
