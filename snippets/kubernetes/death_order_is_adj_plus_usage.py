# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
#
# [tool.live]
# host = ["lab", "lab-newer"]
# facts = ["ram", "pods", "predicted", "observed", "alive"]
# lab = { memory = "512M", log = ['global_oom.*task=burst-small', 'process \d+ \(best-effort\)'] }
# timeout = 120
# ///
"""A node that runs out of memory kills by adj plus usage, not by class.

Starts four processes with the oom_score_adj that the kubelet gives containers, predicts the order
in which they die, and fills the node's memory until three are dead.
"""

import ctypes
import mmap
import os
import re
import signal
import time
from pathlib import Path

MiB, PAGE = 2**20, os.sysconf("SC_PAGE_SIZE")
ram = os.sysconf("SC_PHYS_PAGES") * PAGE  # there is no swap
unit = ram // PAGE // 1000 * PAGE  # one of oom_score_adj: a thousandth of RAM, in whole pages


def kubelet_adj(qos, request):
    """pkg/kubelet/qos/policy.go, with this machine as the node."""
    adj = 1000 - 1000 * request // ram
    return {"Guaranteed": -997, "BestEffort": 1000}.get(qos, min(max(3, adj), 999))


def use(size):
    area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area.madvise(mmap.MADV_NOHUGEPAGE)
    area[::PAGE] = bytes(size // PAGE)
    return area


def start(name, adj, size):
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        ctypes.CDLL(None).prctl(15, name.encode(), 0, 0, 0)  # PR_SET_NAME, for the kernel's log
        Path("/proc/self/oom_score_adj").write_text(str(adj))
        with use(size):
            os.write(tell, b"1")
            signal.pause()
    os.read(ready, 1)
    return pid


Path("/proc/self/oom_score_adj").write_text("-1000")  # this program must see the end
pods, names = {}, {}
for name, qos, request, size in (
    ("guaranteed", "Guaranteed", 120, 100),
    ("burst-big", "Burstable", 100, 80),  # uses less than its request
    ("burst-small", "Burstable", 20, 50),  # uses more than its request
    ("best-effort", "BestEffort", 0, 10),
):
    adj = kubelet_adj(qos, request * MiB)
    pid = start(name, adj, size * MiB)
    status, score = (Path(f"/proc/{pid}/{file}").read_text() for file in ("status", "oom_score"))
    # As mm/oom_kill.c, oom_badness. The interpreter is 10 MiB of each.
    used = sum(map(int, re.findall(r"Vm(?:RSS|Swap|PTE):\s+(\d+)", status))) * 1024
    pods[name] = {"request": request * MiB, "used": used, "adj": adj, "score": int(score)}
    pods[name]["badness"] = 1000 * (adj * unit + used) / ram
    names[pid] = name
predicted = sorted(pods, key=lambda name: -pods[name]["badness"])
print(f"{'':<12}{'request':>11}{'used':>11}{'adj':>7}{'badness':>9}{'oom_score':>11}")
for name in predicted:
    request, used, adj, score, badness = pods[name].values()
    sizes = f"{request // MiB:>7} MiB{used / MiB:>7.0f} MiB"
    print(f"{name:<12}{sizes}{adj:>7}{badness:>9.0f}{score:>11}")

filler, filled, observed = os.fork(), [], []
while filler == 0:
    filled.append(use(MiB))
    time.sleep(0.002)  # its parent must see each death before the next
while len(observed) < 3:
    observed.append(names.pop(os.wait()[0]))
os.kill(filler, signal.SIGKILL)
alive = [name for pid, name in names.items() if os.waitpid(pid, os.WNOHANG) == (0, 0)]
print(f"\ndied, in this order: {', '.join(observed)}\nalive: {', '.join(alive)}")
os.kill(*names, signal.SIGKILL)


def draw(pods, observed, alive, ram):
    import matplotlib.pyplot as plt

    order, (figure, axes) = observed + alive, plt.subplots(figsize=(5.6, 2.6), layout="constrained")
    badness = [pods[name]["badness"] for name in order]
    usage = [1000 * pods[name]["used"] / ram for name in order]
    adj = [both - used for both, used in zip(badness, usage, strict=True)]
    said = [f"{name} {value:.0f}" for name, value in zip(order, badness, strict=True)]
    axes.barh(said, adj, color="#7f8c8d")
    axes.barh(said, usage, left=adj, color="#e0892b")
    axes.set(xlim=(-1100, 1150), ylim=(3.6, -0.6), xlabel="adj (grey) + usage (orange), ‰ of RAM")
    figure.set_label(f"Badness in the order of death; the last one lived: {', '.join(said)}.")


by_score = sorted(pods, key=lambda name: -pods[name]["score"])
assert by_score == predicted, f"oom_score put them in the order {', '.join(by_score)}"
assert observed == predicted[:3], f"they died in the order {', '.join(observed)}"
assert observed[0] == "burst-small", "first a Burstable over its request, before BestEffort"
assert alive == ["guaranteed"], "Guaranteed lived, though it used the most"
