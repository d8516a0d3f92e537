"""Runs snippets side by side, as many as the machine has room for."""

import contextlib
import os
import selectors
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from live import processes
from live.run import TICK, Result, Run


@dataclass(frozen=True)
class Job:
    """A run that is to be made.

    what: whatever the caller wants back with the result.
    start: begins the run.
    memory: bytes that it may come to hold.
    alone: it measures the whole machine.
    known_seconds: how long it took the last time; infinite where that is not known.
    """

    what: Any
    start: Callable[[selectors.BaseSelector], Run]
    memory: int
    alone: bool = False
    known_seconds: float = float("inf")


def cores() -> int:
    """The processors that this process may use: its affinity, and the quota of its control group."""
    allowed = len(os.sched_getaffinity(0))
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        allowed = min(allowed, max(1, round(int(quota) / int(period))))
    return allowed


def spare_memory() -> int:
    """The bytes of this machine that runs may hold together."""
    return int(0.8 * os.sysconf("SC_PHYS_PAGES") * processes.PAGE)


def run_all(
    jobs: Iterable[Job], done: Callable[[Any, Result], None], progress: Callable[[Iterable[Run]], Any] = list
) -> None:
    """Run all: the longest known first, those that measure the whole machine alone at the end.

    `done` gets each result as it comes; nothing is kept here. Raises LiveError if there can be no sandbox.
    """
    waiting = sorted(jobs, key=lambda job: (job.alone, -job.known_seconds))
    active: dict[Run, Job] = {}
    selector = selectors.DefaultSelector()
    try:
        while waiting or active:
            while waiting and _room(waiting[0], active):
                job = waiting.pop(0)
                active[job.start(selector)] = job
            for key, _ in selector.select(TICK / 2):
                key.data()
            for run in active:
                run.check()
                run.reap()
            for run in [run for run in active if run.over]:
                done(active.pop(run).what, run.result)
            progress(active)
    finally:
        for run in active:
            run.remove()
        selector.close()


def _room(job: Job, active: dict[Run, Job]) -> bool:
    """Whether one more may start. A run that sleeps holds no core, so what counts is what they use."""
    if not active:
        return True
    if job.alone or any(other.alone for other in active.values()):
        return False
    promised = sum(other.memory for other in active.values()) + job.memory
    free_core = sum(run.busy for run in active) < cores() - 0.5
    return free_core and len(active) < 8 * cores() and promised < spare_memory()
