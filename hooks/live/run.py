"""One program at work: gathers what it writes and reports, and ends it and all that it started when it goes too far."""

import contextlib
import functools
import json
import os
import selectors
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from live import processes
from live.cgroup import ControlGroup
from live.snippet import Snippet

PACKET = 256 << 10  # bytes; more than the harness ever sends at once
OUTPUT = 1 << 20  # bytes of stdout and of stderr, each
REPORTS = 8 << 20  # bytes of claims, facts and figures together
CLAIMS = 1000  # that one run may report
FIGURES = 50
DRAWING = 192 << 10  # characters of one figure; the harness sends none that is longer
LABEL = 4000  # characters of its text alternative
UNFIT = 20  # things for which its reports cannot be used that are told
TEXT = 2000  # characters of one claim or error; the harness cuts off what is longer
DEEPEST = 17  # lists and dictionaries in each other of a report: those of the deepest fact, and one around it
PROCESSES = 64
LEFT = 0.05  # of the machine's memory: what a run must leave where nothing counts all that it takes
TICK = 0.1  # seconds between two looks at memory and processor use
SETTLED = 0.3  # seconds after which a run's own processor use is believed


@dataclass
class Result:
    """What one run gave. Sizes are in bytes, times in seconds; `status` is as a shell gives it.

    `log` is what the kernel wrote meanwhile, and `host` what the machine said of itself, where it was one of its own.
    """

    status: int = 0
    stopped: str = ""
    seconds: float = 0.0
    cpu: float = 0.0
    peak: int = 0
    stdout: str = ""
    stderr: str = ""
    log: str = ""
    claims: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    figures: list[dict[str, str]] = field(default_factory=list)
    error: dict[str, Any] | None = None
    whole: bool = False  # the harness came to its end
    unfit: list[str] = field(default_factory=list)
    host: dict[str, Any] = field(default_factory=dict)


class Run:
    """A process that was started for a snippet. Who inherits from it starts one and calls `_attend`."""

    least_busy = 0.0  # processors that it is taken to use, however little that is

    def __init__(self, snippet: Snippet, selector: selectors.BaseSelector, memory: int) -> None:
        """`memory`: the most that everything it starts may hold, in bytes."""
        self.snippet, self.selector, self.memory = snippet, selector, memory
        self.result = Result()
        self.output: dict[str, bytearray] = defaultdict(bytearray)
        self.reported = self.seen = self.untold = 0
        self.busy = 1.0
        self.sampled = (time.monotonic(), 0.0)
        self.started = time.monotonic()
        self.open = 0
        self.group: ControlGroup | None = None
        self.process: subprocess.Popen

    def _attend(self, process: subprocess.Popen, out: str = "stdout", err: str = "stderr") -> None:
        """Follow a process; `out` and `err` name what its two streams are."""
        self.process = process
        for stream, name in ((process.stdout, out), (process.stderr, err)):
            self._watch(stream, functools.partial(self._read, stream, name))

    def _watch(self, stream: Any, ready: Callable[[], None]) -> None:
        self.selector.register(stream, selectors.EVENT_READ, ready)
        self.open += 1

    def _unwatch(self, stream: Any) -> None:
        self.selector.unregister(stream)
        stream.close()
        self.open -= 1

    def _read(self, stream: Any, name: str) -> None:
        chunk = os.read(stream.fileno(), 1 << 16)
        if not chunk:
            self._unwatch(stream)
        self._keep(name, chunk)

    def _keep(self, name: str, chunk: bytes) -> None:
        """Take what was written, up to the limit."""
        room = OUTPUT - len(self.output[name])
        self.output[name] += chunk[:room]
        if len(chunk) > room:
            self.stop(f"wrote more than {OUTPUT >> 20} MiB to {name}")

    def _take(self, packet: bytes) -> None:
        """Take one report, a JSON object."""
        self.reported += len(packet)
        if self.reported > REPORTS:
            self.stop(f"reported more than {REPORTS >> 20} MiB of claims, facts and figures")
            return
        try:
            self._report(_plain(packet))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self.stop("sent a report that the harness does not send")

    def _report(self, message: dict[str, Any]) -> None:
        """Note what a report says; what it says of the source is checked against the source. Raises ValueError."""
        result = self.result
        match message:
            case {"claim": int(line), "held": bool(held), "message": str(text)} if self._may_claim(line, text):
                result.claims.append({"line": line, "held": held, "message": text})
                if len(result.claims) > CLAIMS:
                    self.stop(f"reported more than {CLAIMS:,} claims")
            case {"fact": str(name), "value": value} if name in self.snippet.facts:
                result.facts[name] = value
            case {"figure": str(svg), "text": str(text)} if len(svg) <= DRAWING:
                result.figures.append({"svg": svg, "text": text[:LABEL]})
                self._check_label(text)
                if len(result.figures) > FIGURES:
                    self.stop(f"drew more than {FIGURES} figures; close with plt.close(fig) what no page needs")
            case {"bad_fact": str(name), "why": str(why)}:
                self._unfit(f"fact {name!r}: {why}")
            case {"too_big": str(what), "size": int(size), "most": int(most)}:
                self._unfit(f"a {what} of {size >> 10} KiB; {most >> 10} KiB is the most")
            case {"error": str(kind), "text": str(text), "line": int(line)} if self._may_say(line, kind + text):
                result.error = {"type": kind, "text": text, "line": line}
            case {"peak": int(peak), "cpu": float(cpu)} if self._may_have_used(peak, cpu):
                result.peak, result.cpu, result.whole = peak, cpu, True
            case _:
                raise ValueError(message)

    def _check_label(self, text: str) -> None:
        number = len(self.result.figures)
        if not text.strip():
            self._unfit(f"figure {number} has no text alternative; say with fig.set_label('…') what it shows")
        if len(text) > LABEL:
            self._unfit(f"figure {number} has a text alternative of {len(text):,} characters; {LABEL:,} are the most")

    def _unfit(self, what: str) -> None:
        """Note that a report cannot be used."""
        if len(self.result.unfit) < UNFIT:
            self.result.unfit.append(what[:TEXT])
        else:
            self.untold += 1

    def _may_claim(self, line: int, text: str) -> bool:
        """Whether there is an assert, and the message is no longer than one of the harness."""
        return line in self.snippet.claims and len(text) <= TEXT

    def _may_say(self, line: int, text: str) -> bool:
        """Whether an error may be in that line, and be that long."""
        return 1 <= line <= self.snippet.source.count("\n") + 1 and len(text) <= 2 * TEXT

    def _may_have_used(self, peak: int, cpu: float) -> bool:
        """Whether it can have used that much memory, and processors for so many seconds."""
        longest = (time.monotonic() - self.started + 1) * (os.cpu_count() or 1)
        return 0 <= peak <= processes.ram() and 0 <= cpu <= longest

    def _confine(self) -> None:
        """Put it and what it started into a control group, where one may be made."""
        with contextlib.suppress(OSError):
            self.group = ControlGroup(f"live-{os.getpid()}-{self.process.pid}", self.memory, PROCESSES)
            for pid in processes.tree(self.process.pid):
                self.group.add(pid)

    def check(self) -> None:
        """Look at time, memory and number of processes; stop what goes over."""
        now = time.monotonic()
        self._check_time(now)
        if now - self.sampled[0] < TICK:
            return
        if self.group and self.group.out_of_memory():  # the kernel may have ended a child alone
            self.stop(self._too_much_memory())
        pids = processes.tree(self.process.pid)
        if len(pids) > 2 * PROCESSES:
            self.stop(f"started more than {PROCESSES} processes")
        if not self.group:
            self._watch_memory(pids)
        self.seen = max(self.seen, processes.peak(pids))
        used = processes.cpu_seconds(pids)
        if now - self.started > SETTLED:
            self.busy = max(self.least_busy, (used - self.sampled[1]) / (now - self.sampled[0]))
        self.sampled = (now, used)

    def _watch_memory(self, pids: list[int]) -> None:
        """Where no control group counts: add up what can be seen, and see that the machine keeps some for others."""
        least = int(LEFT * processes.ram())
        if processes.memory(pids, self.memory) > self.memory:
            self.stop(self._too_much_memory())
        elif processes.available() < least:
            self.stop(f"ran while this machine came to have less than {least >> 20} MiB of memory left")

    def _check_time(self, now: float) -> None:
        if now - self.started > self.snippet.timeout:
            self.stop(f"did not end within its {self.snippet.timeout:g} s")

    def _too_much_memory(self) -> str:
        return f"used more than the {self.memory >> 20} MiB that its header allows"

    def stop(self, why: str) -> None:
        """End it and everything that it started: with the first process of its namespace the kernel ends all others."""
        self.result.stopped = self.result.stopped or why
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    @property
    def over(self) -> bool:
        return not self.open and self.process.returncode is not None

    def reap(self) -> None:
        """Take the exit status once everything that it wrote was read."""
        if self.open or self.process.returncode is not None:
            return
        code = self.process.poll()
        if code is not None:
            self.result.status = 128 - code if code < 0 else code
            self._finish()
            self.remove()

    def _finish(self) -> None:
        """Complete the result; the process has ended."""
        result = self.result
        result.seconds = time.monotonic() - self.started
        result.cpu = result.cpu or self.sampled[1]  # a killed run could not tell
        if self.untold:
            result.unfit.append(f"and {self.untold:,} more of this kind")
        result.stdout = self.output["stdout"].decode(errors="replace")
        result.stderr = self.output["stderr"].decode(errors="replace")
        if self.group and self.group.out_of_memory() and not result.stopped:
            result.stopped = self._too_much_memory()

    def remove(self) -> None:
        """Leave nothing behind, whatever state this is in."""
        if self.process.returncode is None:
            self.stop("was interrupted")
            self.process.wait()
        if self.group:
            self.group.remove()
        for stream in filter(None, (self.process.stdout, self.process.stderr)):
            with contextlib.suppress(KeyError, ValueError):
                self.selector.unregister(stream)
            stream.close()


def _plain(packet: bytes) -> Any:
    """Read one report; half a surrogate pair becomes a question mark.

    Raises ValueError for numbers that JSON lacks and for what is nested deeper than all that will read it can follow.
    """
    value = json.loads(packet)
    if _depth(value) > DEEPEST:
        raise ValueError("lists in lists without end")
    return json.loads(json.dumps(value, allow_nan=False, ensure_ascii=False).encode(errors="replace"))


def _depth(value: Any) -> int:
    """How many lists and dictionaries lie in each other."""
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(_depth, value.values() if isinstance(value, dict) else value), default=0)
