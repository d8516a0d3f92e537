"""Rules of the repository that a machine can keep."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from live import tools
from live.contribute import page_rules

ROOT = Path(__file__).parent.parent
TOOLS = ("mypy", "pytest", "ruff", "rumdl")
LOCK = (ROOT / "requirements.lock").read_text()


def tracked():
    """The files of the repository: those of git, or in a copy without git all that is not made here."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    made = {
        ".venv",
        ".cache",
        "site",
        ".git",
        "__pycache__",
        ".pytest_cache",
        ".ruff_cache",
        ".rumdl_cache",
        ".mypy_cache",
    }
    return [path for path in ROOT.rglob("*") if path.is_file() and not made & set(path.relative_to(ROOT).parts)]


def texts(*patterns):
    return [path for path in tracked() if any(path.match(pattern) for pattern in patterns)]


def test_the_top_level_is_as_the_readme_says():
    folders = {path.relative_to(ROOT).parts[0] for path in tracked() if len(path.relative_to(ROOT).parts) > 1}

    assert folders <= {"docs", "snippets", "hooks", "tests", ".ci", ".github"}


def test_no_file_names_a_package_host_or_an_index():
    for path in tracked():
        text = path.read_text(errors="replace")
        assert not re.search(
            r"pypi\.org|pythonhosted|--index-url|--find-links|deb\.debian\.org|npmjs", text
        ) or path.match("tests/test_repository.py"), path


def test_every_locked_package_has_a_version_and_a_hash():
    packages = re.split(r"\n(?=[a-z])", LOCK.strip())

    assert len(packages) > 30
    for package in packages:
        assert re.match(r"[a-z0-9._-]+==[\w.]+( ;.*)? \\\n", package), package[:60]
        assert "--hash=sha256:" in package


def test_every_package_that_is_asked_for_is_locked():
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    asked = {re.match(r"[\w-]+", text)[0].lower() for group in groups.values() for text in group}

    assert asked <= set(re.findall(r"^([a-z0-9._-]+)==", LOCK, re.MULTILINE))


def test_click_is_not_of_the_releases_that_break_live_reload():
    version = tuple(map(int, re.search(r"^click==(\d+)\.(\d+)", LOCK, re.MULTILINE).groups()))

    assert version >= (8, 4)


def test_every_target_of_the_makefile_says_what_it_does():
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split()
    shown = subprocess.run(["make", "-C", ROOT, "help"], capture_output=True, text=True, check=True).stdout

    for target in targets:
        assert re.search(rf"^{target}:.* ## ", makefile, re.MULTILINE), target
        assert f"make {target}" in shown


def test_the_contributing_page_lists_every_key_of_a_header():
    from live.keys import OURS

    text = (ROOT / "CONTRIBUTING.md").read_text()

    assert [key for key in OURS if f"| `{key}` |" not in text] == []


def test_the_readme_lists_every_setting():
    settings = set()
    for path in texts("hooks/*.py", "hooks/live/*.py", "hooks/live/*/*.py"):
        settings |= set(re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', path.read_text()))
    text = (ROOT / "README.md").read_text()

    assert {
        name
        for name in settings - {"HOME", "LIVE_CHANNEL", "LIVE_ROOT", "PATH", "PYTHONPATH"}
        if f"`{name}`" not in text
    } == set()


@pytest.mark.parametrize(
    ("part", "most"),
    [
        (["hooks/*.py", "hooks/live/*.py"], 5000),
        (["hooks/live/lab/*.py"], 900),
        (["hooks/live/contribute/*.py", "hooks/live/contribute/templates/*"], 900),
        (["hooks/live/publish/*.py"], 700),
    ],
)
def test_the_engine_stays_small(part, most):
    lines = [line for path in texts(*part) for line in path.read_text().splitlines() if line.strip()]

    assert 100 < len(lines) < most


def test_every_command_of_the_table_comes_from_a_named_package():
    assert all(re.fullmatch(r"[a-z0-9.+-]+", package) for package in tools.PACKAGES.values())


def test_every_page_keeps_the_rules():
    assert [str(problem) for problem in page_rules.pages(ROOT)] == []


def test_every_target_that_a_file_names_exists():
    targets = set(re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split())
    files = texts("*.md", "docs/*.md", "docs/*/*.md", ".github/*.md", ".github/ISSUE_TEMPLATE/*.yml", "hooks/live/*.py")
    files += texts("hooks/live/*/*.py", "hooks/live/contribute/templates/*")
    # As a command, in quotes or on a line of its own; "make" is also a word.
    named = {
        name for path in files for name in re.findall(r"(?:[`']|^    )make ([a-z]+)", path.read_text(), re.MULTILINE)
    }

    assert named >= {"new", "check", "fix", "report", "run", "serve", "test"}
    assert named <= targets


def test_variables_of_a_shell_are_not_taken_for_what_make_is_asked():
    def asked(*arguments):
        shell = os.environ | {"HOST": "somebody's", "NAME": "machine"}
        done = subprocess.run(
            ["make", "-n", "run", *arguments], cwd=ROOT, env=shell, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return next(line.strip() for line in done.stdout.splitlines() if "live run" in line)

    assert asked().endswith("live run")
    assert asked("NAME=t/one").endswith("live run  t/one")
    assert asked("NAME=t/one", "HOST=lab").endswith("live run --host 'lab' t/one")
