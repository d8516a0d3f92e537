# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
#
# [tool.live]
# host = ["build", "lab"]
# facts = ["total", "parts", "not_accounted", "not_accounted_share"]
# ///
"""Where is the RAM: MemTotal as a sum of parts that do not overlap, and a rest.

Reads /proc/meminfo once and stacks the lines that do not overlap. Changes nothing.
"""

import re

import matplotlib.pyplot as plt

MiB = 1024 * 1024
with open("/proc/meminfo") as file:
    rows = re.findall(r"^(\S+):\s+(\d+) kB$", file.read(), re.MULTILINE)
m = {name: int(kib) * 1024 for name, kib in rows}
total = m["MemTotal"]

# region parts
parts = {
    "free": m["MemFree"],
    "files": max(m["Cached"] + m["Buffers"] - m["Shmem"], 0),
    "shared": m["Shmem"],
    "anonymous": m["AnonPages"],
    "slab_reclaimable": m["SReclaimable"],
    "slab_other": m["SUnreclaim"],
    "kernel_reclaimable": m["KReclaimable"] - m["SReclaimable"],
    "page_tables": m["PageTables"] + m.get("SecPageTables", 0),
    "kernel_stacks": m["KernelStack"],
    # Stacks come out of vmalloc where CONFIG_VMAP_STACK is set: count them once.
    "vmalloc": max(m["VmallocUsed"] - m["KernelStack"], 0),
    "percpu": m["Percpu"],
    "hugetlb_pool": m.get("Hugetlb", 0),
    "zswap": m.get("Zswap", 0),
    "gpu": m.get("GPUActive", 0),  # GPUReclaim was seen to exceed MemTotal; it stays in the rest
}
not_accounted = total - sum(parts.values())
# endregion
not_accounted_share = not_accounted / total
account = {**parts, "not accounted": max(not_accounted, 0)}

print(f"{'MiB':<22}{'part':>10}{'so far':>10}{'of RAM':>9}")
so_far = 0
for name, value in account.items():
    so_far += value
    label = name.replace("_", " ")
    print(f"{label:<22}{value / MiB:>10,.1f}{so_far / MiB:>10,.1f}{value / total:>9.1%}")
print(f"{'MemTotal':<22}{'':>10}{total / MiB:>10,.1f}")

colours = {"free": "#7f8c8d", "files": "#3a9d5d", "slab_reclaimable": "#3a9d5d"}
colours |= {"kernel_reclaimable": "#3a9d5d", "shared": "#e0892b", "not accounted": "none"}
figure, axes = plt.subplots(figsize=(5.6, 3.4), layout="constrained")
left, taken = 0, total - parts["free"]
shown = [(name, value) for name, value in account.items() if name != "free" and value > 0]
for row, (name, value) in enumerate(shown):
    axes.barh(
        row,
        value / MiB,
        left=left / MiB,
        color=colours.get(name, "#2a78b5"),
        edgecolor="#7f8c8d" if name == "not accounted" else "none",
        linestyle="--",
    )
    axes.text((left + value) / MiB, row, f" {value / MiB:,.1f}", va="center", fontsize=8)
    left += value
axes.set_yticks(range(len(shown)), [name.replace("_", " ") for name, _ in shown], fontsize=8)
axes.invert_yaxis()
axes.set_xlim(0, 1.15 * left / MiB)
axes.set_xlabel(f"MiB in use; {parts['free'] / MiB:,.0f} MiB of {total / MiB:,.0f} MiB are free")
axes.spines[["top", "right"]].set_visible(False)
figure.set_label(
    f"The part of MemTotal that is not free, {taken / MiB:,.0f} MiB, one bar after the other, in "
    "MiB: " + ", ".join(f"{name.replace('_', ' ')} {value / MiB:,.1f}" for name, value in shown)
)

# The counters are read one after the other and each CPU holds some pages back: 2 % of RAM.
named = sum(parts.values())
assert named <= 1.02 * total, (
    f"the named parts, {named / MiB:,.0f} MiB, fit into MemTotal, {total / MiB:,.0f} MiB"
)
plt.show()
