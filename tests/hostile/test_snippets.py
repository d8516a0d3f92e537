"""What each hostile snippet must not do, checked from outside of it, and what the report says of it.

Each is a program that can be run by hand: `python -m live -C tests/hostile run fills/memory`.
"""

import contextlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from around import HOGS, SNIPPETS, UNCOUNTED, Outside, alone, names
from live import cgroup, processes, render
from live.lab import machine
from live.printable import printable
from live.reader import read
from live.run import OUTPUT
from running import Ran

MiB = 1 << 20
HELD = ""
NOT_SENT = "sent a report that the harness does not send"
TOO_MUCH = "used more than the 200 MiB that its header allows"
CUT_OFF = "past the harness (os._exit, or its reports cut off); its header expects status 0"


def tells_nothing(outside: Outside, ran: Ran) -> None:
    """No secret is in anything that the run gave, before it was redacted."""
    assert outside.secret not in repr(ran.result)
    assert outside.secret not in json.dumps(ran.capture)
    assert "canary" not in ran.said


def changes_nothing(outside: Outside, ran: Ran) -> None:
    """Files, settings, shared places and segments of the host are as they were; so are the files of this test."""
    assert outside.state() == outside.before


def reaches_nothing(outside: Outside, ran: Ran) -> None:
    """Nobody connected to a server of the host."""
    assert outside.reached() == []


def leaves_nothing(outside: Outside, ran: Ran) -> None:
    """The host's own process lives, and none of the run's does."""
    assert outside.victim.poll() is None
    assert ran.result.seconds < ran.outcome.snippet.timeout + 5
    words = _last_words()
    assert f"{ran.outcome.snippet.path.stem}.py" not in words
    assert "86399.25" not in words


def stays_small(outside: Outside, ran: Ran) -> None:
    """What the engine keeps of it is bounded, and the machine has its memory back."""
    assert max(len(ran.result.stdout), len(ran.result.stderr)) <= OUTPUT
    assert len(json.dumps([ran.result.claims, ran.result.facts, ran.result.figures])) < 12 * MiB
    assert processes.available() > 0.5 * outside.available
    leaves_nothing(outside, ran)


def proves_nothing(outside: Outside, ran: Ran) -> None:
    """Nothing that was forged is kept."""
    assert ran.capture is None
    leaves_nothing(outside, ran)


def acts_nowhere(outside: Outside, ran: Ran) -> None:
    """What is printed of it is plain text, and what is put on a page is no markup."""
    for problem in ran.problems:
        _is_plain(str(problem))
    if ran.capture:
        _is_plain(printable(ran.capture["stdout"]))
        page = _Page()
        page.feed(_block(ran))
        assert page.tags <= TAGS
        assert not [name for name in page.attributes if name.startswith("on")]
        assert page.links <= {"download.py"}


TAGS = {*"section div p span pre code ul li a time figure figcaption svg path text g use image".split()}


def _last_words() -> set[str]:
    """The last word of the command line of every process: of a run, the file name of its snippet."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.add(path.read_bytes().rstrip(b"\0").split(b"\0")[-1].decode(errors="replace"))
    return found


def _is_plain(text: str) -> None:
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069]", text)
    assert not re.search(r"^\s*::|(?<!\\)##\w*\[", text, re.MULTILINE)


class _Page(HTMLParser):
    """The tags and attributes of a page, and where they lead."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src", "xlink:href", "action")}


def _block(ran: Ran) -> str:
    """What a page shows of the run, but for its source, in which the attempt may be read."""
    name = ran.outcome.snippet.name
    snippet = read(SNIPPETS / f"{name}.py", SNIPPETS)
    links = render.Links("download.py", "")
    return "".join(
        render.block(snippet, {"build": ran.capture}, {"show": show}, links) for show in ("output", "claims")
    )


@dataclass(frozen=True)
class Case:
    """must_not: a check of the host. says: the whole text of the problem, or HELD. shows: a part of the output."""

    must_not: Callable[[Outside, Ran], None]
    says: str
    shows: str = ""


def done(seconds: int) -> str:
    return f"did not end within its {seconds} s"


CASES = {
    # It may look, and finds nothing.
    "reads/ssh_keys": Case(tells_nothing, HELD, "0 keys"),
    "reads/environment_tokens": Case(tells_nothing, HELD, "telling: []"),
    "reads/first_process": Case(tells_nothing, HELD, "1 environ b''"),
    "reads/repository_git": Case(tells_nothing, HELD, "found: []"),
    "reads/other_captures": Case(tells_nothing, HELD, "captures: [] processes: []"),
    "reads/everything_readable": Case(tells_nothing, HELD, "found: []"),
    "reads/inherited_descriptors": Case(tells_nothing, HELD, "0 /dev/null Not a directory"),
    "reads/disks_of_the_machine": Case(tells_nothing, HELD, "/tmp/8-0 Operation not permitted"),
    "reads/kernel_log": Case(tells_nothing, HELD, "/dev/kmsg 0 No such file or directory"),
    "reads/keys_of_the_kernel": Case(tells_nothing, HELD, "add_key Function not implemented"),
    "reads/host_processes": Case(tells_nothing, HELD, "; 0 links"),
    # It may write only what is thrown away.
    "writes/through_symlinks": Case(changes_nothing, HELD, "/etc/passwd Read-only file system"),
    "writes/through_hard_links": Case(changes_nothing, HELD, "/etc/passwd /tmp Invalid cross-device link"),
    "writes/through_proc_fd": Case(changes_nothing, HELD, "/etc/passwd Read-only file system"),
    "writes/outside_its_folders": Case(changes_nothing, HELD, "written: ['/tmp'"),
    "writes/settings_of_the_kernel": Case(changes_nothing, HELD, "/proc/sys/kernel/shmmax Read-only file system"),
    "writes/what_later_programs_load": Case(changes_nothing, HELD, "/opt/packages/sitecustomize.py Read-only file"),
    "writes/notes_for_another_run": Case(changes_nothing, HELD, "found: []"),
    # It reaches nobody.
    "reaches/loopback": Case(reaches_nothing, HELD, "65535 ports, open: [], answers: {'ECONNREFUSED'}"),
    "reaches/metadata_address": Case(reaches_nothing, HELD, "169.254.169.254 Network is unreachable"),
    "reaches/abstract_sockets": Case(reaches_nothing, HELD, "live-hostile-0: Connection refused"),
    "reaches/dbus": Case(reaches_nothing, HELD, "/run/dbus/system_bus_socket No such file or directory"),
    "reaches/other_kinds_of_sockets": Case(reaches_nothing, HELD, "families: [1, 2, 10, 16] raw: [1, 16]"),
    "reaches/other_namespaces": Case(changes_nothing, HELD, "new user Function not implemented"),
    "reaches/siblings": Case(leaves_nothing, HELD, "others: []"),
    # It is ended, or refused, where it goes too far; the host goes on.
    "fills/processes": Case(stays_small, done(2)),
    "fills/threads": Case(stays_small, HELD, "threads, then: can't start new thread"),
    "fills/zombies": Case(stays_small, HELD, "dead children, then: Resource temporarily unavailable"),
    "fills/memory": Case(stays_small, TOO_MUCH),
    "fills/memory_of_children": Case(stays_small, TOO_MUCH),
    "fills/memory_files": Case(stays_small, TOO_MUCH),
    "fills/unseen_memory_files": Case(stays_small, HELD, "0 sent, then: Function not implemented"),
    "fills/terminals": Case(stays_small, HELD, "0 terminals, then: No such file or directory"),
    "fills/temporary_files": Case(stays_small, TOO_MUCH),
    "fills/disk": Case(stays_small, HELD, "/tmp/two: 0 MiB, then: No space left on device"),
    "fills/inodes": Case(stays_small, "used more than the 100 MiB that its header allows"),
    "fills/file_descriptors": Case(stays_small, HELD, "Too many open files"),
    "fills/pipe_buffers": Case(stays_small, HELD, "20 processes filled"),
    "fills/socket_buffers": Case(stays_small, TOO_MUCH),
    "fills/system_v_segments": Case(stays_small, TOO_MUCH),
    "fills/message_queues": Case(stays_small, TOO_MUCH, "msgmnb Read-only file system"),
    "fills/page_tables": Case(stays_small, TOO_MUCH),
    "fills/timers_and_locks": Case(stays_small, HELD, "'timers': "),
    "fills/locked_memory": Case(stays_small, HELD, "mlock: -1, Cannot allocate memory"),
    "fills/output": Case(stays_small, "wrote more than 1 MiB to stdout"),
    "fills/one_line": Case(stays_small, "wrote more than 1 MiB to stdout"),
    "fills/errors": Case(stays_small, "wrote more than 1 MiB to stderr"),
    "fills/claims": Case(stays_small, f"claim did not hold: {'x' * 2000}\nreported more than 1,000 claims"),
    "fills/reports": Case(stays_small, "reported more than 1,000 claims"),
    "fills/a_large_fact": Case(stays_small, "a fact of 97656 KiB; 192 KiB is the most"),
    "fills/a_deep_fact": Case(stays_small, "fact 'deep': it holds itself, or lists in lists more than 16 deep"),
    "fills/a_number_without_end": Case(stays_small, "fact 'number': an integer of 332,193 bits; 1,000 are the most"),
    "fills/a_figure_of_100_megabytes": Case(stays_small, "a figure of 73242 KiB; 192 KiB is the most"),
    "fills/processors": Case(stays_small, done(2), "'fifo': 'Operation not permitted'"),
    # It ends when the run does, at the latest.
    "stays/ignores_signals": Case(leaves_nothing, done(1), "signal 9 cannot be ignored"),
    "stays/stops_itself": Case(leaves_nothing, done(1), "stopping"),
    "stays/as_a_daemon": Case(leaves_nothing, HELD, "it runs"),
    "stays/after_its_parent": Case(leaves_nothing, HELD, "the parent ends"),
    "stays/in_a_chain": Case(
        leaves_nothing,
        "it made no claim; let an assert say what a page may state\nit shows nothing; print what a reader should see",
    ),
    "stays/beyond_its_time": Case(leaves_nothing, done(1), "waiting"),
    "stays/uninterruptibly": Case(leaves_nothing, done(5), "D\n"),
    "stays/in_a_socket_that_lingers": Case(leaves_nothing, HELD, "Function not implemented"),
    "stays/in_a_read_without_end": Case(leaves_nothing, done(1), "reading"),
    # It breaks only itself.
    "breaks/kills_its_parent": Case(leaves_nothing, HELD, "{1: 'sent'}"),
    "breaks/traces_its_parent": Case(leaves_nothing, HELD, "1 attach Function not implemented"),
    "breaks/closes_everything": Case(leaves_nothing, f"it ended with status 120, {CUT_OFF}"),
    "breaks/closes_the_channel": Case(leaves_nothing, f"it ended with status 1, {CUT_OFF}"),
    "breaks/shuts_the_channel_down": Case(
        leaves_nothing, "closed the way on which it reports claims and facts, and went on", "shut down"
    ),
    "breaks/ends_without_a_word": Case(
        leaves_nothing, "it made no claim; let an assert say what a page may state", "going"
    ),
    "breaks/crashes": Case(changes_nothing, HELD, "dumps: (1, 1) not allowed to raise maximum limit"),
    "breaks/raises_its_limits": Case(changes_nothing, HELD, "NPROC 0 [Errno 1] Operation not permitted"),
    "breaks/types_into_a_terminal": Case(changes_nothing, HELD, "/dev/tty No such device or address"),
    "breaks/becomes_somebody_else": Case(changes_nothing, HELD, "'own program': '1000'"),
    "breaks/asks_for_rare_calls": Case(changes_nothing, HELD, "userfaultfd        Function not implemented"),
    # What it forges is refused. Its own claims it may word as it likes: the source is on the page beside them.
    "forges/a_claim": Case(proves_nothing, NOT_SENT, "forged"),
    "forges/a_claim_that_holds": Case(proves_nothing, "claim did not hold: two and two are five", "forged"),
    "forges/a_fact": Case(proves_nothing, NOT_SENT, "forged"),
    "forges/a_deep_fact": Case(proves_nothing, NOT_SENT, "forged"),
    "forges/the_host": Case(proves_nothing, NOT_SENT, "forged"),
    "forges/its_time": Case(leaves_nothing, HELD, "it worked for a second"),
    "forges/its_memory": Case(proves_nothing, NOT_SENT, "forged"),
    "forges/an_error": Case(proves_nothing, NOT_SENT, "forged"),
    "forges/the_harness": Case(changes_nothing, HELD, "the_harness.py': 'Read-only file system'"),
    "forges/nonsense": Case(proves_nothing, NOT_SENT, "forged"),
    # It is shown as what it is.
    "looks/like_a_terminal": Case(acts_nowhere, HELD, "\x1b]0;owned\x07"),
    "looks/like_a_workflow": Case(
        acts_nowhere,
        "ValueError: \n::error file=README.md::owned\n::add-mask::e\n##[set-output name=x]owned\n::stop-commands::x\n"
        "##vso[task.setvariable variable=x]owned",
        "::add-mask::e",
    ),
    "looks/like_a_page": Case(acts_nowhere, HELD, "<script>alert(1)</script>"),
    "looks/like_other_text": Case(acts_nowhere, HELD, "user\u202e"),
    "looks/like_no_text": Case(acts_nowhere, HELD, "caf\ufffd \ufffd\ufffd"),
    "looks/like_a_figure": Case(acts_nowhere, HELD, "it will be drawn"),
    "looks/around_and_behaves": Case(changes_nothing, HELD, "'a filter': True"),
    # In a guest it is root, and all of it is thrown away.
    "lab/forges_its_machine": Case(proves_nothing, NOT_SENT, "forged"),
    "lab/forges_its_end": Case(proves_nothing, NOT_SENT, "forged"),
    "lab/fills_everything": Case(stays_small, NOT_SENT, "MiB, then: No space left on device"),
}
LEFT = "ran while this machine came to have less than "
WAYS = [
    *(("as it is", name) for name in CASES if not name.startswith("lab/")),
    *(("watched", f"fills/{name}") for name in HOGS),
    *(("nothing counted", name) for name in UNCOUNTED),
    *(("in guests", name) for name in names("lab")),
]


def test_every_snippet_has_a_case():
    assert set(names("*")) == set(CASES)


@pytest.mark.parametrize(("way", "name"), WAYS, ids=map("{0[1]}, {0[0]}".format, WAYS))
def test_it_is_held_and_the_report_says_so(outside, rounds, way, name):
    if way == "in guests" and machine.lacking():
        pytest.skip(machine.lacking())
    case, ran = CASES[name], rounds(way)[name]
    if name in UNCOUNTED and (way == "nothing counted" or not cgroup.allowed()):
        assert ran.said.startswith(LEFT) or ran.said == done(30)
    else:
        assert ran.said == case.says, ran.result.stderr[-2000:]
    assert case.shows in ran.result.stdout
    case.must_not(outside, ran)


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith("lab/")])
def test_no_secret_is_told_by_any_of_them(outside, rounds, name):
    tells_nothing(outside, rounds("as it is")[name])


def test_what_a_run_took_is_measured_from_outside(outside):
    capture = alone(outside, "forges/its_time").capture

    assert capture["cpu_seconds"] > 0.7
    assert capture["seconds"] > 0.9
    assert capture["peak_memory"] > 4 * MiB


def test_after_all_of_them_the_machine_is_as_it_was(outside, rounds):
    for way in ("as it is", "watched", "nothing counted"):
        rounds(way)
    end = time.monotonic() + 15  # the kernel ends the last of them after the engine has
    while outside.state() != outside.before and time.monotonic() < end:
        time.sleep(0.1)

    assert outside.state() == outside.before
    assert outside.reached() == []
    assert outside.victim.poll() is None
    assert set(processes.tree(os.getpid())[1:]) <= set(outside.children)
    assert list(_left_of_this_process(outside.runs)) == []


def _left_of_this_process(before: set[str]) -> Iterator[str]:
    """Control groups, mounts and folders that runs of this process have left."""
    for controller in ("", "memory", "pids"):
        yield from map(str, Path("/sys/fs/cgroup", controller).glob(f"**/live-{os.getpid()}-*"))
    yield from (line for line in Path("/proc/self/mountinfo").read_text().splitlines() if "/newroot" in line)
    yield from (str(folder) for folder in Path("/var/tmp").glob("live-run-*") if folder.name not in before)
