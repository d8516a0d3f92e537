"""How long builds take, as ratios to a bare `mkdocs build` of the same pages: `make bench`.

Times on a shared machine wander, so the cases take turns, medians are compared, and nothing here is a test.
Writes bench.json: for each size and case the seconds of each run and the ratio to the bare build.
"""

import argparse
import contextlib
import ctypes
import itertools
import json
import os
import selectors
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
SNIPPET = '''# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# facts = ["count"]
# ///
"""Program {name} counts for a while.

It stands for a measurement that takes a fifth of a second.
"""

import time

end = time.process_time() + 0.2
count = 0
while time.process_time() < end:
    count += 1
for step in range(20):
    print(f"step {{step:3}} of 20: {{count * step // 20:12,}} rounds")
assert count > 0, f"it counted to {{count:,}}"
'''
PAGE = """---
description: Page {page}.
date: 2026-11-01
---

# Page {page} {{ #page }}

{prose}

``` snippet
bench/{first}.py
```

It counted to `#!fact bench/{first}.count:,` and then to `#!fact bench/{second}.count:,`.

``` snippet
bench/{second}.py
```

{prose}
"""
PROSE = "\n\n".join(
    f"Paragraph {number}. " + "Pages are mapped at first touch, and *only* then; see `smaps_rollup`. " * 6
    for number in range(6)
)
CASES = ("bare", "cold", "warm", "prose edit", "snippet edit")


class Site:
    """A generated site of some pages, two snippets each, in a folder of its own."""

    def __init__(self, folder: Path, pages: int) -> None:
        self.folder, self.pages = folder, pages
        self.edits = itertools.count()
        for kind in ("docs", "snippets/bench"):
            (folder / kind).mkdir(parents=True)
        for kept in ("docs/assets", "hooks/theme"):
            shutil.copytree(ROOT / kept, folder / kept)
        (folder / "CONTRIBUTING.md").write_text("# How\n")
        for page in range(pages):
            first, second = (f"p{page:03}_{name}" for name in ("first", "second"))
            for name in (first, second):
                (folder / "snippets" / "bench" / f"{name}.py").write_text(SNIPPET.format(name=name))
            text = PAGE.format(page=page, first=first, second=second, prose=PROSE)
            (folder / "docs" / ("index.md" if not page else f"page{page:03}.md")).write_text(text)
        self._configure("mkdocs.yml", bare=False)
        self._configure("bare.yml", bare=True)

    def _configure(self, name: str, bare: bool) -> None:
        """The real configuration, with hooks and fences or without."""
        text = (ROOT / "mkdocs.yml").read_text().split("\nnav:")[0]
        text = text.replace("hooks/events.py", str(ROOT / "hooks" / "events.py"))
        if bare:
            config = yaml.load(text.replace("!!python/name:", "").replace("!ENV", ""), yaml.SafeLoader)
            config.pop("hooks")
            config["site_url"] = ""
            config["markdown_extensions"] = [
                next(iter(item)) if isinstance(item, dict) and next(iter(item)) in LIVE else item
                for item in config["markdown_extensions"]
            ]
            text = yaml.safe_dump(config)
        (self.folder / name).write_text(text)

    def build(self, case: str) -> tuple[float, int]:
        """Do what the case asks for, build, and return seconds and peak memory in bytes."""
        if case == "cold":
            shutil.rmtree(self.folder / ".cache", ignore_errors=True)
        elif case == "prose edit":
            self._append(self.folder / "docs" / "index.md", "\nOne more sentence, number {}.\n")
        elif case == "snippet edit":
            self._append(self.folder / "snippets" / "bench" / "p000_first.py", "# edit {}\n")
        config = "bare.yml" if case == "bare" else "mkdocs.yml"
        command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--config-file", config, "--site-dir", "site"]
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=self.folder, stderr=subprocess.PIPE, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}
        )
        complaint = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"the {case} build failed:\n{complaint.decode()}")
        return time.perf_counter() - start, usage.ru_maxrss * 1024

    def _append(self, path: Path, text: str) -> None:
        with path.open("a") as file:
            file.write(text.format(next(self.edits)))

    def snippets_alone(self) -> float:
        """Seconds that all snippets take one after the other, without sandbox and harness."""
        some = sorted((self.folder / "snippets" / "bench").glob("*.py"))[:20]
        start = time.perf_counter()
        for path in some:
            subprocess.run(["python3", "-I", path], stdout=subprocess.DEVNULL, check=True)
        return (time.perf_counter() - start) / len(some) * 2 * self.pages


LIVE = ("pymdownx.superfences", "pymdownx.inlinehilite")


def measure(pages: int, rounds: int) -> dict:
    """Measure all cases on one size of site, in turn."""
    from live.runner import cores  # the engine's own idea of what it may use

    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder) / "site-of-pages", pages)
        seconds: dict[str, list[float]] = {case: [] for case in CASES}
        memory: dict[str, list[int]] = {case: [] for case in CASES}
        alone = []
        for turn in range(rounds):
            for case in CASES:
                took, peak = site.build(case)
                seconds[case].append(round(took, 3))
                memory[case].append(peak)
            alone.append(site.snippets_alone())
            print(f"{pages} pages: round {turn + 1} of {rounds}", file=sys.stderr)
    bare = statistics.median(seconds["bare"])
    limit = 1 + statistics.median(alone) / cores() / bare
    cases = {
        case: {
            "seconds": seconds[case],
            "ratio": round(statistics.median(seconds[case]) / bare, 3),
            "peak_memory": statistics.median(memory[case]),
        }
        for case in CASES
    }
    return {"pages": pages, "snippets": 2 * pages, "physical_limit": round(limit, 3), "cases": cases}


def children_cpu() -> float:
    """Processor seconds of everything that was started here and has ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, 0)[0]:
            pass
    return sum(os.times()[2:4])


def overhead(rounds: int) -> dict:
    """Processor seconds of one trivial snippet, by itself and through the engine, in turn."""
    from live.capture import Captures
    from live.discovery import discover
    from live.project import Project

    # bubblewrap leaves the first process of its namespace behind for a moment; as its reaper we are told what it used.
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER, prctl(2)
    alone, engine = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "snippets" / "bench" / "nothing.py"
        path.parent.mkdir(parents=True)
        path.write_text(SNIPPET.format(name="nothing").replace("+ 0.2", "+ 0.0").replace("count = 0", "count = 1"))
        project = Project.at(Path(folder)).with_mode("fresh")
        for _ in range(rounds):
            before = children_cpu()
            subprocess.run([sys.executable, "-I", path], stdout=subprocess.DEVNULL, check=True)
            alone.append(children_cpu() - before)
            before = children_cpu()
            Captures(project, discover(project.snippets)[0]).take()
            engine.append(children_cpu() - before)
    return {"alone": alone, "engine": engine, "added": round(statistics.median(engine) - statistics.median(alone), 4)}


def boots(rounds: int) -> dict:
    """Seconds from the start of a guest to the first line of its snippet, by kernel, in turn."""
    from live.lab import image, machine
    from live.lab.run import GuestRun
    from live.project import Project
    from live.reader import read

    if machine.lacking():
        return {"lacking": machine.lacking()}
    lab = Project.at(ROOT).lab
    images = {kernel: image.get(lab, kernel) for kernel in ("release", "newer")}
    accelerator = machine.accelerator(images["release"])
    seconds: dict[str, list[float]] = {kernel: [] for kernel in images}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench" / "nothing.py"
        path.parent.mkdir()
        path.write_text(SNIPPET.format(name="nothing").replace("[tool.live]", '[tool.live]\n# host = "lab"'))
        snippet = read(path, Path(folder))
        for _ in range(rounds):
            for kernel, made in images.items():
                seconds[kernel].append(round(_boot(lambda s, made=made: GuestRun(snippet, made, accelerator, s)), 2))
    return {"accelerator": accelerator, "seconds": seconds}


def _boot(start: Callable[[selectors.BaseSelector], Any]) -> float:
    """Start a guest, wait for the first line that its snippet writes, and end it."""
    with selectors.DefaultSelector() as selector:
        began = time.perf_counter()
        run = start(selector)
        while not run.output["stdout"] and not run.over:
            for key, _ in selector.select(0.05):
                key.data()
            run.reap()
        took = time.perf_counter() - began
        run.remove()
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pages", type=int, nargs="*", default=[10, 200])
    given = parser.parse_args()
    results = [measure(pages, given.rounds if pages < 100 else max(1, given.rounds // 3)) for pages in given.pages]
    cost, lab = overhead(20), boots(given.rounds)
    (ROOT / "bench.json").write_text(json.dumps({"sites": results, "overhead": cost, "lab": lab}, indent=1))
    print(f"{'pages':>6} {'limit':>7} " + " ".join(f"{case:>13}" for case in CASES) + "   (× the bare build)")
    for site in results:
        ratios = " ".join(f"{site['cases'][case]['ratio']:13.2f}" for case in CASES)
        print(f"{site['pages']:6} {site['physical_limit']:7.2f} {ratios}")
        peaks = " ".join(f"{site['cases'][case]['peak_memory'] / 2**20:9.0f} MiB" for case in CASES)
        print(f"{'':6} {'peak':>7} {peaks}")
    print(f"sandbox and harness add {cost['added'] * 1000:.0f} ms of CPU to a snippet")
    for kernel, seconds in lab.get("seconds", {}).items():
        median = statistics.median(seconds)
        print(f"lab, {kernel} kernel, {lab['accelerator']}: {median:.1f} s from start to a snippet's first line")


if __name__ == "__main__":
    main()
