# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
# [tool.live]
# host = ["build", "lab"]
# needs = ["sar"]
# exclusive = true
# facts = ["steps", "total", "promised", "limit", "mode"]
# ///
"""The %commit of sar passes 100 while memory stays available.

Runs sar and reads /proc/meminfo: as things are, with several times RAM and swap promised to this
process, and after giving that back. Uses none of it.
"""

import mmap
import os
import re
import resource
import subprocess
from pathlib import Path

import matplotlib.pyplot as plt

MiB, PRIVATE = 2**20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS  # and not MAP_NORESERVE
mode = int(Path("/proc/sys/vm/overcommit_memory").read_text())


def meminfo():
    lines = re.findall(r"^(\w+): +(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return {name: int(kib) * 1024 for name, kib in lines}


def sar():
    """One sample, one second from now: a line of names, and at the end a line of averages."""
    command, english = ["sar", "-r", "1", "1"], os.environ | {"LC_ALL": "C"}
    quiet = subprocess.DEVNULL  # it may complain that there are no temperatures to read
    said = subprocess.check_output(command, text=True, env=english, stderr=quiet).splitlines()
    names, values = next(line for line in said if "kbcommit" in line).split(), said[-1].split()
    # From the right: the time on the left may be one word or two.
    columns = dict(zip(names[::-1], values[::-1], strict=False))
    return int(columns["kbcommit"]), float(columns["%commit"])


def step(name):
    (kbcommit, percent), now = sar(), meminfo()
    committed, available = now["Committed_AS"], now["MemAvailable"]
    steps[name] = {"kbcommit": kbcommit, "percent": percent}
    steps[name] |= {"committed": committed, "available": available, "of": 100 * committed / limit}
    print(
        f"{name:<12}{kbcommit:12,}{committed // 1024:14,}{percent:10.2f}"
        f"{100 * committed / total:10.2f}{steps[name]['of']:10.2f}{available // 1024:14,}"
    )


start, steps = meminfo(), {}
total, limit = start["MemTotal"] + start["SwapTotal"], start["CommitLimit"]
print(
    f"{'KiB and %':<12}{'kbcommit':>12}{'Committed_AS':>14}{'%commit':>10}"
    f"{'by hand':>10}{'of limit':>10}{'MemAvailable':>14}"
)
step("before")
room = 3 * total if mode < 2 else max(0, limit - start["Committed_AS"]) // 2
if (soft := resource.getrlimit(resource.RLIMIT_AS)[0]) >= 0:
    room = min(room, soft // 2)
piece = room // 6  # mode 0 refuses what is more than RAM and swap at once
areas = [mmap.mmap(-1, piece, PRIVATE) for _ in range(6) if piece]
promised = piece * len(areas)
step("promised")
for area in areas:
    area.close()
step("after")
print(f"\n{promised / MiB:,.0f} MiB were promised in vm.overcommit_memory={mode}")

figure, axes = plt.subplots(figsize=(5.6, 2.4), layout="constrained")
promises = [100 * one["committed"] / total for one in steps.values()]
left = [100 * one["available"] / start["MemTotal"] for one in steps.values()]
for shift, values, colour, what in (
    (-0.2, promises, "#e0892b", "promised"),
    (0.2, left, "#2a78b5", "available"),
):
    bars = axes.barh([row + shift for row in range(3)], values, 0.38, color=colour)
    axes.bar_label(bars, [f"{value:.0f} % {what}" for value in values], padding=3)
axes.axvline(100, color="#7f8c8d", linewidth=1)
axes.set(xlabel="% of RAM and swap promised, % of RAM available", xlim=(0, 1.35 * max(promises)))
axes.set_yticks(range(3), steps)
axes.invert_yaxis()
said = [f"{name}: {p:.0f} and {a:.0f}" for name, p, a in zip(steps, promises, left, strict=True)]
figure.set_label(f"Promised of RAM and swap, and available of RAM, in %. {'; '.join(said)}.")

# Others promise and give back in these seconds, too: on a busy machine by some 10 % of RAM.
before, during, after = steps.values()
for name, one in steps.items():
    exact, committed = 100 * one["kbcommit"] * 1024 / total, one["committed"] // 1024
    assert abs(one["percent"] - exact) < 0.011, (  # it has two decimals
        f"{name}: %commit {one['percent']:.2f} is kbcommit of RAM and swap, {exact:.2f} %"
    )
    assert abs(one["kbcommit"] - committed) * 1024 < 0.1 * total, (
        f"{name}: kbcommit {one['kbcommit']:,} is Committed_AS, a moment later {committed:,}"
    )
share, grown = 100 * promised / total, during["percent"] - before["percent"]
back, change = during["percent"] - after["percent"], during["available"] - before["available"]
assert max(abs(grown - share), abs(back - share)) < share / 5, (
    f"{promised / MiB:,.0f} MiB promised made %commit grow by {grown:.0f} and fall by {back:.0f}"
)
assert abs(change) < promised / 5, f"MemAvailable changed by {change / MiB:+,.0f} MiB"
if promised > 2 * total:
    assert during["percent"] > 100, f"%commit reached {during['percent']:.2f}, and nothing failed"
