"""Where snippets run: the machine that builds, and the guests of the lab. What each lacks, is, and does with a snippet.

What is needed only to run something is imported there: a warm build runs nothing, and starts faster without it.
"""

import dataclasses
import functools
import platform
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from live import bundle, host, tools
from live.lab import settings
from live.problems import LiveError
from live.project import Project, lab_wanted, sandbox_wanted
from live.run import Result
from live.runner import Job, spare_memory
from live.snippet import Snippet, requirement_name


class Host(Protocol):
    """One of the places."""

    name: str

    def lacks(self, snippet: Snippet) -> str:
        """Why the snippet cannot run here, with what to do; "" if it can."""

    def refuses(self, snippet: Snippet) -> str:
        """What its header asks for and this machine cannot give; "" if there is nothing."""

    def surroundings(self, snippet: Snippet) -> dict[str, Any]:
        """All but the snippet that can change what a run gives."""

    def describe(self, snippet: Snippet, result: Result) -> dict[str, Any]:
        """What a capture says of the machine."""

    def job(self, what: Any, snippet: Snippet) -> Job:
        """The run to be made, without `known_seconds`."""

    def notes(self) -> list[str]:
        """What was unusual about running here."""


def all_of(project: Project, snippets: list[Snippet], renew: bool) -> dict[str, Host]:
    """Every host that a snippet asks for, by name; `renew`: with the newest packages that there are."""
    asked = {name for snippet in snippets for name in snippet.hosts}
    requirements = {text for snippet in snippets for text in snippet.dependencies}
    return {name: Build(requirements) if name == "build" else Guest(name, project.lab, renew) for name in sorted(asked)}


class Build:
    """The machine that builds."""

    name = "build"

    def __init__(self, requirements: set[str]) -> None:
        """`requirements`: of all snippets, since they share one copy of what they import."""
        self.requirements = requirements
        self.description = host.describe(metadata.version("psutil"))

    def lacks(self, snippet: Snippet) -> str:
        if _older(platform.python_version(), snippet.python):
            return f"needs Python {snippet.python}, and this is {platform.python_version()}"
        lacking = tools.missing(snippet.needs)
        if not lacking:
            other = tools.foreign(snippet.needs)
            return other and f"{other}; {tools.how_to_get(snippet.needs)}"
        return f"needs {', '.join(lacking)}, which this machine lacks; {tools.how_to_get(lacking)}"

    def refuses(self, snippet: Snippet) -> str:
        unmet = next(filter(None, map(_unmet, snippet.dependencies)), "")
        return unmet and f"dependencies: {unmet}"

    def surroundings(self, snippet: Snippet) -> dict[str, Any]:
        return {
            "engine": bundle.engine(bundle.BUILD_ENGINE),
            "sandbox": sandbox_wanted(),
            "packages": _versions(tuple(snippet.dependencies)),
            "tools": {name: tools.version(name) for name in snippet.needs},
            "host": {name: self.description.get(name) for name in bundle.KEPT_HOST},
        }

    def describe(self, snippet: Snippet, result: Result) -> dict[str, Any]:
        return {"name": self.name} | self.description | {"tools": {name: tools.version(name) for name in snippet.needs}}

    @functools.cached_property
    def staged(self) -> Any:
        """The interpreter and packages for snippets. Raises LiveError."""
        from live import staging  # noqa: PLC0415

        return staging.stage(text for text in self.requirements if not _unmet(text))

    def job(self, what: Any, snippet: Snippet, measured: dict[str, Any] | None = None) -> Job:
        """With `measured`, facts from elsewhere, only the function `draw` runs."""
        from live.sandboxed import SandboxedRun  # noqa: PLC0415

        start = functools.partial(SandboxedRun, snippet, self.staged, measured=measured)
        return Job(what, start, snippet.memory, snippet.exclusive)

    def notes(self) -> list[str]:
        from live import sandbox  # noqa: PLC0415

        return sandbox.weaknesses()


class Guest:
    """The lab with one of its kernels."""

    def __init__(self, name: str, cache: Path, renew: bool) -> None:
        self.name, self.cache, self.renew = name, cache, renew

    @functools.cached_property
    def _image(self) -> Any:
        """The image, or why there is none."""
        from live.lab import image, machine  # noqa: PLC0415

        if not lab_wanted():
            return "the lab is switched off; unset LIVE_LAB to have this run"
        if machine.lacking():
            return machine.lacking()
        try:
            return image.get(self.cache, settings.HOSTS[self.name], self.renew)
        except LiveError as error:
            return error.problems[0].what

    def lacks(self, snippet: Snippet) -> str:
        if isinstance(self._image, str):
            return self._image
        python = self._image.packages["python3"]
        return f"needs Python {snippet.python}; the lab has {python}" if _older(python, snippet.python) else ""

    def refuses(self, snippet: Snippet) -> str:
        asked, spare = ((size - settings.OVERHEAD) >> 20 for size in (snippet.lab.footprint, spare_memory()))
        if asked <= spare:
            return ""
        return f"lab: asks for {asked} MiB with swap and disk; this machine can spare {spare} MiB for a guest"

    def surroundings(self, snippet: Snippet) -> dict[str, Any]:
        return {"engine": bundle.engine(bundle.LAB_ENGINE), "image": self._image.key}

    def describe(self, snippet: Snippet, result: Result) -> dict[str, Any]:
        packages = {command: tools.PACKAGES[command] for command in snippet.needs}
        versions = {command: self._image.packages.get(package, "") for command, package in packages.items()}
        lab = {key: value for key, value in dataclasses.asdict(snippet.lab).items() if value and key != "log"}
        return result.host | {"name": self.name, "image": self._image.key, "lab": lab, "tools": versions}

    def job(self, what: Any, snippet: Snippet) -> Job:
        from live.lab import machine  # noqa: PLC0415
        from live.lab.run import GuestRun  # noqa: PLC0415

        start = functools.partial(GuestRun, snippet, self._image, machine.accelerator(self._image))
        return Job(what, start, snippet.lab.footprint)

    def notes(self) -> list[str]:
        return []


def _older(version: str, needed: str) -> bool:
    """Whether a version of Python, such as 3.11.2 or 3.11.2-1+b1, is older than one such as 3.12."""
    major, minor = version.split(".")[:2]
    return (int(major), int(minor)) < tuple(map(int, needed.split(".")))


@functools.cache
def _unmet(requirement: str) -> str:
    """Why what a header asks for is not there, with what to do; "" if it is."""
    from packaging.requirements import Requirement  # noqa: PLC0415  (only where a snippet depends on something)

    asked = Requirement(requirement)
    try:
        version = metadata.version(asked.name)
    except metadata.PackageNotFoundError:
        return f"{asked.name} is not installed; use what is, or see 'Add a Python package' in CONTRIBUTING.md"
    if asked.specifier.contains(version, prereleases=True):
        return ""
    return f"{requirement} is asked for, and {version} is installed; change the header, or the lock"


@functools.cache
def _versions(dependencies: tuple[str, ...]) -> dict[str, str]:
    """The installed versions of what a snippet declares, which is there: that was asked before."""
    return {name: metadata.version(name) for name in map(requirement_name, dependencies)}
