"""A snippet at work in a guest."""

import contextlib
import json
import os
import re
import selectors
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from live import sandbox
from live.lab import image, machine
from live.lab.image import Image
from live.lab.settings import Lab
from live.run import PACKET, Run
from live.snippet import PANIC, Snippet

FOLDER = Path(__file__).parent
UNDRAWN = FOLDER / "undrawn.py"
BOOT = 90  # seconds until the harness must be ready; a busy machine without KVM takes a tenth of that
TAIL = 25  # lines of the console in a message
SOON = 5  # seconds for the search in a log
SEARCH = """
import re, sys
print(next((line for line in sys.stdin.read().split("\\n") if re.search(sys.argv[1], line)), ""), end="")
"""
MARK = "lab: the snippet "
PANICKED = "Kernel panic - not syncing"
EMULATION = {"kvm": "KVM", "tcg": "software emulation"}
ENVIRONMENT = {
    "HOME": "/tmp",
    "PATH": sandbox.SEARCH_PATH,
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "COLUMNS": "100",
    "PYTHONPATH": "/usr/lib/python3/dist-packages",
    "PYTHONDONTWRITEBYTECODE": "1",
}
_LINE = re.compile(r"\[ *\d+\.\d+\] .*")  # a timestamp and what the kernel says


class GuestRun(Run):
    """QEMU and in it the snippet, from the start of the machine to its end."""

    least_busy = 1.0  # on a busy machine it gets less, and would need all the longer if more were started

    def __init__(self, snippet: Snippet, made: Image, accelerator: str, selector: selectors.BaseSelector) -> None:
        super().__init__(snippet, selector, snippet.lab.footprint)
        self.accelerator = accelerator
        self.ready = False
        self.exit_status: int | None = None
        self.refused = ""
        self.pending = b""
        reports, theirs = os.pipe()
        self.reports = os.fdopen(reports, "rb", buffering=0)
        try:
            self._attend(
                machine.start(made, snippet.lab, addition(snippet), accelerator, theirs), "console", "emulator"
            )
        except BaseException:
            self.reports.close()
            raise
        finally:
            os.close(theirs)
        self._watch(self.reports, self._receive)
        self._confine()

    def _receive(self) -> None:
        chunk = os.read(self.reports.fileno(), PACKET)
        if not chunk:
            self._unwatch(self.reports)
        *lines, self.pending = (self.pending + chunk).split(b"\n")
        for line in lines:
            self._take(line)
        if len(self.pending) > 2 * PACKET:
            self.stop("sent a report that the harness does not send")

    def _report(self, message: dict[str, Any]) -> None:
        if self.exit_status is not None:  # that is its last word
            raise ValueError(message)
        match message:
            case {"host": dict(host)} if not self.ready:
                self.result.host = host
            case {"ready": True} if not self.ready:
                self.ready, self.started = True, time.monotonic()
            case {"stdout": str(text)}:
                self._keep("stdout", text.encode("latin-1"))
            case {"stderr": str(text)}:
                self._keep("stderr", text.encode("latin-1"))
            case {"refused": str(why)}:
                self.refused = why
            case {"exit": int(status)}:
                self.exit_status = status
            case _:
                super()._report(message)

    def _check_time(self, now: float) -> None:
        if self.ready:
            super()._check_time(now)
        elif now - self.started > BOOT:
            self.stop(f"its guest did not boot within {BOOT} s")

    def _finish(self) -> None:
        super()._finish()
        result, console = self.result, self.output["console"].decode(errors="replace").replace("\r", "")
        result.log = _log(console)
        result.host |= {"emulation": f"QEMU {machine.version()}, {EMULATION[self.accelerator]}"}
        if self.exit_status is not None:
            result.status = self.exit_status
        elif PANICKED in console and self.ready:
            result.status = PANIC
        elif PANICKED in console:
            result.stopped = result.stopped or "its guest's kernel panicked before the snippet started"
        else:
            emulator = self.output["emulator"].decode(errors="replace").strip()
            result.stopped = result.stopped or f"its guest ended without a word {emulator}".rstrip()
        if self.refused:
            result.stopped = self.refused
        elif result.stopped or (result.status != self.snippet.exit_status and not result.error):
            result.stderr += f"the end of the guest's console:\n{_end(console)}\n"
        else:
            result.claims += [_logged(pattern, result.log, self.snippet) for pattern in self.snippet.lab.log]

    def remove(self) -> None:
        """Leave nothing behind, whatever state this is in."""
        super().remove()
        with contextlib.suppress(KeyError, ValueError):
            self.selector.unregister(self.reports)
        self.reports.close()
        if self.process.stdin:
            self.process.stdin.close()


def addition(snippet: Snippet | None, snippets: dict[str, bytes] | None = None, lab: Lab | None = None) -> bytes:
    """What a guest gets beside the image: its process 1, and a snippet with its orders; or, for a shell, many."""
    lab = lab or (snippet.lab if snippet else Lab())
    order = {"disk": lab.disk, "swap": lab.swap, "sysctl": lab.sysctl, "cgroup": lab.cgroup, "shell": snippet is None}
    # The snippet's own come first: what follows is written over them.
    files = {f"snippets/{name}": text for name, text in (snippet.files() if snippet else snippets or {}).items()}
    files["init"] = (FOLDER / "guest.py").read_bytes()
    files |= {
        f"live/live/{name}": (FOLDER.parent / name).read_bytes() for name in ("__init__.py", "host.py", "units.py")
    }
    files |= {f"live/undrawn/matplotlib/{name}.py": UNDRAWN.read_bytes() for name in ("__init__", "pyplot")}
    if snippet:
        harness = f"/live/{snippet.path.stem}.py"  # so that ps shows the snippet's name
        files[harness.lstrip("/")] = sandbox.HARNESS.read_bytes()
        order |= {"harness": harness, "environment": ENVIRONMENT, "psutil": metadata.version("psutil")}
        order["harness_order"] = {
            "path": f"/snippets/{snippet.name}.py",
            "directory": "/tmp",
            "import_from": ["/usr/lib/python3/dist-packages", "/live/undrawn"],
            "facts": snippet.facts,
            "limits": {"CORE": 0},
            "exits": snippet.exit_status,
            "draw": None,
        }
    return image.addition(files | {"live/order.json": json.dumps(order).encode()})


def _end(console: str) -> str:
    """The last lines, from where the kernel panicked if it did: what follows that is only where it stood."""
    lines = console.strip().splitlines()
    panicked = next((number for number, line in enumerate(lines) if PANICKED in line), len(lines))
    return "\n".join(lines[-TAIL:] if panicked == len(lines) else lines[max(panicked - 3, 0) : panicked + TAIL])


def _log(console: str) -> str:
    """What the kernel wrote while the snippet ran; up to the end where that was its last word."""
    lines = [line for line in console.splitlines() if _LINE.fullmatch(line)]
    marks = [number for number, line in enumerate(lines) if f"] {MARK}" in line]
    if not marks:
        return ""
    end = marks[1] if len(marks) > 1 else len(lines)
    return "".join(f"{line}\n" for line in lines[marks[0] + 1 : end])


def _logged(pattern: str, log: str, snippet: Snippet) -> dict[str, Any]:
    """The claim that the kernel's log has a line for a pattern of the header."""
    line = _search(pattern, log)
    text = re.sub(r"^\[ *[\d.]+\] ", "", line)
    message = f"the kernel's log says: {text}" if line else f"the kernel's log has a line that matches {pattern!r}"
    return {"line": snippet.line_of(pattern), "held": bool(line), "message": message}


def _search(pattern: str, log: str) -> str:
    """The first line that matches. Both are the snippet's, and could be made to take for ever: so it has a time."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        search = [sys.executable, "-I", "-S", "-c", SEARCH, pattern]
        return subprocess.run(search, input=log, capture_output=True, text=True, timeout=SOON, check=True).stdout
    return ""
