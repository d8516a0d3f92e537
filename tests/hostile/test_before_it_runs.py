"""What a snippet's file and header alone can do: the engine reads both outside of the sandbox."""

import os
import re
import time
from pathlib import Path

import pytest
import running
from live import printable, source
from live.discovery import discover
from live.lab import run as guest_run
from live.problems import Problem

BODY = 'print("x")\nassert True, "x"\n'
HEADER = running.with_header(BODY)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def link_to(target: str):
    return lambda path: path.symlink_to(target)


def text(content: str | bytes):
    return lambda path: path.write_bytes(content if isinstance(content, bytes) else content.encode())


def with_keys(**keys):
    return text(running.with_header(BODY, **keys))


def reading(make, *names: str):
    """A snippet that reads the file x beside it, which `make` makes, or reads by other names."""

    def both(path: Path) -> None:
        make(path.with_name("x"))
        with_keys(reads=names or ["x"])(path)

    return both


def steps(path: Path) -> None:
    """A link into a deep folder: upwards from there is still in this one, while by its name that is far outside."""
    deep = path.with_name("1") / "2" / "3" / "4"
    deep.mkdir(parents=True)
    path.with_name("d").symlink_to(deep)
    (path.parent / "oldroot" / "tmp").mkdir(parents=True)
    (path.parent / "oldroot" / "tmp" / "x").write_text("1")


def sparse(size: int):
    def make(path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(size)

    return make


FILES = {
    "is a pipe": (fifo, "is no regular file"),
    "is a folder": (Path.mkdir, "is no regular file"),
    "is a link to a device": (link_to("/dev/zero"), "is a link, or in a folder that is one"),
    "is a link to a secret": (link_to("/etc/passwd"), "is a link, or in a folder that is one"),
    "is a link to nowhere": (link_to("nowhere.py"), "is a link, or in a folder that is one"),
    "is huge": (sparse(1 << 40), "has 1,073,741,824 KiB; 64 are the most"),
    "has a byte of zero": (text(HEADER + "\0"), "U+0000 is not seen as what it is"),
    "has brackets without end": (text(HEADER + "(" * 5000), "is not Python"),
    "has signs without end": (text(HEADER + "-" * 60_000 + "1"), "is not Python that can be read"),
    "has calls without end": (text(HEADER + "a" + "()" * 30_000), "is not Python that can be read"),
    "is no text": (text(b"\xff\xfe"), "is not UTF-8 text"),
    "reads a pipe": (reading(fifo), "x is no regular file"),
    "reads a device": (reading(link_to("/dev/zero")), "x is a link, or in a folder that is one"),
    "reads what is not its own": (reading(link_to("/etc/passwd")), "x is a link, or in a folder that is one"),
    "reads by a link that stays": (reading(link_to("a.py")), "x is a link, or in a folder that is one"),
    "reads by a linked folder": (reading(link_to("."), "x/x/b.txt"), "x/x/b.txt is a link, or in a folder that is"),
    "reads past a link": (reading(steps, "d/../../../../oldroot/tmp/x"), "is no file beside the snippet"),
    "reads from the root": (with_keys(reads=["/etc/passwd"]), "'/etc/passwd' is no file beside the snippet"),
    "reads from a point": (reading(text("1"), "./x"), "'./x' is no file beside the snippet"),
    "reads between strokes": (reading(text("1"), ".//x"), "'.//x' is no file beside the snippet"),
    "reads a byte of zero": (with_keys(reads=["x\0"]), "is no file beside the snippet"),
    "reads a name without end": (with_keys(reads=["x" * 300]), "cannot be read: File name too long"),
    "reads itself": (with_keys(reads=["a.py"]), "a.py is the snippet itself"),
    "reads the same twice": (reading(text("1"), "x", "x"), "'x' stands twice"),
    "reads below a file": (reading(text("1"), "x/y"), "x/y is not there"),
    "reads something huge": (reading(sparse(1 << 40)), "x has 1,073,741,824 KiB; 16,384 are the most"),
    "reads upwards": (with_keys(reads=["../../../../../etc/passwd"]), "/passwd' is no file beside the snippet"),
    "has all the time": (with_keys(timeout=1e9), "must be a number of seconds, at most 600"),
    "has a header without end": (text(HEADER.replace("[tool.live]", "x = " + "[" * 60_000)), "bad header: it has 60,"),
    "has lists in lists": (text(HEADER.replace("[tool.live]", "x = " + "[" * 8000)), "or lists in lists without end"),
    "has tables in tables": (with_keys(lab={"sysctl": {"vm": {"x": 1}}}), "write the whole name in quotes"),
    "asks for a command": (with_keys(needs=["sh -c evil"]), "no command 'sh -c evil'"),
    "is itself process 1": (
        with_keys(host="lab", lab={"cmdline": "rdinit=/snippets/t/x.py"}),
        "init= is the lab's own",
    ),
    "is loaded by process 1": (
        with_keys(host="lab", lab={"cmdline": "LD_PRELOAD=/snippets/t/x.so"}),
        "must be words for the kernel's command line",
    ),
    "gives process 1 arguments": (with_keys(host="lab", lab={"cmdline": "-- -c evil"}), "must be words for the kernel"),
    "searches without end": (with_keys(host="lab", lab={"log": ["x"] * 21}), "20 regular expressions are the most"),
    "writes elsewhere in its guest": (with_keys(host="lab", lab={"cgroup": {"../x": 1}}), "is not a name with"),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_or_header_of_that_kind_is_refused_at_once(tmp_path, what):
    make, message = FILES[what]
    (tmp_path / "t").mkdir()
    make(tmp_path / "t" / "a.py")
    started = time.process_time()

    found, problems = discover(tmp_path)

    assert found == []
    assert [problem.snippet for problem in problems][:1] == ["t/a"]
    assert message in "\n".join(problem.what for problem in problems)
    assert time.process_time() - started < 2


HALF = source.LONGEST // 2
SLOW = {  # sources of about the greatest length, on each of which some way to read them takes long
    "asserts": HEADER + ('assert x, "x"\n' + "#" * 45 + "\n") * 999,
    "too many asserts": HEADER + "assert x\n" * (HALF // 5),
    "blocks": "# /// a\n" * (HALF // 5) + HEADER,
    "blocks of one kind": "# /// script\n" * (HALF // 8),
    "ends": HEADER.replace("# ///\n", "# ///\n" * (HALF // 4)),
    "keys": HEADER.replace("[tool.live]", "[tool.live]\n" + "".join(f"# x{n} = 1\n" for n in range(5_000))),
    "few keys": HEADER.replace("[tool.live]", "[tool.live]\n" + "".join(f"# x{n} = 1\n" for n in range(500)))
    + "#" * HALF,
    "dotted keys": HEADER.replace("[tool.live]", f"[tool.live]\n# {'x.' * 3900}x = 1"),
    "imports": HEADER + "import a, b, c, d, e, f\n" * (HALF // 13),
    "regions": HEADER + "# region a\n# endregion\n" * (HALF // 13),
    "ends of regions": HEADER + "# endregion\n" * (HALF // 7),
    "spaces": HEADER + f"{' ' * HALF}# region\n",
    "a title": HEADER.replace("A title.", "A title." * (HALF // 5)),
    "values in a text": f"{HEADER}f'{'{x}' * (HALF * 2 // 3 - 99)}'\n",  # Python 3.11 finds each from the first
    "unseen": HEADER + "#\u202e\n" * (HALF // 3),
}


@pytest.mark.parametrize("what", SLOW)
def test_no_source_takes_long_to_read(tmp_path, what):
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "a.py").write_text(SLOW[what])
    assert (tmp_path / "t" / "a.py").stat().st_size < source.LONGEST
    started = time.process_time()

    discover(tmp_path)

    assert time.process_time() - started < 5


def test_a_header_cannot_have_more_memory_than_the_machine(tmp_path):
    from live.project import Project

    (tmp_path / "snippets" / "t").mkdir(parents=True)
    (tmp_path / "docs").mkdir()
    body = "import resource, sys\nprint(open('/proc/self/cgroup').read())\nassert True, 'x'\n"
    (tmp_path / "snippets" / "t" / "a.py").write_text(running.with_header(body, memory="900TiB"))
    limits = []

    class Seen(running.cgroup.ControlGroup):
        def __init__(self, name, memory, processes):
            limits.append(memory)
            super().__init__(name, memory, processes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("live.run.ControlGroup", Seen)
        ran = running.captured(Project.at(tmp_path).with_mode("fresh"))["t/a"]

    assert ran.problems == []
    assert limits[0] < 0.9 * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_a_search_in_a_log_that_takes_for_ever_is_given_up(monkeypatch):
    started = time.monotonic()
    monkeypatch.setattr(guest_run, "SOON", 0.5)
    assert guest_run._search(r"(a+)+$", "[    1.0] " + "a" * 60 + "!\n") == ""
    assert time.monotonic() - started < 15

    monkeypatch.setattr(guest_run, "SOON", 60)
    assert guest_run._search(r"b c$", "[    1.0] a\n[    1.1] b c\n") == "[    1.1] b c"


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ("a\x1b[2Jb\rc\x07", r"a\x1b[2Jb\rc\x07"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("user\u202egnp.exe\u200b", r"user\u202egnp.exe\u200b"),
        ("é ü 漢 🎉", "é ü 漢 🎉"),
        ("::error::x\n  ::add-mask::y", "\\::error::x\n  \\::add-mask::y"),
        ("\n\u3000::error::x\n\t\xa0\u2003::error::x", "\n\u3000\\::error::x\n\t\xa0\u2003\\::error::x"),
        ("a\x85::error::x\u2028::error::x\r::error::x", r"a\x85::error::x\u2028::error::x\r::error::x"),
        ("a\xadb\u180ec\u206ad\U000e0041", r"a\xadb\u180ec\u206ad\U000e0041"),
        ("a::b c[::1]", "a::b c[::1]"),
        ("##[error]x ##vso[task.x]y # [z]", r"\##[error]x \##vso[task.x]y # [z]"),
    ],
)
def test_text_of_others_is_printed_as_what_it_is(given, printed):
    assert printable.printable(given) == printed


def test_a_message_gives_no_orders_to_a_terminal_or_to_a_workflow():
    shown = str(Problem("docs/a.md:1", "t/a", "snippets/t/a.py:1", "ValueError: \n::error::x\x1b[2J", "::warning::y"))

    assert shown.split("\n") == [
        "docs/a.md:1: snippet t/a (snippets/t/a.py:1): ValueError: ",
        r"    \::error::x\x1b[2J",
        r"    \::warning::y",
    ]
    assert not re.search(r"^\s*::", shown, re.MULTILINE)
