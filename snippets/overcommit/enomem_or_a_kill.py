# /// script
# requires-python = ">=3.11"
# [tool.live]
# host = ["lab", "lab-newer"]
# facts = ["ends", "logged", "limit", "ram", "held", "free", "wanted", "cap", "peak", "kernel"]
# lab = { log = ['__vm_enough_memory: pid: \d+', 'VmData \d+ exceed', 'fork rejected by pids'] }
# ///
"""Most refusals leave a line in the kernel's log, and a control group kills instead.

Runs into limits of all kinds, each in a process of its own, and looks at the kernel's log after
each. Most of the machine's memory is free all the time.
"""

import errno
import mmap
import os
import platform
import re
import resource
import signal
from pathlib import Path

MiB, kernel = 2**20, platform.release()
known = "enough memory|VmData|fork rejected|Killed process"
kmsg = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
os.lseek(kmsg, 0, os.SEEK_END)  # from now on


def meminfo(name):
    return int(re.search(rf"^{name}: +(\d+)", Path("/proc/meminfo").read_text(), re.M)[1]) * 1024


def new_lines():
    """Each read of /dev/kmsg gives one record: numbers, a semicolon and the message."""
    try:
        while True:
            yield os.read(kmsg, 8192).decode().partition(";")[2].splitlines()[0]
    except BlockingIOError:
        return


def mode(value):
    Path("/proc/sys/vm/overcommit_memory").write_text(str(value))


def group(file, value):
    """Makes a control group with this limit and moves into it."""
    (path := Path(f"/sys/fs/cgroup/{os.getpid()}")).mkdir()
    (path / file).write_text(str(value))
    (path / "cgroup.procs").write_text("0")


def ask(size):
    areas.append(mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))


def use(size):
    ask(size)
    areas[-1][:: mmap.PAGESIZE] = bytes(size // mmap.PAGESIZE)


def fork():
    child = os.fork() or os._exit(0)  # which ends the child
    os.waitpid(child, 0)


def step(name, what, *actions):
    """Runs them in a child: granted, refused with an errno, or killed by a signal."""
    if (child := os.fork()) == 0:
        try:
            for action, *arguments in actions:
                action(*arguments)
        except OSError as error:
            os._exit(error.errno)
        os._exit(0)
    end = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    mode(0)
    ends[name] = signal.Signals(-end).name if end < 0 else errno.errorcode.get(end, "granted")
    logged[name] = next((line for line in [*new_lines()] if re.search(known, line)), "")
    print(f"{what:<40}{ends[name]:<9}{(re.findall(known, logged[name]) or '-')[0]}")
    return Path(f"/sys/fs/cgroup/{child}")


ram, limit, free = map(meminfo, ("MemTotal", "CommitLimit", "MemFree"))
wanted, cap, held = 128 * MiB, 48 * MiB, limit * 6 // 10 // MiB * MiB
areas, ends, logged = [], {}, {}
print(f"{free / MiB:.0f} MiB are free, on {kernel}\n{'':<40}{'result':<9}in the log")
step("machine", "mode 0: twice the RAM", (ask, 2 * ram))
step("strict", f"mode 2: {limit / MiB:.0f} MiB, CommitLimit", (mode, 2), (ask, limit))
step("fork_2", f"mode 2: have {held / MiB:.0f} MiB and fork", (ask, held), (mode, 2), (fork,))
step("fork_0", f"mode 0: have {held / MiB:.0f} MiB and fork", (ask, held), (fork,))
for name in ("AS", "DATA"):
    less = (resource.setrlimit, getattr(resource, f"RLIMIT_{name}"), (64 * MiB, 64 * MiB))
    step(name, f"RLIMIT_{name} of 64 MiB: map 128 MiB", less, (ask, wanted))
step("pids", "pids.max of 1: fork", (group, "pids.max", 1), (fork,))
capped = (group, "memory.max", cap)
step("promise", "memory.max of 48 MiB: map 128 MiB", capped, (ask, wanted))
killed = step("use", "memory.max of 48 MiB: and use it", capped, (use, wanted))
peak = int((killed / "memory.peak").read_text())
refused = [name for name, end in ends.items() if end == "ENOMEM"]
assert refused == ["machine", "strict", "fork_2", "AS", "DATA"], f"ENOMEM: {', '.join(refused)}"
assert free > limit, f"{limit / MiB:.0f} MiB are refused in mode 2, while {free / MiB:.0f} are free"
assert ends["fork_0"] == "granted", f"who has {held / MiB:.0f} MiB may fork in mode 0, not in 2"
commit = [name for name in ends if "enough memory" in logged[name]]
assert commit == ["machine", "strict", "fork_2"], f"__vm_enough_memory logs {', '.join(commit)}"
assert "VmData" in logged["DATA"] and not logged["AS"], "RLIMIT_DATA is in the log, RLIMIT_AS not"
assert ends["pids"] == "EAGAIN", f"a fork above pids.max ends with {ends['pids']}, not with ENOMEM"
assert ends["promise"] == "granted" and ends["use"] == "SIGKILL" and peak <= cap, (
    f"memory.max grants {wanted / MiB:.0f} MiB, and kills when {peak / MiB:.0f} MiB are used"
)
