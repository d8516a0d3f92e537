"""Guests really boot, answer, and fail in each way that a guest can; whatever happens, the emulator is gone."""

import os
import re
import select
import time
from pathlib import Path

import pytest
from live import hosts, processes
from live.lab import machine, settings
from live.lab import run as guest_run
from live.lab.settings import Lab
from live.project import sandbox_wanted

pytestmark = pytest.mark.skipif(bool(machine.lacking()), reason=machine.lacking())

END = '\nprint("the end")\nassert True, "it came to its end"\n'
NETWORK = """
import os, socket
interfaces = os.listdir("/sys/class/net")
mounts = sorted({line.split()[2] for line in open("/proc/mounts")})
disks = [name for name in os.listdir("/sys/block") if name.startswith("vd")]
try:
    reached = bool(socket.create_connection(("10.0.2.2", 80), timeout=3))
except OSError as error:
    reached = error.strerror
try:
    hypervisor = bool(socket.socket(socket.AF_VSOCK).connect((2, 1)))
except OSError as error:
    hypervisor = error.strerror
devices = "/sys/bus/virtio/devices"
hardware = sorted(open(f"{devices}/{name}/device").read().strip() for name in os.listdir(devices))
"""
CASES = {
    "answers": (
        "import os\nkernel, user = os.uname().release, os.getuid()\nopen('/dev/kmsg', 'w').write('a word of its own')",
        {"facts": ["kernel", "user"], "lab": {"log": ["a word of its own"]}},
    ),
    "cannot_reach_the_host": (
        NETWORK,
        {"facts": ["interfaces", "mounts", "disks", "reached", "hypervisor", "hardware"]},
    ),
    "has_what_was_ordered": (
        "import os\n"
        "limit = open('/sys/fs/cgroup/snippet/memory.max').read().strip()\n"
        "mine = open('/proc/self/cgroup').read().strip()\n"
        "swappiness = open('/proc/sys/vm/swappiness').read().strip()\n"
        "swap = open('/proc/swaps').read().split()[7]\n"
        "disk = os.statvfs('/disk').f_blocks * os.statvfs('/disk').f_frsize\n"
        "words = open('/proc/cmdline').read()",
        {
            "facts": ["limit", "mine", "swappiness", "swap", "disk", "words"],
            "lab": {
                "memory": "300M",
                "swap": "64M",
                "disk": "96M",
                "sysctl": {"vm.swappiness": 7},
                "cgroup": {"memory.max": "64M"},
                "cmdline": "transparent_hugepage=never",
            },
        },
    ),
    "panics_as_expected": (
        "import time\nprint('x')\nassert 1, 'before'\ntime.sleep(3)\nopen('/proc/sysrq-trigger', 'w').write('c')",
        {"exits": "panic", "lab": {"log": ["Kernel panic - not syncing: sysrq"]}},
    ),
    "panics": ("open('/proc/sysrq-trigger', 'w').write('c')", {}),
    "hangs": (
        "import signal\nfor one in set(signal.Signals) - {9, 19}:\n    signal.signal(one, signal.SIG_IGN)\n"
        "while True:\n    pass",
        {"timeout": 2},
    ),
    "turns_itself_off": ("import ctypes\nctypes.CDLL(None).reboot(0x4321FEDC)", {}),
    "loses_its_way_to_the_host": (
        "import glob, time\n"
        "(device,) = glob.glob('/sys/bus/virtio/drivers/virtio_console/virtio*')\n"
        "open('/sys/bus/virtio/drivers/virtio_console/unbind', 'w').write(device.split('/')[-1])\ntime.sleep(60)",
        {"timeout": 20},
    ),
    "kills_all": ("import os\nos.kill(-1, 9)\nos.kill(os.getpid(), 9)", {}),
    "writes_to_the_console_for_ever": (
        "with open('/dev/console', 'w') as console:\n    while True:\n        console.write('x' * 4000)",
        {"timeout": 120},
    ),
    "closes_all_that_it_has_and_goes_on": ("import os, time\nos.closerange(0, 64)\ntime.sleep(1)\nos._exit(3)", {}),
    "has_no_room_to_start": ("", {"lab": {"cgroup": {"memory.max": "1M"}}}),
    "wants_a_setting_that_is_not_there": ("", {"lab": {"sysctl": {"vm.nonsense": 1}}}),
    "has_a_log_without_what_was_expected": ("", {"lab": {"log": ["Killed process"]}}),
    "leaves_a_daemon": (
        "import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork():\n        os._exit(0)\n"
        "    import time\n    time.sleep(900)",
        {},
    ),
    "draws": (
        "def draw(sizes):\n    import matplotlib.pyplot as plt\n    fig, axes = plt.subplots()\n"
        "    axes.plot(sizes)\n    fig.set_label(f'{len(sizes)} points.')\n\nsizes = [1, 4, 9]\nmany = 'x' * 100_000",
        {"facts": ["sizes", "many"], "dependencies": ("matplotlib",)},
    ),
    "dies_while_it_draws": (
        "def draw(sizes):\n    import os\n    os._exit(3)\n\nsizes = [1]",
        {"facts": ["sizes"]},
    ),
    "draws_without_words": (
        "def draw(sizes):\n    import matplotlib.pyplot as plt\n    plt.subplots()\n\nsizes = [1]",
        {"facts": ["sizes"], "dependencies": ("matplotlib",)},
    ),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory, run_in):
    """All cases, side by side; and what of this process's children is left."""
    snippets = {}
    for name, (body, keys) in CASES.items():
        end = "" if keys.get("exits") == "panic" else END
        snippets[f"t/{name}"] = (body + end, {"host": "lab", "title": f"Case {name}."} | keys)
    before = set(processes.tree(os.getpid()))
    found = run_in(tmp_path_factory.mktemp("lab"), snippets)
    found["left"] = set(processes.tree(os.getpid())) - before
    return found


def test_it_answers_with_facts_claims_log_and_provenance(ran):
    one = ran["t/answers"]

    assert one.problems == []
    assert one.capture["facts"]["user"] == 0
    assert one.capture["facts"]["kernel"] != os.uname().release
    assert one.capture["host"]["kernel"] == one.capture["facts"]["kernel"]
    assert one.capture["host"]["name"] == "lab"
    assert re.match(r"QEMU \d.*, (KVM|software emulation)$", one.capture["host"]["emulation"])
    assert [claim["message"] for claim in one.capture["claims"]] == [
        "it came to its end",
        "the kernel's log says: a word of its own",
    ]
    assert re.fullmatch(r"\[ *\d+\.\d+\] a word of its own\n", one.capture["log"])


def test_it_has_no_network_no_disk_and_no_file_of_the_host(ran):
    facts = ran["t/cannot_reach_the_host"].capture["facts"]

    assert facts["interfaces"] == ["lo"]
    assert facts["disks"] == []
    assert facts["reached"] == "Network is unreachable"
    assert facts["hypervisor"] is not True
    assert set(facts["mounts"]) <= {"rootfs", "ramfs", "proc", "sysfs", "devtmpfs", "devpts", "tmpfs", "cgroup2"}
    assert facts["hardware"] == ["0x0003"], "a console is the only virtual device"


def test_it_is_made_as_its_header_says(ran):
    one = ran["t/has_what_was_ordered"]
    facts = one.capture["facts"]

    assert facts["limit"] == str(64 << 20)
    assert facts["mine"] == "0::/snippet"
    assert facts["swappiness"] == "7"
    assert 65_000 <= int(facts["swap"]) <= 65_536
    assert 60 << 20 < facts["disk"] <= 96 << 20
    assert "transparent_hugepage=never" in facts["words"]
    assert 200 << 20 < one.capture["host"]["ram"] < 300 << 20
    assert one.capture["host"]["transparent_hugepage"] == "never"
    assert one.capture["host"]["lab"]["sysctl"] == {"vm.swappiness": 7}


def test_an_expected_panic_is_a_capture_with_its_log(ran):
    one = ran["t/panics_as_expected"]

    assert one.problems == []
    assert one.capture["status"] == 256
    assert "Kernel panic - not syncing: sysrq triggered crash" in one.capture["log"]
    assert [claim["held"] for claim in one.capture["claims"]] == [True, True]


@pytest.mark.parametrize(
    ("name", "said", "console"),
    [
        ("panics", "it ended with a kernel panic; its header expects status 0", "Kernel panic - not syncing"),
        ("hangs", "did not end within its 2 s", "lab: the snippet starts"),
        ("turns_itself_off", "its guest ended without a word", "reboot: Power down"),
        ("loses_its_way_to_the_host", "did not end within its 20 s", "lab: the snippet starts"),
        ("kills_all", "it ended with SIGKILL; its header expects status 0", "lab: the snippet ended"),
        ("closes_all_that_it_has_and_goes_on", "it ended with status 3, past the harness", "lab: the snippet ended"),
        ("has_no_room_to_start", "it ended with SIGKILL; its header expects status 0", "Memory cgroup out of memory"),
        ("writes_to_the_console_for_ever", "wrote more than 1 MiB to console", "xxx"),
    ],
)
def test_a_guest_that_fails_says_how_and_shows_the_end_of_its_console(ran, name, said, console):
    one = ran[f"t/{name}"]

    assert one.capture is None
    assert said in one.said
    assert console in one.problems[0].detail


def test_a_setting_that_the_kernel_lacks_is_named(ran):
    said = ran["t/wants_a_setting_that_is_not_there"].said

    assert re.fullmatch(r"the guest's kernel, [\w.+-]+, lacks the setting vm\.nonsense = 1", said)


def test_what_the_log_does_not_say_is_a_broken_claim(ran):
    one = ran["t/has_a_log_without_what_was_expected"]

    assert one.said == "claim did not hold: the kernel's log has a line that matches 'Killed process'"
    assert one.problems[0].at.endswith(":7")


def test_what_a_snippet_leaves_behind_does_not_hold_it_up(ran):
    assert ran["t/leaves_a_daemon"].problems == []


def test_figures_are_drawn_from_what_the_guest_measured(ran):
    (figure,) = ran["t/draws"].capture["figures"]

    assert figure["text"] == "3 points."
    assert "<svg" in figure["svg"]
    assert "figure 1 has no text alternative" in ran["t/draws_without_words"].said
    assert ran["t/dies_while_it_draws"].said == "draw: it ended with status 3"


def test_no_emulator_is_left(ran):
    assert ran["left"] == set()


def test_a_guest_that_never_boots_is_given_up(run, monkeypatch):
    monkeypatch.setattr(guest_run, "BOOT", 0.05)
    started = time.monotonic()

    ran = run("", host="lab")

    assert ran.said == "its guest did not boot within 0.05 s"
    assert time.monotonic() - started < 20


def test_a_kernel_that_panics_at_boot_says_so(run, monkeypatch):
    monkeypatch.setitem(settings._KEYS, "cmdline", str)  # a header may not say this; an image may be so
    ran = run("", host="lab", lab={"cmdline": "rdinit=/nowhere init=/nowhere root=/dev/nothing"})

    assert ran.said == "its guest's kernel panicked before the snippet started"
    assert "Kernel panic - not syncing" in ran.problems[0].detail


def test_more_memory_than_there_is_to_spare_is_refused(run):
    ran = run("", host="lab", lab={"memory": "900T"})

    assert re.fullmatch(
        r"lab: asks for \d+ MiB with swap and disk; this machine can spare \d+ MiB for a guest", ran.said
    )


def test_without_an_emulator_there_is_a_skip_that_says_what_to_install(run, monkeypatch):
    monkeypatch.setattr(machine, "SEARCH_PATH", "/nowhere")

    ran = run("", host="lab")

    assert ran.outcome.status == "skipped"
    assert re.fullmatch(r"the lab needs QEMU and zstd: sudo apt-get install qemu-system-\w+ zstd", ran.outcome.reason)


def test_the_lab_can_be_switched_off_and_says_so(run, monkeypatch):
    monkeypatch.setenv("LIVE_LAB", "off")

    ran = run("", host="lab")

    assert (ran.outcome.status, ran.outcome.reason) == (
        "skipped",
        "the lab is switched off; unset LIVE_LAB to have this run",
    )


def test_a_machine_of_another_kind_is_a_skip(run, monkeypatch):
    monkeypatch.setattr(machine, "KINDS", {})

    assert run("", host="lab").outcome.reason.startswith("the lab has no machine for ")


@pytest.fixture
def emulator(tmp_path, monkeypatch, an_image):
    """Put something else in the place of QEMU, outside the sandbox."""

    def put(script):
        path = tmp_path / "emulator"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        kinds = {kind: (str(path), *rest) for kind, (_, *rest) in machine.KINDS.items()}
        monkeypatch.setattr(machine, "KINDS", kinds)
        monkeypatch.setenv("LIVE_SANDBOX", "off")
        monkeypatch.setattr(machine, "_may_use_kvm", lambda: True)
        machine.accelerator.cache_clear()
        return an_image

    yield put
    machine.accelerator.cache_clear()


@pytest.mark.parametrize(
    "script", ["exec sleep 300", "echo error: failed to set MSR 0x345 >&2; exit 134", "echo 'SeaBIOS'; exec sleep 300"]
)
def test_kvm_that_gives_no_sign_of_life_is_not_used(emulator, monkeypatch, script):
    monkeypatch.setattr(machine, "PATIENCE", 1)
    started, before = time.monotonic(), set(processes.tree(os.getpid()))

    assert machine.accelerator(emulator(script)) == "tcg"
    assert time.monotonic() - started < 5
    assert set(processes.tree(os.getpid())) <= before


def test_kvm_that_boots_a_kernel_is_used(emulator):
    assert machine.accelerator(emulator("echo '[    0.000000] Linux version 6.1'; exec sleep 300")) == "kvm"


@pytest.mark.skipif(not machine.KVM.exists(), reason="there is no /dev/kvm here to try")
def test_the_kvm_of_this_machine_is_judged_within_seconds(an_image, monkeypatch):
    monkeypatch.setattr(machine, "_may_use_kvm", lambda: True)
    monkeypatch.setattr("live.sandbox.account", dict)  # root itself may open the device
    machine.accelerator.cache_clear()
    started = time.monotonic()

    assert machine.accelerator(an_image) in ("kvm", "tcg")
    assert time.monotonic() - started < machine.PATIENCE + 5
    machine.accelerator.cache_clear()


def test_an_interrupted_guest_leaves_nothing(project, source, monkeypatch):
    from live.capture import Captures
    from live.discovery import discover

    where = project({"t/one": source("print(1)\nassert 1, 'x'\n", host="lab")})
    before = set(processes.tree(os.getpid()))
    seen = []

    def interrupt(_, active):
        seen.extend(set(processes.tree(os.getpid())) - before)
        if processes.cpu_seconds(seen) > 1:
            raise KeyboardInterrupt

    monkeypatch.setattr("live.execute._Progress.__call__", interrupt)
    with pytest.raises(KeyboardInterrupt):
        Captures(where, discover(where.snippets)[0]).take()

    assert seen
    assert set(processes.tree(os.getpid())) <= before


def test_a_warm_build_starts_no_guest(project, source, monkeypatch):
    from live.capture import Captures
    from live.discovery import discover

    where = project({"t/one": source("print(1)\nassert 1, 'x'\n", host=["lab"])})
    snippets = discover(where.snippets)[0]
    assert Captures(where, snippets).take().outcomes["t/one", "lab"].status == "held"
    monkeypatch.setattr(hosts.Guest, "job", lambda *_: pytest.fail("a guest was to be started"))

    warm = Captures(where, snippets).take()

    assert warm.outcomes["t/one", "lab"].reused


@pytest.mark.skipif(not sandbox_wanted(), reason="LIVE_SANDBOX=off")
def test_the_emulator_itself_is_in_the_sandbox(an_image):
    process = machine.start(an_image, Lab(), b"", "tcg")
    try:
        assert select.select([process.stdout], [], [], 60)[0], "it does not run"
        pid = next(pid for pid in processes.tree(process.pid) if "qemu" in Path(f"/proc/{pid}/comm").read_text())
        status = dict(re.findall(r"^(\w+):\s+(\S+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE))
        descriptors = {os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()}

        assert int(status["CapEff"], 16) == 0
        assert status["NoNewPrivs"] == "1"
        assert status["Seccomp"] == "2"
        assert status["Uid"] != "0"
        for kind in ("net", "pid", "ipc", "uts", "mnt", "user"):
            assert os.readlink(f"/proc/{pid}/ns/{kind}") != os.readlink(f"/proc/self/ns/{kind}"), kind
        assert set(os.listdir(f"/proc/{pid}/root")) <= {*"bin dev etc lib lib32 lib64 libx32 proc sbin tmp usr".split()}
        assert not [target for target in descriptors if Path(target).exists() and not target.startswith("/dev/")]
    finally:
        process.kill()
        process.communicate()
