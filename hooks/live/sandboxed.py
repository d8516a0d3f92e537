"""A snippet at work in the sandbox of the machine that builds."""

import contextlib
import functools
import json
import os
import selectors
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from live import hostlist, leftovers, sandbox, staging
from live.problems import writing
from live.project import sandbox_wanted
from live.run import PACKET, PROCESSES, Run
from live.runner import spare_memory
from live.snippet import Snippet
from live.staging import Staged

# A dump of 1 byte is none, and the one size at which the kernel also starts no program to take it (core(5)).
LIMITS = {"CORE": 1, "FSIZE": 256 << 20, "NOFILE": 512, "NPROC": PROCESSES, "MSGQUEUE": 819200, "NICE": 0, "RTPRIO": 0}
PIECE = 64 << 10  # bytes of its orders in a packet; there is more where facts are to be drawn
PATIENCE = 5  # seconds that a run may go on after it has closed the way on which it reports; a busy machine is slow


class SandboxedRun(Run):
    """The harness and in it the snippet; or, given facts that were measured elsewhere, only its function `draw`."""

    def __init__(
        self,
        snippet: Snippet,
        staged: Staged,
        selector: selectors.BaseSelector,
        measured: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(snippet, selector, min(snippet.memory, spare_memory()))
        self.order: dict[str, Any] = {
            "path": f"/snippets/{snippet.name}.py",
            "directory": "/tmp",
            "import_from": ["/opt/packages"],
            "facts": snippet.facts,
            "limits": LIMITS,
            "exits": snippet.exit_status,
            "draw": measured,
        }
        self.folder: Path | None = None
        self.closed = float("inf")
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._attend(self._start(staged, theirs))
        except BaseException:
            self.channel.close()
            self._remove_folder()
            raise
        finally:
            theirs.close()
        self._watch(self.channel, self._packet)

    def _start(self, staged: Staged, channel: socket.socket) -> subprocess.Popen:
        walls = sandbox_wanted()
        files = {f"/snippets/{name}": content for name, content in self.snippet.files().items()}
        data = sandbox.Data()
        try:
            if walls:
                listed = self._list_of_host() if self.snippet.sees == "host" else None
                name = f"{self.snippet.path.stem}.py"
                command = sandbox.command(staged, files, name, channel.fileno(), listed, data)
                environment: dict[str, str] = {}
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
        folder = self._make_folder()
        for target, content in files.items():
            path = folder / target.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        own = folder / f"{self.snippet.path.stem}.py"
        own.write_bytes(sandbox.HARNESS.read_bytes())
        interpreter = staged.python_home / "bin" / staged.interpreter.name if staged.python_home else staged.interpreter
        self.order["path"] = f"{folder}{self.order['path']}"
        self.order["directory"] = str(folder)
        self.order["import_from"] = [str(staged.packages)]
        # That of processes would count all that the user runs.
        self.order["limits"] = {name: value for name, value in LIMITS.items() if name != "NPROC"}
        shutil.copy(sandbox.SETTINGS, folder / "matplotlibrc")
        environment = {
            "HOME": str(folder),
            "PATH": sandbox.SEARCH_PATH,
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "COLUMNS": "100",
            "PYTHONPATH": str(staged.packages),
            "MPLCONFIGDIR": str(folder),
            "LIVE_CHANNEL": str(channel.fileno()),
        }
        return [str(interpreter), "-I", "-S", str(own)], environment

    def _list_of_host(self) -> Path:
        folder = self._make_folder()
        with writing(folder, "LIVE_STAGING"):
            return hostlist.write(folder / "proc")

    def _make_folder(self) -> Path:
        """A folder of the run's own on the host, for the few that need one; mountinfo may show its name."""
        with writing(staging.ROOT, "LIVE_STAGING"):
            make = functools.partial(tempfile.mkdtemp, prefix="live-run-", dir=staging.ROOT)
            self.folder, self.lock = leftovers.held(make)
            self.folder.chmod(0o755)
        return self.folder

    def _remove_folder(self) -> None:
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
            os.close(self.lock)
            self.folder = None

    def _packet(self) -> None:
        try:
            packet = self.channel.recv(PACKET)
        except OSError:  # it was killed before it read its orders
            packet = b""
        if packet:
            self._take(packet)
        else:
            self._unwatch(self.channel)
            self.closed = time.monotonic()

    def _report(self, message: dict[str, Any]) -> None:
        if "ready" in message and self.order:
            self._admit()
        else:
            super()._report(message)

    def _admit(self) -> None:
        """Everything of the run is in place and waits: put it into its control group and let it go."""
        self._confine()
        order, self.order = self.order, {}
        self.started = time.monotonic()
        text = json.dumps(order).encode() + b"\n"
        with contextlib.suppress(OSError):  # it is gone already; its exit status will tell
            for start in range(0, len(text), PIECE):
                self.channel.send(text[start : start + PIECE])

    def check(self) -> None:
        super().check()
        if time.monotonic() - self.closed > PATIENCE:
            self.stop("closed the way on which it reports claims and facts, and went on")

    def _too_much_memory(self) -> str:
        if self.memory < self.snippet.memory:
            return f"used more than the {self.memory >> 20} MiB that this machine can spare"
        return super()._too_much_memory()

    def _finish(self) -> None:
        if self.order and not self.result.stopped:
            self.result.stopped = "its sandbox did not start"
        super()._finish()
        # What the harness says of itself comes from the snippet's own process; what was seen from here does not.
        self.result.cpu = max(self.result.cpu, self.sampled[1])
        self.result.peak = max(self.result.peak, self.seen)

    def remove(self) -> None:
        """Leave nothing behind, whatever state this is in."""
        super().remove()
        self._remove_folder()
        with contextlib.suppress(KeyError, ValueError):
            self.selector.unregister(self.channel)
        self.channel.close()
