"""Debian packages by name and version, without touching the machine's own apt.

apt gets a configuration of its own (apt.conf(5)): its state and its sources lie in the cache, no package counts as
installed there, and what it fetches is checked with the keys that this machine already trusts. Servers are those of
the machine's own sources, so nothing here names one. An ordinary user can do all of it.
"""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from live.problems import LiveError, Problem

# The package that leads to a kernel, and the suite that has it where that is not the release's own, by distribution.
KERNELS = {
    "debian": {"release": ("linux-image-cloud-{arch}", ""), "newer": ("linux-image-cloud-{arch}", "stable-backports")},
    "ubuntu": {"release": ("linux-image-virtual", ""), "newer": ("linux-image-virtual-hwe-{version}", "")},
}
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class Apt:
    """apt with a configuration, sources and a state of its own, for one choice of kernel."""

    def __init__(self, folder: Path, kernel: str) -> None:
        """`kernel` is "release" or "newer". Raises LiveError where this system has no packages for the lab."""
        release = platform.freedesktop_os_release()
        self.architecture = ARCHITECTURES.get(platform.machine(), "")
        known = KERNELS.get(release.get("ID", ""))
        if not known or not self.architecture or not shutil.which("apt-get"):
            what = f"{release.get('PRETTY_NAME', 'this system')} on {platform.machine()} has no packages for the lab"
            raise LiveError([Problem(what=f"{what}; it is made from those of Debian or Ubuntu, amd64 or arm64")])
        self.codename = release["VERSION_CODENAME"]
        words = {"arch": self.architecture, "version": release.get("VERSION_ID", "")}
        self.leads, self.suite = (text.format(**words) for text in known[kernel])
        self.keys = Path(f"/usr/share/keyrings/{release['ID']}-archive-keyring.gpg")
        self.folder = folder
        self._configure()

    def _configure(self) -> None:
        for name in ("lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").touch()
        (self.folder / "sources.list").write_text("\n".join(self._sources()) + "\n")
        settings = {
            "APT::Architecture": self.architecture,
            "Dir::State": self.folder,
            "Dir::State::status": self.folder / "status",
            "Dir::Cache": self.folder / "cache",
            "Dir::Etc::sourcelist": self.folder / "sources.list",
            "Dir::Etc::sourceparts": "-",
            "Dir::Etc::preferences": "-",
            "Dir::Etc::preferencesparts": "-",
            "APT::Sandbox::User": "",  # else root's apt gives up its rights, and with them the way to this folder
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
        }
        (self.folder / "apt.conf").write_text("".join(f'{name} "{value}";\n' for name, value in settings.items()))

    def _sources(self) -> Iterator[str]:
        """The machine's own sources for its release, and the suite of the kernel from the same server."""
        listed = _output("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)")
        targets = {tuple(line.split()) for line in listed.splitlines() if len(line.split()) == 3}
        own = {(uri, suite, part) for uri, suite, part in targets if suite.split("-")[0] == self.codename}
        if self.suite:
            own |= {(uri, self.suite, part) for uri, suite, part in own if suite == self.codename}
        signed = f"[signed-by={self.keys}] " if self.keys.exists() else ""
        for uri, suite, part in sorted(own):
            if part in ("main", "universe"):
                yield f"deb {signed}{uri} {suite} {part}"

    def __call__(self, *arguments: str, folder: Path | None = None) -> str:
        return _output("apt-get", "-q", *arguments, folder=folder, APT_CONFIG=str(self.folder / "apt.conf"))

    def update(self) -> None:
        """Ask the servers what there is."""
        self("update", "--error-on=any")

    def kernel(self) -> dict[str, str]:
        """Name and version of the packages that hold the kernel and its modules."""
        found = self._would_install(*(["--target-release", self.suite] if self.suite else []), self.leads)
        return {name: version for name, version in found.items() if re.match(r"linux-(binary|image|modules)-\d", name)}

    def closure(self, *names: str) -> dict[str, str]:
        """Name and version of these packages of the release and of all that they depend on."""
        return self._would_install(*names)

    def _would_install(self, *arguments: str) -> dict[str, str]:
        told = self("install", "--simulate", "--no-install-recommends", *arguments)
        return dict(re.findall(r"^Inst (\S+) \((\S+)", told, re.MULTILINE))

    def download(self, packages: dict[str, str], folder: Path) -> list[Path]:
        """Fetch these packages; apt checks their hashes against the signed lists."""
        self("download", *(f"{name}={version}" for name, version in packages.items()), folder=folder)
        return sorted(folder.glob("*.deb"))


def _output(*command: str, folder: Path | None = None, **environment: str) -> str:
    """Raises CalledProcessError with what it said. With a build that is killed it ends too: apt holds a lock."""
    environment = os.environ | {"LC_ALL": "C"} | environment
    ends_with_us = ("setpriv", "--pdeathsig", "KILL", *command)
    done = subprocess.run(ends_with_us, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout
