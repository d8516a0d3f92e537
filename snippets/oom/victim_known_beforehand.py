# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
# [tool.live]
# host = ["lab", "lab-newer"]
# facts = ["page", "total", "table", "order", "killed", "lead", "largest"]
# lab = { memory = "320M", swap = "48M", log = ['Out of memory: Killed process \d+ \(swapped\)'] }
# timeout = 60
# ///
"""Who will be killed can be computed before it happens, from files that anyone can read.

Four processes hold memory of different kinds, and a fifth, this one, takes what is left of the
machine. Before each step it computes the badness of all five. Then somebody is killed.
"""

import mmap
import os
import re
import signal
from pathlib import Path

MiB, page, PAGEOUT = 2**20, os.sysconf("SC_PAGE_SIZE"), 21  # madvise(2); Python lacks the name


def numbers(file):
    found = re.findall(r"^(\w+):?\s+(\d+)", Path(file).read_text(), re.M)
    return {name: int(number) for name, number in found}


size = {name: kib * 1024 for name, kib in numbers("/proc/meminfo").items()}
free, swap, total = size["MemAvailable"], size["SwapTotal"], size["MemTotal"] + size["SwapTotal"]


def memory(size, stride=page, write=True):
    prot = mmap.PROT_READ | (mmap.PROT_WRITE if write else 0)
    area = mmap.mmap(-1, int(size), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=prot)
    area.madvise(mmap.MADV_NOHUGEPAGE)
    if not write:
        return area, area[::stride]  # shows the page of zeros, which nobody has to pay for
    for offset in range(0, len(area), stride):
        area[offset] = 1
    return area


holders = {
    "swapped": lambda: [a := memory(0.75 * swap), a.madvise(PAGEOUT), memory(0.25 * free)],
    "resident": lambda: memory(0.35 * free),
    "tables": lambda: memory(110 * free, stride=512 * page, write=False),  # 1 page in 2 MiB
    "small": lambda: memory(8 * MiB),
}


def hold(name):
    (ready, told), child = os.pipe(), os.fork()
    if child == 0:
        Path("/proc/self/comm").write_text(name)
        _kept = holders[name]()
        os.write(told, b"1")
        signal.pause()
    os.read(ready, 1)
    return child


def badness(pid):  # mm/oom_kill.c, oom_badness, in pages
    status = numbers(f"/proc/{pid}/status")
    parts = {name: status.get(name, 0) * 1024 // page for name in ("VmRSS", "VmSwap", "VmPTE")}
    adj = int(Path(f"/proc/{pid}/oom_score_adj").read_text())
    return parts | {"badness": sum(parts.values()) + adj * (total // page // 1000)}


pids, mine = {name: hold(name) for name in holders} | {"asking": os.getpid()}, []
kills = numbers("/proc/vmstat")["oom_kill"]
while True:
    now = {name: badness(pid) for name, pid in pids.items()}
    if numbers("/proc/vmstat")["oom_kill"] > kills:  # perhaps while these were computed
        break
    table = now
    mine.append(memory(MiB // 2))
order = sorted(table, key=lambda name: -table[name]["badness"])
largest = max(table, key=lambda name: table[name]["VmRSS"])
ended = os.wait()[0]  # the others are left to end with the machine
killed = next(name for name, pid in pids.items() if pid == ended)
print(f"{'in pages':<10}" + "".join(f"{column:>10}" for column in table["small"]))
for name in order:
    print(f"{name:<10}" + "".join(f"{pages:10,}" for pages in table[name].values()))
print(f"killed: {killed}")


def draw(table, order, killed):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5.6, 2.5), layout="constrained")
    for name in reversed(order):
        left = 0
        for part, colour in (("VmRSS", "#2a78b5"), ("VmSwap", "#9b59b6"), ("VmPTE", "#e0892b")):
            bar = axes.barh(name, table[name][part], left=left, color=colour, alpha=0.6)
            label = part if table[name][part] > 5000 else ""
            axes.bar_label(bar, [label], label_type="center")
            left += table[name][part]
        axes.text(left, name, f" {left:,}{', killed' * (name == killed)}", va="center", size=9)
    axes.set(xlabel="badness in pages", xlim=(0, 1.3 * table[order[0]]["badness"]))
    said = ", ".join(f"{name} {table[name]['badness']:,}" for name in order)
    figure.set_label(f"Badness in pages, of RSS, swap and page tables: {said}. Killed: {killed}.")


lead = table[order[0]]["badness"] - table[order[1]]["badness"]
share = table["tables"]["VmPTE"] / table["tables"]["badness"]
assert killed == order[0], f"computed to be killed: {order[0]}, by {lead:,} pages; killed: {killed}"
assert killed != largest, f"the largest RSS, {table[largest]['VmRSS']:,} pages, had {largest}"
assert share > 0.5, f"page tables were {share:.0%} of the badness of tables"
