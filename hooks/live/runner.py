"""Runs snippets side by side, each in its sandbox and within its limits, and gathers what they give."""

import contextlib
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from live import hostlist, processes, sandbox, staging
from live.cgroup import ControlGroup
from live.snippet import Snippet
from live.staging import Staged

PACKET = 256 << 10  # bytes; more than the harness ever sends at once
OUTPUT = 1 << 20  # bytes of stdout and of stderr, each
REPORTS = 8 << 20  # bytes of claims, facts and figures together
PROCESSES = 64
LIMITS = {"CORE": 0, "FSIZE": 256 << 20, "NOFILE": 512, "NPROC": PROCESSES}
TICK = 0.1  # seconds between two looks at memory and processor use
SETTLED = 0.3  # seconds after which a run's own processor use is believed


@dataclass
class Result:
    """What one run gave. Sizes are in bytes, times in seconds; `status` is as a shell gives it."""

    status: int = 0
    stopped: str = ""
    seconds: float = 0.0
    cpu: float = 0.0
    peak: int = 0
    stdout: str = ""
    stderr: str = ""
    claims: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    figures: list[dict[str, str]] = field(default_factory=list)
    error: dict[str, Any] | None = None
    unfit: list[str] = field(default_factory=list)


class Run:
    """One snippet at work."""

    def __init__(self, snippet: Snippet, staged: Staged, selector: selectors.BaseSelector) -> None:
        self.snippet, self.selector = snippet, selector
        self.result = Result()
        self.output = {"stdout": bytearray(), "stderr": bytearray()}
        self.reported = 0
        self.busy = 1.0
        self.sampled = (time.monotonic(), 0.0)
        self.open = 0
        self.group: ControlGroup | None = None
        self.order: dict[str, Any] = {}
        self.folder: Path | None = None
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.started = time.monotonic()
        try:
            self.process = self._start(staged, theirs)
        except BaseException:
            self.channel.close()
            self._remove_folder()
            raise
        finally:
            theirs.close()
        self._watch(self.channel, self._packet)
        self._watch(self.process.stdout, lambda: self._read("stdout"))
        self._watch(self.process.stderr, lambda: self._read("stderr"))

    def _start(self, staged: Staged, channel: socket.socket) -> subprocess.Popen:
        walls = sandbox.wanted()
        files = {f"/snippets/{self.snippet.name}.py": self.snippet.source.encode()}
        for path in self.snippet.reads:
            files[f"/snippets/{self.snippet.topic}/{path.relative_to(self.snippet.path.parent)}"] = path.read_bytes()
        self.order = {
            "path": f"/snippets/{self.snippet.name}.py",
            "directory": "/tmp",
            "import_from": ["/opt/packages"],
            "facts": self.snippet.facts,
            "limits": LIMITS,
            "exits": self.snippet.exit_status,
        }
        data = sandbox.Data()
        try:
            if walls:
                listed = hostlist.write(self._make_folder() / "proc") if self.snippet.sees == "host" else None
                name = f"{self.snippet.path.stem}.py"
                command = sandbox.command(staged, files, name, channel.fileno(), listed, data)
                environment = {}
            else:
                command, environment = self._unprotected(staged, files, channel)
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                pass_fds=(channel.fileno(), *data.descriptors),
                start_new_session=True,
                **(sandbox.account() if walls else {}),
            )
        finally:
            data.close()

    def _unprotected(
        self, staged: Staged, files: dict[str, bytes], channel: socket.socket
    ) -> tuple[list[str], dict[str, str]]:
        """The same run without the sandbox, in a folder of its own: by explicit wish, where there can be none."""
        self._make_folder()
        for target, content in files.items():
            path = self.folder / target.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        own = self.folder / f"{self.snippet.path.stem}.py"
        own.write_bytes(sandbox.HARNESS.read_bytes())
        interpreter = staged.python_home / "bin" / staged.interpreter.name if staged.python_home else staged.interpreter
        self.order["path"] = f"{self.folder}{self.order['path']}"
        self.order["directory"] = str(self.folder)
        self.order["import_from"] = [str(staged.packages)]
        # That of processes would count all that the user runs.
        self.order["limits"] = {name: value for name, value in LIMITS.items() if name != "NPROC"}
        shutil.copy(sandbox.SETTINGS, self.folder / "matplotlibrc")
        environment = {
            "HOME": str(self.folder),
            "PATH": sandbox.SEARCH_PATH,
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "COLUMNS": "100",
            "PYTHONPATH": str(staged.packages),
            "MPLCONFIGDIR": str(self.folder),
            "LIVE_CHANNEL": str(channel.fileno()),
        }
        return [str(interpreter), "-I", "-S", str(own)], environment

    def _make_folder(self) -> Path:
        """A folder of the run's own on the host, for the few that need one; mountinfo may show its name."""
        self.folder = Path(tempfile.mkdtemp(prefix="live-run-", dir=staging.ROOT))
        self.folder.chmod(0o755)
        return self.folder

    def _remove_folder(self) -> None:
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _watch(self, stream: Any, ready: Callable[[], None]) -> None:
        self.selector.register(stream, selectors.EVENT_READ, ready)
        self.open += 1

    def _unwatch(self, stream: Any) -> None:
        self.selector.unregister(stream)
        stream.close()
        self.open -= 1

    def _read(self, name: str) -> None:
        stream = getattr(self.process, name)
        chunk = os.read(stream.fileno(), 1 << 16)
        if not chunk:
            self._unwatch(stream)
        elif len(self.output[name]) + len(chunk) > OUTPUT:
            self.output[name] += chunk[: OUTPUT - len(self.output[name])]
            self.stop(f"wrote more than {OUTPUT >> 20} MiB to {name}")
        else:
            self.output[name] += chunk

    def _packet(self) -> None:
        try:
            packet = self.channel.recv(PACKET)
        except OSError:  # it was killed before it read its orders
            packet = b""
        self.reported += len(packet)
        if not packet:
            self._unwatch(self.channel)
        elif self.reported > REPORTS:
            self.stop(f"reported more than {REPORTS >> 20} MiB of claims, facts and figures")
        else:
            try:
                self._report(_plain(packet))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                self.stop("sent a report that the harness does not send")

    def _report(self, message: dict[str, Any]) -> None:
        """Take one report; what it says of the source is checked against the source."""
        result = self.result
        match message:
            case {"ready": _} if self.order:
                self._admit()
            case {"claim": int(line), "held": bool(held), "message": str(text)} if line in self.snippet.claims:
                result.claims.append({"line": line, "held": held, "message": text})
            case {"fact": str(name), "value": value} if name in self.snippet.facts:
                result.facts[name] = value
            case {"figure": str(svg), "text": str(text)}:
                result.figures.append({"svg": svg, "text": text})
                if not text.strip():
                    number = len(result.figures)
                    result.unfit.append(
                        f"figure {number} has no text alternative; say with fig.set_label('…') what it shows"
                    )
            case {"bad_fact": str(name), "why": str(why)}:
                result.unfit.append(f"fact {name!r}: {why}")
            case {"too_big": str(what), "size": int(size), "most": int(most)}:
                result.unfit.append(f"a {what} of {size >> 10} KiB; {most >> 10} KiB is the most")
            case {"error": str(kind), "text": str(text), "line": int(line)}:
                result.error = {"type": kind, "text": text, "line": line}
            case {"peak": int(peak), "cpu": float(cpu)}:
                result.peak, result.cpu = peak, cpu
            case _:
                raise ValueError(message)

    def _admit(self) -> None:
        """Everything of the run is in place and waits: put it into its control group and let it go."""
        with contextlib.suppress(OSError):
            self.group = ControlGroup(f"live-{os.getpid()}-{self.process.pid}", self.snippet.memory, PROCESSES)
            for pid in processes.tree(self.process.pid):
                self.group.add(pid)
        order, self.order = self.order, {}
        self.started = time.monotonic()
        with contextlib.suppress(OSError):  # it is gone already; its exit status will tell
            self.channel.send(json.dumps(order).encode())

    def check(self) -> None:
        """Look at time, memory and number of processes; stop what goes over."""
        now = time.monotonic()
        if now - self.started > self.snippet.timeout:
            self.stop(f"did not end within its {self.snippet.timeout:g} s")
        if now - self.sampled[0] < TICK:
            return
        if self.group and self.group.out_of_memory():  # the kernel may have ended a child alone
            self.stop(self._too_much_memory())
        pids = processes.tree(self.process.pid)
        if len(pids) > 2 * PROCESSES:
            self.stop(f"started more than {PROCESSES} processes")
        if not self.group and processes.memory(pids, self.snippet.memory) > self.snippet.memory:
            self.stop(self._too_much_memory())
        used = processes.cpu_seconds(pids)
        if now - self.started > SETTLED:
            self.busy = max(0.0, used - self.sampled[1]) / (now - self.sampled[0])
        self.sampled = (now, used)

    def _too_much_memory(self) -> str:
        return f"used more than the {self.snippet.memory >> 20} MiB that its header allows"

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

    def _finish(self) -> None:
        result = self.result
        result.seconds = time.monotonic() - self.started
        result.cpu = result.cpu or self.sampled[1]  # a killed run could not tell
        result.stdout = self.output["stdout"].decode(errors="replace")
        result.stderr = self.output["stderr"].decode(errors="replace")
        if self.order and not result.stopped:
            result.stopped = "its sandbox did not start"
        if self.group and self.group.out_of_memory() and not result.stopped:
            result.stopped = self._too_much_memory()
        self.remove()

    def remove(self) -> None:
        """Leave nothing behind, whatever state this is in."""
        if self.process.returncode is None:
            self.stop("was interrupted")
            self.process.wait()
        if self.group:
            self.group.remove()
        self._remove_folder()
        for stream in (self.channel, self.process.stdout, self.process.stderr):
            with contextlib.suppress(KeyError, ValueError):
                self.selector.unregister(stream)
            stream.close()


def _plain(packet: bytes) -> Any:
    """Read one report. Raises ValueError for numbers that JSON lacks; half a surrogate pair becomes a question mark."""
    text = json.dumps(json.loads(packet), allow_nan=False, ensure_ascii=False)
    return json.loads(text.encode(errors="replace"))


def cores() -> int:
    """The processors that this process may use: its affinity, and the quota of its control group."""
    allowed = len(os.sched_getaffinity(0))
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        allowed = min(allowed, max(1, round(int(quota) / int(period))))
    return allowed


def run_all(
    snippets: Iterable[Snippet],
    staged: Staged,
    known_seconds: dict[str, float],
    done: Callable[[Snippet, Result], None],
    progress: Callable[[list[Run]], None],
) -> None:
    """Run all snippets: the longest known first, those that measure the whole machine alone at the end.

    `done` gets each result as it comes; nothing is kept here. Raises LiveError if there can be no sandbox.
    """
    waiting = sorted(snippets, key=lambda s: (s.exclusive, -known_seconds.get(s.name, float("inf")), s.name))
    active: list[Run] = []
    selector = selectors.DefaultSelector()
    try:
        while waiting or active:
            while waiting and _room(waiting[0], active):
                active.append(Run(waiting.pop(0), staged, selector))
            for key, _ in selector.select(TICK / 2):
                key.data()
            for run in active:
                run.check()
                run.reap()
            for run in [run for run in active if run.over]:
                active.remove(run)
                done(run.snippet, run.result)
            progress(active)
    finally:
        for run in active:
            run.remove()
        selector.close()


def _room(snippet: Snippet, active: list[Run]) -> bool:
    """Whether one more may start. A run that sleeps holds no core, so what counts is what they use."""
    if not active:
        return True
    if snippet.exclusive or any(run.snippet.exclusive for run in active):
        return False
    promised = sum(run.snippet.memory for run in active) + snippet.memory
    free_core = sum(run.busy for run in active) < cores() - 0.5
    return free_core and len(active) < 8 * cores() and promised < 0.8 * os.sysconf("SC_PHYS_PAGES") * processes.PAGE
