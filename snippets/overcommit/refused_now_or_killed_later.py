# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
#
# [tool.live]
# host = "lab"
# facts = ["ram", "limit", "step", "loose", "strict"]
# lab = { memory = "512M", log = ['Out of memory: Killed process \d+ \(python3\)'] }
# timeout = 120
# ///
"""Whoever promises more than there is has to refuse early or kill late.

The same program runs in mode 0 and in mode 2. It asks for more than RAM piece by piece, stops at
the first refusal, and then writes to all that it was granted.
"""

import errno
import mmap
import os
import re
import signal
from pathlib import Path

MiB, page = 2**20, os.sysconf("SC_PAGE_SIZE")
step, pieces = 16 * MiB, 50


def meminfo(name):
    return int(re.search(rf"^{name}: +(\d+)", Path("/proc/meminfo").read_text(), re.M)[1]) * 1024


# region program
def program(say):
    areas = []
    try:
        for _ in range(pieces):
            areas.append(mmap.mmap(-1, step, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
            say("granted")
    except OSError as error:
        assert error.errno == errno.ENOMEM, f"refused with {errno.errorcode[error.errno]}"
        say("refused")
    for area in areas:
        for offset in range(0, step, page):
            area[offset] = 1
        say("written")
    say("done")


# endregion


def run(mode):
    """Runs it in a child and counts what it said before its end."""
    Path("/proc/sys/vm/overcommit_memory").write_text(str(mode))
    (told, tell), child = os.pipe(), os.fork()
    if child == 0:
        program(lambda word: os.write(tell, f"{word}\n".encode()))
        os._exit(0)
    os.close(tell)
    said = os.fdopen(told).read().split()
    end = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    result = {word: said.count(word) * step for word in ("granted", "written")}
    result |= {word: word in said for word in ("refused", "done")}
    return result | {"end": "exit 0" if end == 0 else signal.Signals(-end).name}


def draw(ram, limit, loose, strict):
    import matplotlib.pyplot as plt

    MiB = 2**20
    figure, axes = plt.subplots(figsize=(5.6, 2.6), layout="constrained")
    ends = ("mode 2:\nrefused", strict), ("mode 0:\nkilled", loose)
    for place, (_, run) in enumerate(ends):
        for height, word, colour in ((0.2, "granted", "#9ec5e3"), (-0.2, "written", "#2a78b5")):
            size = run[word] / MiB
            axes.barh(place + height, size, height=0.38, color=colour)
            lines = [line for line in (limit / MiB, ram / MiB) if size < line < size + 170]
            right = max([size, *lines]) + 8  # not across a line
            axes.text(right, place + height, f"{size:.0f} {word}", va="center", fontsize=9)
    for size, what in ((limit, "CommitLimit"), (ram, "RAM")):
        axes.axvline(size / MiB, color="#7f8c8d", linewidth=1, linestyle="--", ymax=0.88)
        axes.text(size / MiB, 1.55, what, ha="center", fontsize=9)
    axes.set(yticks=[0, 1], yticklabels=[name for name, _ in ends], xlabel="MiB")
    axes.set(ylim=(-0.5, 1.75), xlim=(0, 1000))
    said = [
        f"{run['granted'] / MiB:.0f} MiB granted, {run['written'] / MiB:.0f} written"
        for run in (loose, strict)
    ]
    figure.set_label(f"Of {ram / MiB:.0f} MiB RAM, mode 0: {said[0]}, killed. Mode 2: {said[1]}.")


ram, limit = meminfo("MemTotal"), meminfo("CommitLimit")
print(f"RAM {ram / MiB:.0f} MiB, CommitLimit {limit / MiB:.0f} MiB, no swap\n", flush=True)
loose, strict = run(0), run(2)
for mode, how in ((0, loose), (2, strict)):
    refused = "then ENOMEM" if how["refused"] else "never refused"
    print(f"mode {mode}: granted {how['granted'] / MiB:4.0f} MiB, {refused}")
    print(f"        written {how['written'] / MiB:4.0f} MiB, end: {how['end']}")

assert not loose["refused"] and loose["granted"] > ram, (
    f"mode 0 grants {loose['granted'] / MiB:.0f} MiB of {ram / MiB:.0f} MiB of RAM"
)
assert loose["end"] == "SIGKILL", f"and kills after {loose['written'] / MiB:.0f} MiB are written"
assert strict["refused"] and strict["granted"] < limit, (
    f"mode 2 refuses after {strict['granted'] / MiB:.0f} MiB, below {limit / MiB:.0f} MiB"
)
assert strict["done"] and strict["written"] == strict["granted"], "what it granted can all be used"
