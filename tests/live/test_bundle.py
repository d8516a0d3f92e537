"""A capture is kept whole, found again only while nothing has changed, and never trusted blindly."""

import json
import os
import shutil

import pytest
from live import bundle, hosts, tools
from live.bundle import Bundle, Foreign, key, write_json
from live.lab.image import Image
from live.snippet import discover

CAPTURE = {"format": 1, "snippet": "t/n", "key": "k", "host": {"name": "build"}, "status": 0, "stdout": "x"}
CAPTURE |= {"claims": [], "facts": {}, "figures": [], "source": ""}


@pytest.fixture
def kept(tmp_path):
    return Bundle(tmp_path / "bundle")


def test_what_is_stored_is_loaded(kept):
    kept.store(CAPTURE)

    assert kept.load("t/n", "build") == CAPTURE
    assert list(kept.names()) == [("t/n", "build")]
    kept.drop("t/n", "build")
    assert kept.load("t/n", "build") is None


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

    with pytest.raises(Foreign, match=r"n\.build\.json"):
        kept.load("t/n", "build")


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
