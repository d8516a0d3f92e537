"""Runs the jobs of a workflow here: each in a clone of its own, which stands for a machine of its own.

What moves files between machines (checkout, artifacts, caches) is done by copying; every `run:` line runs as it stands.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = ROOT / ".github" / "workflows"
VENV = Path(sys.executable).parents[1]  # not resolved: the environment's own
SYSCTL = "sudo sysctl --ignore --write kernel.apparmor_restrict_unprivileged_userns=0"  # would change this machine
CONTEXT = {"github.server_url": "https://code.example", "github.repository": "somebody/site"}
ALWAYS = "!cancelled()"


def workflow(name: str) -> dict[Any, Any]:
    """One of the repository's workflows."""
    return yaml.safe_load((WORKFLOWS / f"{name}.yml").read_text(encoding="utf-8"))


@dataclass
class Ran:
    """What became of a job."""

    failed: list[str] = field(default_factory=list)
    said: str = ""
    summary: str = ""


class Runner:
    """Runs jobs on the commit that a branch of a repository names.

    artifacts: where what the jobs hand over is kept, a folder each.
    settings: variables that the machines have, beside those of the workflow.
    """

    def __init__(self, origin: Path, branch: str, folder: Path, **settings: str) -> None:
        self.origin, self.branch, self.folder, self.settings = origin, branch, folder, settings
        self.artifacts = folder / "artifacts"

    def job(self, name: str, definition: dict[str, Any]) -> Ran:
        """Run one job on a fresh machine."""
        machine = self.folder / name
        shutil.rmtree(machine, ignore_errors=True)
        machine.mkdir(parents=True)
        ran = Ran()
        for step in definition["steps"]:
            condition = step.get("if", "").removeprefix("${{").removesuffix("}}").strip()
            assert condition in ("", ALWAYS), f"the runner does not know {condition!r}"
            if ran.failed and condition != ALWAYS:
                continue
            environment = self._environment(machine, definition.get("env", {}) | step.get("env", {}))
            told = self._step(machine, step, environment, ran)
            ran.said += f"# {step['name']}\n{told}"
        noted = machine.parent / f"{name}.md"
        ran.summary = noted.read_text(encoding="utf-8") if noted.exists() else ""
        return ran

    def _step(self, machine: Path, step: dict[str, Any], environment: dict[str, str], ran: Ran) -> str:
        if "uses" in step:
            action = step["uses"].partition("@")[0].removeprefix("actions/").replace("/", "_").replace("-", "_")
            try:
                getattr(self, f"_{action}")(machine, step.get("with", {}))
            except FileNotFoundError as error:
                ran.failed.append(step["name"])
                return f"{error}\n"
            return ""
        if step["run"] == SYSCTL:
            return ""
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=machine,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=600,
        )
        if done.returncode:
            ran.failed.append(step["name"])
        return done.stdout

    def _environment(self, machine: Path, given: dict[str, str]) -> dict[str, str]:
        """What a runner gives, and nothing of the caller's but where programs are and what the sandbox needs."""
        kept = {name: os.environ[name] for name in ("PATH", "LIVE_STAGING", "LIVE_SANDBOX") if name in os.environ}
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        own = {"HOME": str(home), "CI": "true", "GITHUB_STEP_SUMMARY": str(machine.parent / f"{machine.name}.md")}
        own |= {"PYTHONPATH": str(machine / "hooks"), "PYTHONDONTWRITEBYTECODE": "1"}  # since environments are shared
        return kept | own | self.settings | {name: _filled(text) for name, text in given.items()}

    def _checkout(self, machine: Path, options: dict[str, Any]) -> None:
        depth = ["--depth", str(options.get("fetch-depth", 1))] if options.get("fetch-depth") != 0 else []
        where = [f"file://{self.origin}", machine]
        command = ["git", "clone", "--quiet", *depth, "--branch", self.branch, *where]
        subprocess.run(command, check=True, env=self._environment(machine, {}))
        _lend_packages(machine)

    def _upload_artifact(self, machine: Path, options: dict[str, Any]) -> None:
        source, target = machine / options["path"], self.artifacts / options["name"]
        if not source.is_dir() or not any(source.iterdir()):
            raise FileNotFoundError(f"no files were found at {options['path']}")
        hidden = None if options.get("include-hidden-files") else shutil.ignore_patterns(".*")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=hidden)

    def _download_artifact(self, machine: Path, options: dict[str, Any]) -> None:
        source = self.artifacts / options["name"]
        if not source.is_dir():
            raise FileNotFoundError(f"there is no artifact {options['name']}")
        shutil.copytree(source, machine / options["path"], dirs_exist_ok=True)

    def _cache_restore(self, machine: Path, options: dict[str, Any]) -> None:
        """What main captured last, if the test put it there."""
        for path in options["path"].split():
            kept = self.folder / "cache" / path
            if kept.is_dir():
                shutil.copytree(kept, machine / path)


def _filled(text: str) -> str:
    return re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda match: CONTEXT[match[1]], text)


def _lend_packages(machine: Path) -> None:
    """Give a clone an environment that is set up, as a warm machine has: but for its stamp it is the one of here."""
    (machine / ".venv").mkdir()
    for path in VENV.iterdir():
        if path.name != "setup-stamp":
            (machine / ".venv" / path.name).symlink_to(path)
    content = b"".join((machine / name).read_bytes() for name in ("requirements.lock", ".ci/setup"))
    (machine / ".venv" / "setup-stamp").write_text(hashlib.sha256(content).hexdigest()[:16])
