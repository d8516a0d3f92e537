"""Making projects and building them, as a person would: with the command line, in a folder of their own."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent  # not resolved: the environment's own, with its packages
HOME = "https://example.org/a/b/"  # where the published site would be
DEEP = "memory/rss-shared-pages/"  # a page with a program, below two folders


def url_of(source: Path) -> str:
    """The address of a page of the site, from its source."""
    name = source.relative_to(ROOT / "docs").with_suffix("").as_posix()
    return "" if name == "index" else f"{name.removesuffix('/index')}/"


SOURCES = sorted(ROOT.glob("docs/**/*.md"))
URLS = [url_of(source) for source in SOURCES]


def checkout(target: Path) -> Path:
    """Copy what a clone would have, with what is not committed yet."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)  # with its mode: some are programs
    return target


def lend_packages(machine: Path) -> None:
    """Give a clone an environment that is set up, as a warm machine has: but for its stamp it is the one of here."""
    (machine / ".venv").mkdir()
    for path in BIN.parent.iterdir():
        if path.name not in ("setup-stamp", "made"):
            (machine / ".venv" / path.name).symlink_to(path)
    made = (BIN.parent / "made").read_text().replace(str(BIN.parent.parent), str(machine), 1)
    content = made.encode() + b"".join((machine / name).read_bytes() for name in ("requirements.lock", ".ci/setup"))
    (machine / ".venv" / "made").write_text(made)
    (machine / ".venv" / "setup-stamp").write_text(hashlib.sha256(content).hexdigest()[:16])


def project(target: Path, pages: dict[str, str], snippets: dict[str, str], nav: list[str] | None = None) -> Path:
    """Make a small project with the engine and settings of the real one. `nav` is all pages unless it is given."""
    settings = (ROOT / "mkdocs.yml").read_text().partition("\nnav:")[0]
    shutil.copytree(ROOT / "docs" / "assets", target / "docs" / "assets")
    shutil.copytree(ROOT / "hooks", target / "hooks", ignore=shutil.ignore_patterns("__pycache__"))
    files = {"mkdocs.yml": f"{settings}\nnav: {json.dumps(nav or list(pages))}\n", "CONTRIBUTING.md": "# How\n"}
    files |= {f"docs/{name}": text for name, text in pages.items()}
    files |= {f"snippets/{name}.py": text for name, text in snippets.items()}
    for name, text in files.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(text)
    return target


def snippet(title: str, body: str, dependencies: tuple[str, ...] = (), **header: object) -> str:
    """Write a snippet's source. What JSON writes for a list, a string or a number is also TOML."""
    keys = "".join(f"# {name} = {json.dumps(value)}\n" for name, value in header.items())
    return (
        f'# /// script\n# requires-python = ">=3.11"\n# dependencies = {json.dumps(dependencies)}\n#\n'
        f'# [tool.live]\n{keys}# ///\n"""{title}"""\n{body}\n'
    )


def fence(name: str, options: str = "") -> str:
    return f"``` snippet {options}\n{name}\n```\n\n"


def environment(root: Path, bundle: Path, **more: str) -> dict[str, str]:
    """The caller's environment without its settings of a build; the engine of `root` comes first."""
    kept = {name: value for name, value in os.environ.items() if name in ("LIVE_LAB", "LIVE_STAGING", "LIVE_SANDBOX")}
    kept |= {name: value for name, value in os.environ.items() if not name.startswith(("LIVE_", "REPO_", "SITE_"))}
    own = {"PYTHONPATH": str(root / "hooks"), "LIVE_BUNDLE": str(bundle), "NO_MKDOCS_2_WARNING": "1"}
    return kept | own | {"PYTHONDONTWRITEBYTECODE": "1"} | more


def build(
    root: Path, site: Path, bundle: Path, *options: str, tool: str = "mkdocs", **more: str
) -> subprocess.CompletedProcess:
    """Build a site; what was said is in `stdout`."""
    site_option = [] if tool == "zensical" else ["--site-dir", site]
    return run([BIN / tool, "build", *site_option, *options], root, environment(root, bundle, **more))


def run(command: list, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess:
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=180,
    )


def tree(*folders: Path) -> dict[str, tuple[int, bytes]]:
    """Time and content of every file; caches of Python do not count."""
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes())
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def pages_of(site: Path) -> list[Path]:
    return sorted(path for path in site.rglob("*.html") if path.name != "404.html")


def wait_until(page, script: str, arg: object = None, seconds: float = 30) -> None:
    """Wait until a script gives something true.

    Playwright's own waiting evaluates text in the page, which the policy forbids, and takes a promise for true.
    """
    end = time.monotonic() + seconds
    while not page.evaluate(script, arg):
        assert time.monotonic() < end, f"not within {seconds} s: {script}"
        page.wait_for_timeout(20)
