# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
#
# [tool.live]
# host = "lab"
# facts = ["size", "limit", "runs", "machine", "timeline"]
# lab = { memory = "384M", cmdline = "psi=1", log = ['Memory cgroup out of memory: Killed'] }
# timeout = 90
# ///
"""Memory.high slows a group down, memory.max ends in a kill.

A child fills 64 MiB in a control group: without a limit, with memory.max at 40 MiB and with
memory.high at 40 MiB. There is no swap. What is slow is let go after some seconds.
"""

import mmap
import os
import re
import time
from pathlib import Path

MiB = 2**20
page, size, limit = os.sysconf("SC_PAGE_SIZE"), 64 * MiB, 40 * MiB
runs, timeline = {}, {}


def fill(group):
    (group / "cgroup.procs").write_text("0")
    area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area.madvise(mmap.MADV_NOHUGEPAGE)
    for offset in range(0, size, page):
        area[offset] = 1
    os._exit(0)


def pressure(path):
    """In percent of the last 10 s, and in seconds: for how long something waited for memory."""
    average, total = re.search(r"some avg10=([\d.]+).*total=(\d+)", path.read_text()).groups()
    return {"avg10": float(average), "waited": int(total) / 1e6}


def run(name, patience=60):
    group = Path(f"/sys/fs/cgroup/limited_by_{name}")
    group.mkdir()
    if name != "nothing":
        (group / f"memory.{name}").write_text(str(limit))
    start, samples, ended, took = time.perf_counter(), [], 0, {"seconds": 0}
    child = os.fork()
    if child == 0:
        fill(group)
    while not ended and took["seconds"] < patience:
        samples.append([took["seconds"], int((group / "memory.current").read_text())])
        time.sleep(0.05)
        ended, status = os.waitpid(child, os.WNOHANG)
        took["seconds"] = time.perf_counter() - start
    took |= pressure(group / "memory.pressure") | {"slowed": not ended, "held": samples[-1][1]}
    if not ended:
        (group / "memory.high").write_text("max")
        status = os.waitpid(child, 0)[1]
    for event, count in map(str.split, (group / "memory.events").read_text().splitlines()):
        took[event] = int(count)
    took["end"] = "filled" if status == 0 else f"killed by signal {status}"
    runs[name], timeline[name] = took, samples
    return took


free = run("nothing")
killed = run("max")
slowed = run("high", patience=max(5, 4 * free["seconds"]))
machine = pressure(Path("/proc/pressure/memory"))
names = f"{'seconds':>8}{'waited':>8}{'avg10':>7}{'high':>6}{'max':>5}{'oom_kill':>10}"
print(f"{'limited by':<13}{names}  end")
for name, took in runs.items():
    numbers = f"{took['seconds']:8.1f}{took['waited']:8.1f}{took['avg10']:7.1f}{took['high']:6}"
    after = ", once let go" if took["slowed"] else ""
    print(f"{name:<13}{numbers}{took['max']:5}{took['oom_kill']:10}  {took['end']}{after}")
print(f"{'the machine':<13}{'':8}{machine['waited']:8.1f}{machine['avg10']:7.1f}")


def draw(timeline, limit):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5.6, 3), layout="constrained")
    colours = {"nothing": "#7f8c8d", "max": "#d1495b", "high": "#2a78b5"}
    short = max(timeline[name][-1][0] for name in ("nothing", "max"))
    for (name, colour), height in zip(colours.items(), (56, 30, 49), strict=True):
        times, sizes = zip(*timeline[name], strict=True)
        end = {"marker": "x", "markevery": [-1], "zorder": 3} if name == "max" else {}
        axes.plot(times, [size / 2**20 for size in sizes], color=colour, **end)
        label, where = f"memory.{name}", 0.6 * times[-1] if name == "high" else short
        axes.text(where + 0.1, height, label.replace("memory.nothing", "no limit"), color=colour)
    axes.axhline(limit / 2**20, color="#7f8c8d", linestyle=":", linewidth=1)
    axes.set(xlabel="seconds", ylabel="memory.current in MiB", ylim=(0, 70))
    said = (f"limited by {name} {samples[-1][0]:.1f} s" for name, samples in timeline.items())
    figure.set_label(f"Memory of each group until it ended or was let go: {', '.join(said)}.")


over, waited = (slowed["held"] - limit) / MiB, slowed["waited"]
assert free["end"] == "filled", f"without a limit filling it took {free['seconds']:.1f} s"
assert killed["oom_kill"] == 1, f"with memory.max: {killed['end']}"
assert slowed["slowed"], f"with memory.high it was not done after {slowed['seconds']:.1f} s"
assert slowed["high"] > 10, f"it had been over the limit {slowed['high']} times"
assert 0 < over < 10, f"and held {over:.1f} MiB more than the limit"
assert waited > 0.5 * slowed["seconds"], f"in which it waited {waited:.1f} s for memory"
assert slowed["oom_kill"] == 0 and slowed["end"] == "filled", "let go, it filled the rest"
