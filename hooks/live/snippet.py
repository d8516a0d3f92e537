"""A snippet: a stand-alone program with a header that says how it is run and what pages may quote of it."""

import re
import signal
from dataclasses import dataclass, field
from pathlib import Path

from live.lab import settings
from live.lab.settings import Lab
from live.source import line_of

OLDEST = "3.11"  # version of Python, which the README promises to be enough
PANIC = 256  # stands for the exit status of a snippet whose kernel panicked
HOSTS = ("build", *settings.HOSTS)


@dataclass(frozen=True)
class Snippet:
    """What a snippet file says of itself. Sizes are in bytes, times in seconds. `python`: the oldest version."""

    name: str
    path: Path
    source: str
    title: str
    description: str
    claims: dict[int, str]
    sections: dict[str, str]
    python: str = OLDEST
    dependencies: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    reads: list[Path] = field(default_factory=list)
    hosts: list[str] = field(default_factory=lambda: ["build"])
    timeout: float = 30
    memory: int = 1 << 30
    sees: str = "own"
    exclusive: bool = False
    exits: int | str = 0
    lab: Lab = field(default_factory=Lab)
    draws: bool = False

    @property
    def topic(self) -> str:
        """The folder that it is in."""
        return self.name.split("/")[0]

    def files(self) -> dict[str, bytes]:
        """What it is made of: paths below the snippets folder, and the content of each."""
        reads = {f"{self.topic}/{path.relative_to(self.path.parent)}": path.read_bytes() for path in self.reads}
        return {f"{self.name}.py": self.source.encode()} | reads

    def line_of(self, text: str) -> int:
        """The first line that has a text; 1 where none has."""
        return line_of(text, self.source)

    @property
    def exit_status(self) -> int:
        """The exit status that is expected, as a shell gives it: 128 + N for signal N; or PANIC."""
        if self.exits == "panic":
            return PANIC
        return 128 + signal.Signals[self.exits] if isinstance(self.exits, str) else self.exits


def requirement_name(text: str) -> str:
    """The package that a requirement names."""
    return re.match(r"[\w.-]*", text)[0]  # type: ignore[index]  # matches whatever comes


def how_it_ended(status: int, verb: str = "it ended with ") -> str:
    """An exit status in words; 128 + N stands for signal N."""
    if status == PANIC:
        return f"{verb}a kernel panic"
    if status > 128:
        try:
            return f"{verb}{signal.Signals(status - 128).name}"
        except ValueError:
            pass
    return f"{verb}status {status}"
