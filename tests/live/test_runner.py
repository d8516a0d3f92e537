"""A run ends when it must, with everything that it started, and says why."""

import contextlib
import functools
import os
import time
from pathlib import Path

import pytest
import running
from live import cgroup, processes, runner
from live.runner import Job

MiB = 1 << 20


@pytest.fixture(params=["control group", "watched"])
def limited(request):
    """Both ways of holding a run to its memory."""
    with contextlib.ExitStack() as stack:
        if request.param == "watched":
            stack.enter_context(running.without_control_groups())
        elif not cgroup.allowed():
            pytest.skip("no control group may be made here")
        yield


def test_shared_memory_is_not_counted_once_for_each_who_shares_it(limited, run):
    ran = run(
        "import mmap, os, time\n"
        "shared = mmap.mmap(-1, 100 << 20)\n"
        "shared.write(b'x' * len(shared))\n"
        "children = []\n"
        "for _ in range(4):\n"
        "    pid = os.fork()\n"
        "    if pid == 0:\n"
        "        sum(shared[::4096])\n        time.sleep(0.5)\n        os._exit(0)\n"
        "    children.append(pid)\n"
        "for pid in children:\n    os.waitpid(pid, 0)\n",
        memory="300MiB",
    )

    assert ran.problems == []


def test_a_run_that_does_not_end_is_ended(run):
    started = time.monotonic()

    ran = run("import time\nprint('waiting')\ntime.sleep(60)\n", timeout=2)

    assert ran.said == "did not end within its 2 s"
    assert ran.result.stdout == "waiting\n"
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "import os\nos.kill(os.getppid(), 9)\nimport time\ntime.sleep(5)\n",
            "did not end within its 2 s",
        ),  # which is process 1 in there
        ("import os\nos.closerange(0, 3)\n", "it ended with status"),
        (
            "import os\nos.closerange(3, 100)\nassert 1, 'after'\n",
            "the way on which claims and facts are reported was closed",
        ),
        ("import os\nos._exit(0)\n", "it made no claim"),
        (
            "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n",
            "did not end within its 2 s",
        ),
        ("import ctypes\nctypes.string_at(0)\n", "it ended with SIGSEGV"),
    ],
)
def test_other_ways_to_go_wrong_have_a_message(run, body, message):
    ran = run(body, timeout=2)

    assert message in ran.said + (ran.result.stderr if ran.problems else "")


FORGE = """
import os
channel = int(open("/proc/self/environ").read().partition("LIVE_CHANNEL=")[2].partition("\\0")[0])
os.write(channel, {packet!r})
"""


@pytest.mark.parametrize(
    "packet",
    [
        b'{"claim": 2, "held": true, "message": "there is no assert in line 2"}',
        b'{"claim": "x", "held": true, "message": "x"}',
        b'{"fact": "unnamed", "value": 1}',
        b'{"peak": "much", "cpu": 1.0}',
        b"not json",
        b"[]",
        b"{}",
        b"[" * 10_000,
        b"\xff\xfe",
    ],
)
def test_forged_reports_end_the_run(run, packet):
    assert run(FORGE.format(packet=packet) + "import time\ntime.sleep(5)\n").said == (
        "sent a report that the harness does not send"
    )


MANY = """
import json, os
channel = int(open("/proc/self/environ").read().partition("LIVE_CHANNEL=")[2].partition("\\0")[0])
for n in range({times}):
    os.write(channel, json.dumps({report}).encode())
"""


@pytest.mark.parametrize(
    ("times", "report", "message"),
    [
        (
            60,
            "{'figure': '<svg/>', 'text': ''}",
            "drew more than 50 figures; close with plt.close(fig) what no page needs",
        ),
        (
            1,
            "{'figure': '<svg/>', 'text': 'x' * 5000}",
            "figure 1 has a text alternative of 5,000 characters; 4,000 are",
        ),
        (1, "{'figure': 'x' * (200 << 10), 'text': 'x'}", "sent a report that the harness does not send"),
        (3000, "{'bad_fact': 'x', 'why': 'y'}", "and 2,980 more of this kind"),
    ],
    ids=["figures", "label", "drawing", "facts"],
)
def test_no_run_reports_more_than_can_be_read_back(run, times, report, message):
    ran = run(MANY.format(times=times, report=report))

    assert message in ran.said
    assert len(ran.problems) <= 21
    assert ran.capture is None


def test_as_many_figures_as_a_capture_may_have_with_texts_as_long_are_kept(run):
    label = "x" * 4000
    ran = run(MANY.format(times=50, report=f"{{'figure': '<svg/>', 'text': '{label}'}}"))

    assert ran.problems == []
    assert [figure["text"] for figure in ran.capture["figures"]] == [label] * 50


def test_what_json_does_not_know_is_no_fact(run):
    for value in (b"NaN", b"1e999", b"9" * 5000):
        packet = b'{"fact": "n", "value": ' + value + b"}"
        ran = run("n = 1\n" + FORGE.format(packet=packet) + "import time\ntime.sleep(5)\n", facts=["n"])
        assert ran.said == "sent a report that the harness does not send"


def test_an_empty_report_hides_no_claim_that_does_not_hold(run):
    ran = run(FORGE.format(packet=b"") + "import time\ntime.sleep(0.3)\nassert False, 'it is so'\n")

    assert ran.problems
    assert ran.capture is None


def test_text_that_is_no_unicode_is_kept_readable(run):
    ran = run("name = 'x\\udc80y'\nassert name, f'its name is {name}'\n", facts=["name"])

    assert ran.capture["facts"] == {"name": "x?y"}
    assert ran.capture["claims"][0]["message"] == "its name is x?y"


def test_a_fact_that_holds_itself_is_told(run):
    assert "it holds itself" in run("round_ = []\nround_.append(round_)\n", facts=["round_"]).said


def content(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("code", "status"), [("3", 3), ("-1", 255), ("300", 44), ("None", 0), ("'why'", 1), ("True", 1)]
)
def test_the_exit_status_is_the_one_that_python_gives(run, code, status):
    ran = run(f"import sys\nprint('x')\nassert 1, 'x'\nsys.exit({code})\n", plain=True, exits=status)

    assert ran.problems == []
    assert ran.capture["status"] == status


def test_the_least_memory_does_not_stop_the_engine(limited, run):
    ran = run("held = bytearray(8 << 20)\nimport time\ntime.sleep(5)\n", memory="64KiB")

    assert ran.said.startswith("used more than the ")


def test_groups_of_builds_that_were_killed_are_removed(run):
    try:
        killed = cgroup.ControlGroup(f"live-{os.getpid()}-1", 64 * MiB, 8)
    except OSError as error:
        pytest.skip(f"no control group may be made here: {error}")
    run("")
    assert all(folder.exists() for folder in killed.folders), "a build still held them"

    left = killed.folders
    for lock in killed.locks:
        os.close(lock)  # as the kernel does at the end of whoever held it
    run("")

    assert [folder for folder in left if folder.exists()] == []


def test_a_fact_that_is_too_large_is_told(run):
    ran = run("big = 'x' * 300_000\n", facts=["big"])

    assert ran.said.startswith("a fact of 292 KiB; 192 KiB is the most")


def test_claims_are_recorded_one_by_one_with_their_messages(run):
    ran = run("for n in range(3):\n    assert n < 5, f'{n} is less than 5'\n")

    assert [claim["message"] for claim in ran.capture["claims"]][:3] == [f"{n} is less than 5" for n in range(3)]


def test_a_claim_in_a_loop_is_recorded_a_limited_number_of_times(run):
    ran = run("for n in range(1000):\n    assert n >= 0, f'{n} is not negative'\n")

    assert len(ran.capture["claims"]) == 51


def test_output_of_commands_comes_in_order(run):
    ran = run("import subprocess\nprint('one')\nsubprocess.run(['echo', 'two'])\nprint('three')\n")

    assert ran.result.stdout.split()[:3] == ["one", "two", "three"]


def test_a_process_list_shows_the_snippet_by_its_name(run):
    ran = run(
        "import subprocess\nsubprocess.run(['ps', '-o', 'args', '-p', str(__import__('os').getpid())])\n", needs=["ps"]
    )

    assert "tried.py" in ran.result.stdout
    assert "harness" not in ran.result.stdout


def test_time_processor_and_memory_are_told(run):
    ran = run("held = bytearray(100 << 20)\nimport time\nwhile time.process_time() < 0.3:\n    pass\n")

    assert 100 * MiB < ran.result.peak < 200 * MiB
    assert 0.3 <= ran.result.cpu <= ran.result.seconds + 5  # its start is in the first alone


def clock(seconds=0.0):
    return f"import time\nprint(time.monotonic())\ntime.sleep({seconds})\nprint(time.monotonic())\n"


def spans(ran):
    return {name.split("/")[1]: tuple(map(float, one.result.stdout.split()[:2])) for name, one in ran.items()}


def test_sleeping_runs_hold_no_core(run_all, source, monkeypatch):
    count, together = 3 * runner.cores(), []
    body = "import time\ntime.sleep(1.5)\nassert 1, 'x'\n"
    monkeypatch.setattr("live.execute._Progress.__call__", lambda _, active: together.append(len(active)))

    run_all({f"t/s{n}": source(body, title=f"Sleeper {n}.", memory="50MiB") for n in range(count)})

    assert max(together) > runner.cores()


def test_an_exclusive_run_is_alone(run_all, source):
    body = clock(0.3) + "assert 1, 'x'\n"
    snippets = {f"t/n{n}": source(body, title=f"Run {n}.", exclusive=n < 2) for n in range(5)}

    ran = spans(run_all(snippets))

    for alone in ("n0", "n1"):
        start, end = ran[alone]
        assert all(
            other_end <= start or end <= other_start for name, (other_start, other_end) in ran.items() if name != alone
        )


def test_the_longest_known_goes_first():
    order = []

    class Started(Exception):
        pass

    def start(name, _):
        order.append(name)
        raise Started

    jobs = [
        Job(name, functools.partial(start, name), 1 << 20, known_seconds=seconds)
        for name, seconds in (("short", 1), ("long", 9), ("new", float("inf")))
    ]
    while jobs:
        with pytest.raises(Started):
            runner.run_all(jobs, lambda *_: None)
        jobs = [job for job in jobs if job.what not in order]

    assert order == ["new", "long", "short"]


def test_an_interrupted_round_leaves_nothing(project, source, monkeypatch):
    from live.capture import Captures
    from live.discovery import discover

    where = project({"t/one": source("import time\nprint(1)\ntime.sleep(60)\nassert 1, 'x'\n")})

    def interrupt(active):
        for run in active:
            seen.extend(processes.tree(run.process.pid))
        if any(run.output["stdout"] for run in active):
            raise KeyboardInterrupt

    seen = []
    monkeypatch.setattr("live.execute._Progress.__call__", lambda _, active: interrupt(active))
    with pytest.raises(KeyboardInterrupt):
        Captures(where, discover(where.snippets)[0]).take()

    assert seen
    end = time.monotonic() + 15  # the kernel ends them, and it too needs a processor for that
    while alive := [pid for pid in seen if state(pid) != "Z"]:
        assert time.monotonic() < end, alive
        time.sleep(0.02)


def state(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"
