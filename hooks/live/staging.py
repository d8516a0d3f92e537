"""The interpreter and the packages that snippets see, in a folder whose path tells nothing.

/proc/self/mountinfo shows a sandboxed program where each of its mounts comes from. So what is mounted must not lie in
the checkout or in somebody's home: it is copied once to a folder named after its own content.
"""

import compileall
import contextlib
import functools
import hashlib
import os
import py_compile
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from live import leftovers
from live.problems import LiveError, Problem, writing

ROOT = leftovers.STAGING
SYSTEM_PREFIXES = ("/usr", "/usr/local")


@dataclass(frozen=True)
class Staged:
    """Where what snippets need is found outside the sandbox, and the versions of the packages there."""

    packages: Path
    fonts: Path
    interpreter: Path
    python_home: Path | None
    versions: dict[str, str]


def closure(requirements: Iterable[str]) -> dict[str, metadata.Distribution]:
    """The installed distributions that the requirements lead to, by name. Raises LiveError for one that is absent."""
    found: dict[str, metadata.Distribution] = {}
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            raise LiveError([Problem(what=f"package {name} is not installed; run 'make setup'")]) from None
        if not requirement.specifier.contains(distribution.version, prereleases=True):
            what = f"{requirement} is asked for and {distribution.version} is installed; change the header or the lock"
            raise LiveError([Problem(what=what)])
        if name not in found:
            found[name] = distribution
            waiting += [Requirement(text) for text in distribution.requires or []]
    return dict(sorted(found.items()))


def stage(requirements: Iterable[str]) -> Staged:
    """Copy what the requirements need, unless that was done before. Raises LiveError."""
    distributions = closure(requirements)
    versions = {name: distribution.version for name, distribution in distributions.items()}
    identity = f"3 {sys.version} {sys.base_prefix} {sorted(versions.items())} {os.getuid()}"
    folder = ROOT / f"live-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
    if folder.exists() and not _is_whole(folder, distributions):
        shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        with readable_by_all(), writing(ROOT, "LIVE_STAGING"):
            _fill(folder, distributions)
    _check_owner(folder)
    if sys.base_prefix in SYSTEM_PREFIXES:
        interpreter, home = Path(os.path.realpath(sys.executable)), None
    else:
        interpreter, home = Path("/opt/python/bin") / _python_name(), folder / "python"
    return Staged(folder / "packages", folder / "fonts", interpreter, home, versions)


@contextlib.contextmanager
def readable_by_all() -> Iterator[None]:
    """What is made within can be read by the user that snippets run as, whatever the umask here."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def _python_name() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def _check_owner(folder: Path) -> None:
    """Refuse a folder that somebody else could have put there."""
    status = folder.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o022 or folder.is_symlink():
        what = f"{folder} belongs to somebody else or can be written by others; remove it, or set LIVE_STAGING"
        raise LiveError([Problem(what=what)])


def _is_whole(folder: Path, distributions: dict[str, metadata.Distribution]) -> bool:
    """Whether nothing was taken out of it, as what clears /var/tmp of old files does with those that nobody reads."""
    return all((folder / "packages" / file).exists() for each in distributions.values() for file in _files(each))


def _fill(folder: Path, distributions: dict[str, metadata.Distribution]) -> None:
    """Copy to a temporary name and rename, so that a folder that is there is whole."""
    ROOT.mkdir(parents=True, exist_ok=True)
    temporary, lock = leftovers.held(functools.partial(tempfile.mkdtemp, prefix="live-new-", dir=ROOT))
    try:
        for distribution in distributions.values():
            copy_distribution(distribution, temporary / "packages")
        if sys.base_prefix not in SYSTEM_PREFIXES:
            _copy_python(temporary / "python")
        (temporary / "packages").mkdir(exist_ok=True)
        _compile(temporary / "packages")
        (temporary / "fonts").mkdir()
        if "matplotlib" in distributions:
            _list_fonts(temporary)
        temporary.chmod(0o755)
        temporary.rename(folder)
    except OSError:
        if not folder.exists():  # else another build was faster
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        os.close(lock)


def copy_distribution(distribution: metadata.Distribution, target: Path) -> None:
    """Copy the files that the distribution's record lists; scripts and others outside site-packages stay behind.

    So do those that would tell where this machine has the package: compiled ones name their source.
    """
    for file in _files(distribution):
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(str(file.locate()), target / file)


def _files(distribution: metadata.Distribution) -> Iterator[metadata.PackagePath]:
    for file in distribution.files or []:
        left_out = {"..", "tests", "__pycache__"} & set(file.parts) or file.name == "direct_url.json"
        if not left_out and Path(str(file.locate())).is_file():
            yield file


def _compile(packages: Path) -> None:
    """Compile once, under the names that snippets see; each run would otherwise spend a second on it."""
    compileall.compile_dir(
        packages,
        quiet=2,
        stripdir=packages,
        prependdir="/opt/packages",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


def _copy_python(target: Path) -> None:
    """Copy an interpreter that is not the system's: its program, its libraries and its standard library."""
    name, base = _python_name(), Path(sys.base_prefix)
    (target / "bin").mkdir(parents=True)
    shutil.copy(base / "bin" / name, target / "bin" / name)
    skip = shutil.ignore_patterns("site-packages", "test", "tests", "idlelib", "config-*")
    shutil.copytree(base / "lib" / name, target / "lib" / name, ignore=skip)
    for library in (base / "lib").glob("libpython*.so*"):
        shutil.copy(library, target / "lib" / library.name)


def _list_fonts(folder: Path) -> None:
    """Let matplotlib make its list of fonts once; each run would otherwise spend a second on it."""
    subprocess.run(
        [sys.executable, "-I", "-c", "import matplotlib.font_manager"],
        env={"MPLCONFIGDIR": str(folder / "fonts"), "HOME": str(folder)},
        check=True,
        capture_output=True,
    )
