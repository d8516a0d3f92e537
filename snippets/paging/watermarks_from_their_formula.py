# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
#
# [tool.live]
# host = ["build", "lab"]
# facts = ["zones", "largest", "marks", "min_free", "scale", "sum_of_min"]
# ///
"""Reclaim starts and stops at watermarks that anyone can compute.

Reads the watermarks of every zone of memory from /proc/zoneinfo and computes two of them from the
third, the size of the zone and vm.watermark_scale_factor. Changes nothing.
"""

import os
import re
from pathlib import Path

import matplotlib.pyplot as plt

MiB = 2**20
page = os.sysconf("SC_PAGE_SIZE")
vm = Path("/proc/sys/vm")
min_free = int((vm / "min_free_kbytes").read_text()) * 1024
scale = int((vm / "watermark_scale_factor").read_text())


def lowest(zone):
    """For a short time after memory was found fragmented, all three are higher by `boost`."""
    return zone["min"] - zone.get("boost", 0)


def distance(zone, pages):
    """From one watermark to the next: mm/page_alloc.c, __setup_per_zone_wmarks."""
    return max(lowest(zone) // 4, pages * scale // 10_000)


# region compute
zones = {}
for block in re.split(r"^Node ", Path("/proc/zoneinfo").read_text(), flags=re.M)[1:]:
    node, name = re.match(r"(\d+), zone +(\w+)", block).groups()
    fields = r"^ +(?:pages )?(free|boost|min|low|high|present|managed) +(\d+)$"
    zone = {field: int(pages) for field, pages in re.findall(fields, block, re.M)}
    if zone["managed"]:  # some zones have no memory
        step = distance(zone, zone["managed"])
        zone |= {"computed_low": zone["min"] + step, "computed_high": zone["min"] + 2 * step}
        zones[f"{name} {node}"] = zone
sum_of_min = sum(map(lowest, zones.values())) * page
# endregion

print(f"vm.min_free_kbytes {min_free // 1024:,}, vm.watermark_scale_factor {scale}\n")
columns = ["managed", "free", "min", "low", "computed_low", "high", "computed_high"]
print(f"{'pages':<10}" + "".join(f"{name.split('_')[0]:>11}" for name in columns))
for name, zone in zones.items():
    print(f"{name:<10}" + "".join(f"{zone[column]:11,}" for column in columns))
print(f"\nall min together: {sum_of_min // 1024:,} KiB")

largest = max(zones, key=lambda name: zones[name]["managed"])
marks = {mark: zones[largest][mark] * page for mark in ("min", "low", "high")}
figure, axes = plt.subplots(figsize=(5.6, 2.2), layout="constrained")
start, end = 0, 1.4 * marks["high"] / MiB
for mark, colour, who in (
    ("min", "#d1495b", "who allocates\nmust reclaim first"),
    ("low", "#e0892b", "kswapd\nstarts"),
    ("high", "#9b59b6", "kswapd\ngoes on"),
    ("", "#7f8c8d", "nobody\nreclaims"),
):
    here = marks[mark] / MiB if mark else end
    axes.barh(0, here - start, left=start, height=0.4, color=colour)
    axes.text((start + here) / 2, -0.26, who, fontsize=9, ha="center", va="top")
    axes.text(here, 0.25, f"{mark}\n{here:.1f}" if mark else "", fontsize=9, ha="center")
    start = here
axes.set(xlim=(0, end), ylim=(-0.75, 0.65), yticks=[])
axes.set(xlabel=f"free memory of zone {largest}, in MiB")
said = ", ".join(f"{mark} {here / MiB:.1f}" for mark, here in marks.items())
figure.set_label(
    f"Watermarks of zone {largest} in MiB: {said}. Below min who allocates must reclaim first, "
    "below low kswapd starts and goes on until high, above high nobody reclaims."
)

# A zone can have grown since, by what only the start of the machine needed (256 MiB are allowed
# for), and it can have shrunk, as in a virtual machine, but never had more than all its pages.
late = 256 * MiB // page
for name, zone in zones.items():
    step, computed = zone["low"] - zone["min"], zone["computed_low"] - zone["min"]
    least, most = distance(zone, zone["managed"] - late), distance(zone, zone["present"])
    assert step == zone["high"] - zone["low"], f"zone {name}: a step is {step:,} pages"
    if not re.match("Movable|HighMem", name):  # there min is capped, and the step is not
        assert least <= step <= most + 1, f"zone {name}: computed, it is {computed:,}"
plt.show()
