"""Runs the jobs of a workflow here: each in a clone of its own, which stands for a machine of its own.

What moves files between machines (checkout, artifacts, caches) is done by copying; every `run:` line runs as it stands.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sites
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
SYSCTL = "sudo sysctl --ignore --write kernel.apparmor_restrict_unprivileged_userns=0"  # would change this machine
CONTEXT = {
    "github.server_url": "https://code.example",
    "github.repository": "somebody/site",
    "steps.pages.outputs.base_url": "https://pages.example/site",
}
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
    cache: what main keeps for later runs.
    settings: variables that the machines have, beside those of the workflow.
    """

    def __init__(self, origin: Path, branch: str, folder: Path, **settings: str) -> None:
        self.origin, self.branch, self.folder, self.settings = origin, branch, folder, settings
        self.artifacts, self.cache = folder / "artifacts", folder / "cache"

    def job(self, name: str, definition: dict[str, Any], **matrix: str) -> Ran:
        """Run one job on a fresh machine, or one row of its matrix."""
        context = CONTEXT | {f"matrix.{key}": value for key, value in matrix.items()}
        machine = self.folder / name
        shutil.rmtree(machine, ignore_errors=True)
        machine.mkdir(parents=True)
        ran = Ran()
        for step in definition["steps"]:
            if not _is_due(step.get("if", ""), ran, context):
                continue
            environment = self._environment(machine, _filled(definition.get("env", {}) | step.get("env", {}), context))
            told, failed = self._step(machine, _filled(step, context), environment)
            ran.said += f"# {step['name']}\n{told}"
            if failed and not step.get("continue-on-error"):
                ran.failed.append(step["name"])
        noted = machine.parent / f"{name}.md"
        ran.summary = noted.read_text(encoding="utf-8") if noted.exists() else ""
        return ran

    def _step(self, machine: Path, step: dict[str, Any], environment: dict[str, str]) -> tuple[str, bool]:
        """Do one step; return what it said and whether it failed."""
        if "uses" in step:
            action = step["uses"].partition("@")[0].removeprefix("actions/").replace("/", "_").replace("-", "_")
            try:
                getattr(self, f"_{action}")(machine, step.get("with", {}))
            except FileNotFoundError as error:
                return f"{error}\n", True
            return "", False
        if step["run"] == SYSCTL:
            return "", False
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
        return done.stdout, done.returncode != 0

    def _environment(self, machine: Path, given: dict[str, str]) -> dict[str, str]:
        """What a runner gives, and nothing of the caller's but where programs are and what the sandbox needs."""
        kept = {name: os.environ[name] for name in ("PATH", "LIVE_STAGING", "LIVE_SANDBOX") if name in os.environ}
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        own = {"HOME": str(home), "CI": "true", "GITHUB_STEP_SUMMARY": str(machine.parent / f"{machine.name}.md")}
        own |= {"PYTHONPATH": str(machine / "hooks"), "PYTHONDONTWRITEBYTECODE": "1"}  # since environments are shared
        return kept | own | self.settings | given

    def _checkout(self, machine: Path, options: dict[str, Any]) -> None:
        depth = ["--depth", str(options.get("fetch-depth", 1))] if options.get("fetch-depth") != 0 else []
        where = [f"file://{self.origin}", machine]
        command = ["git", "clone", "--quiet", *depth, "--branch", self.branch, *where]
        subprocess.run(command, check=True, env=self._environment(machine, {}))
        sites.lend_packages(machine)

    def _upload_artifact(self, machine: Path, options: dict[str, Any]) -> None:
        target, found = self.artifacts / options["name"], [machine / path for path in options["path"].split()]
        if not any(path.is_file() or (path.is_dir() and any(path.iterdir())) for path in found):
            raise FileNotFoundError(f"no files were found at {options['path']}")
        hidden = None if options.get("include-hidden-files") else shutil.ignore_patterns(".*")
        shutil.rmtree(target, ignore_errors=True)
        for path in found:
            place = target / path.relative_to(machine) if len(found) > 1 else target  # below what they have in common
            if path.is_file():
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, place)
            elif path.is_dir():
                shutil.copytree(path, place, ignore=hidden)

    def _download_artifact(self, machine: Path, options: dict[str, Any]) -> None:
        source = self.artifacts / options["name"]
        if not source.is_dir():
            raise FileNotFoundError(f"there is no artifact {options['name']}")
        shutil.copytree(source, machine / options["path"], dirs_exist_ok=True)

    def _cache_restore(self, machine: Path, options: dict[str, Any]) -> None:
        for path in options["path"].split():
            if (self.cache / path).is_dir():
                shutil.copytree(self.cache / path, machine / path)

    def _cache_save(self, machine: Path, options: dict[str, Any]) -> None:
        for path in options["path"].split():
            if (machine / path).is_dir():
                shutil.copytree(machine / path, self.cache / path, dirs_exist_ok=True)

    def _configure_pages(self, machine: Path, options: dict[str, Any]) -> None:
        """What it would tell is in the context."""

    def _upload_pages_artifact(self, machine: Path, options: dict[str, Any]) -> None:
        self._upload_artifact(machine, {"name": "github-pages"} | options)


def _is_due(condition: str, ran: Ran, context: dict[str, str]) -> bool:
    """Whether a step runs, as far as the conditions go that the workflows use."""
    condition = condition.removeprefix("${{").removesuffix("}}").strip()
    if condition == ALWAYS:
        return True
    compared = re.fullmatch(r"([\w.]+) == '([\w-]+)'", condition)
    assert compared or not condition, f"the runner does not know {condition!r}"
    return not ran.failed and (not compared or context[compared[1]] == compared[2])


def _filled(value: Any, context: dict[str, str]) -> Any:
    """The same with its expressions evaluated; what is not known here stays as it is."""
    if isinstance(value, dict):
        return {key: _filled(item, context) for key, item in value.items()}
    if not isinstance(value, str):
        return value
    return re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda match: context.get(match[1], match[0]), value)


def page(title: str, snippet: str) -> str:
    """A page that keeps the rules, and shows one snippet."""
    name = title.lower()
    front = f"---\ndescription: What {name} is, as it was measured when this page was built.\ndate: 2026-11-01\n---\n"
    return f"{front}\n# {title} {{ #{name} }}\n\nIt is measured below.\n\n{sites.fence(f'{snippet}.py').rstrip()}\n"
