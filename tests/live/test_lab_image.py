"""The lab's image is made of signed packages, once, and apt's own state is not touched."""

import io
import json
import os
import subprocess
import time
from pathlib import Path

import pytest
from live.lab import image, machine, packages
from live.problems import LiveError

pytestmark = pytest.mark.skipif(bool(machine.lacking()), reason=machine.lacking())
LAB = Path(os.environ["LIVE_LAB"])


def fail(*_):
    raise subprocess.CalledProcessError(100, "apt-get", stderr="E: Could not connect\n")


def test_an_image_that_is_there_needs_no_apt(an_image, monkeypatch):
    monkeypatch.setattr(packages.Apt, "__init__", fail)

    assert image.get(LAB, "release") == an_image


def test_without_a_network_an_old_image_is_good_enough(an_image, monkeypatch):
    monkeypatch.setattr(packages.Apt, "update", fail)
    monkeypatch.setattr(image, "_is_old", lambda _: True)

    assert image.get(LAB, "release", fresh=True) == an_image


def test_without_a_network_and_an_image_apt_is_quoted(tmp_path, monkeypatch):
    monkeypatch.setattr(packages.Apt, "update", fail)

    with pytest.raises(LiveError, match="cannot be made of Debian's packages: E: Could not connect"):
        image.get(tmp_path, "release")
    assert not list(tmp_path.glob(".new-*"))


def test_a_manifest_that_is_damaged_or_of_another_recipe_counts_for_nothing(an_image, tmp_path):
    told = {"recipe": image._recipe(), "packages": {}, "key": "0123456789abcdef"}
    for text in ("", "[]", json.dumps(told), json.dumps(told | {"recipe": "another"})):
        (tmp_path / "release.json").write_text(text)
        assert image._known(tmp_path, "release") is None


def test_only_an_old_image_that_no_manifest_names_is_forgotten(tmp_path):
    for name, age in (("0" * 16, 0), ("1" * 16, 3 * 86400)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (0, time.time() - age))

    image._forget_others(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["0" * 16]


def test_a_place_for_images_that_is_none_is_named_with_its_setting(tmp_path):
    (tmp_path / "lab").write_text("")

    with pytest.raises(LiveError, match=r"lab cannot be written: File exists; .* set LIVE_LAB to a folder"):
        image.get(tmp_path / "lab", "release")


def test_another_distribution_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("platform.freedesktop_os_release", lambda: {"ID": "fedora", "PRETTY_NAME": "Fedora Linux 44"})

    with pytest.raises(LiveError, match=r"Fedora Linux 44 on .* has no packages for the lab; it is made from those of"):
        image.get(tmp_path, "release")


def test_an_image_names_the_version_of_all_that_is_in_it(an_image):
    names = set(an_image.packages)

    assert {"psutil", "procps", "sysstat", "util-linux", "libc6"} <= names
    assert any(name.startswith("linux-image-") for name in names)
    assert not names & {"dpkg", "perl-base", "debconf", "systemd"}


def test_apt_has_its_state_in_the_cache_and_asks_for_signatures(an_image):
    folder = LAB / "apt-release"
    own = os.environ | {"APT_CONFIG": str(folder / "apt.conf")}
    told = subprocess.run(["apt-config", "dump"], env=own, capture_output=True, text=True, check=True).stdout

    assert f'Dir::State "{folder}"' in told
    assert f'Dir::Cache "{folder / "cache"}"' in told
    assert "AllowUnauthenticated" not in told
    assert 'AllowInsecureRepositories "1"' not in told
    for line in (folder / "sources.list").read_text().splitlines():
        assert line.startswith("deb [signed-by=/usr/share/keyrings/")
        assert "trusted" not in line


def test_an_archive_is_what_cpio_reads(tmp_path):
    made = image.addition({"init": b"#!/bin/sh\n", "a/b/c.txt": b"odd", "a/empty": b""})

    assert made[:6] == b"070701"
    names, at = {}, io.BytesIO(made)
    while True:
        header = at.read(110)
        fields = [int(header[6 + 8 * n : 14 + 8 * n], 16) for n in range(13)]
        name = at.read(fields[11])[:-1].decode()
        at.read(-at.tell() % 4)
        content = at.read(fields[6])
        at.read(-at.tell() % 4)
        if name == "TRAILER!!!":
            break
        names[name] = (oct(fields[1]), content)
    assert names == {
        "a": ("0o40755", b""),
        "a/b": ("0o40755", b""),
        "init": ("0o100755", b"#!/bin/sh\n"),
        "a/b/c.txt": ("0o100755", b"odd"),
        "a/empty": ("0o100755", b""),
    }
