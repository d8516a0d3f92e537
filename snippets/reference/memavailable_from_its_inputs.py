# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["build", "lab", "lab-newer"]
# facts = ["kernel", "parts", "computed", "shown", "zones", "managed", "total"]
# lab = { disk = "64M" }
# timeout = 60
# ///
"""MemAvailable and the watermarks follow from inputs that anyone can read.

Reads /proc/zoneinfo and /proc/vmstat between two readings of /proc/meminfo, and computes
MemAvailable and the low and high watermark of each zone. In the lab it writes a file first.
"""

import os
import platform
import re
from pathlib import Path

PAGE, MiB = os.sysconf("SC_PAGE_SIZE"), 2**20
kernel = platform.release()
scale = int(Path("/proc/sys/vm/watermark_scale_factor").read_text())


def read(path, unit):
    rows = re.findall(r"^(\w+):?\s+(\d+)", Path(path).read_text(), re.M)
    return {name: int(value) * unit for name, value in rows}


def read_zones():
    zones = {}
    for block in re.split(r"^Node ", Path("/proc/zoneinfo").read_text(), flags=re.M)[1:]:
        node, name = re.match(r"(\d+), zone +(\w+)", block).groups()
        fields = r"^ +(boost|min|low|high|present|managed) +(\d+)$"
        zone = {"boost": 0} | {field: int(n) for field, n in re.findall(fields, block, re.M)}
        reserves = re.search(r"protection: \(([\d, ]+)\)", block)[1].split(",")
        zones[f"{name} {node}"] = zone | {"protection": max(map(int, reserves))}
    return zones


# region formulas
def available(free, vmstat, zones):
    """mm/show_mem.c, si_mem_available; reserves: mm/page_alloc.c, calculate_totalreserve_pages."""
    low = sum(zone["low"] for zone in zones.values()) * PAGE
    kept = (min(z["managed"], z["protection"] + z["high"] - z["boost"]) for z in zones.values())
    cache = vmstat["nr_active_file"] + vmstat["nr_inactive_file"]
    other = vmstat["nr_slab_reclaimable"] + vmstat["nr_kernel_misc_reclaimable"]
    return {
        "MemFree": free,
        "reserves": -sum(kept) * PAGE,
        "cache": cache,
        "cache_kept": -min(cache // 2, low),
        "reclaimable": other,
        "reclaimable_kept": -min(other // 2, low),
    }


def step(zone, pages):
    """From min to low, and from low to high: mm/page_alloc.c, __setup_per_zone_wmarks."""
    return max((zone["min"] - zone["boost"]) // 4, pages * scale // 10_000)


# endregion

if os.path.ismount("/disk"):  # in the lab, where there would be no cache to count
    Path("/disk/file").write_bytes(bytes(24 * MiB))
# The files are not read in one instant: keep the try during which meminfo moved the least.
moved = float("inf")
for _ in range(100):
    before, vmstat = read("/proc/meminfo", 1024), read("/proc/vmstat", PAGE)
    now, after = read_zones(), read("/proc/meminfo", 1024)
    by = max(abs(after[name] - before[name]) for name in ("MemFree", "MemAvailable"))
    if by < moved:
        moved, zones, parts = by, now, available(before["MemFree"], vmstat, now)
        shown = before["MemAvailable"]
    if not moved:
        break
computed, total = max(0, sum(parts.values())), before["MemTotal"]
managed, off = sum(z["managed"] for z in zones.values()) * PAGE, abs(computed - shown)

print(f"Linux {kernel}, in KiB\n")
for name, size in parts.items():
    print(f"{name.replace('_', ', '):<20}{size // 1024:>+14,}")
print(f"{'computed':<20}{computed // 1024:>14,}\n{'MemAvailable':<20}{shown // 1024:>14,}")
print(f"{'difference':<20}{(computed - shown) // 1024:>14,}\n")
print(f"{'zone, in pages':<16}{'managed':>10}{'min':>8}{'low':>8}{'high':>8}   computed")
for name, zone in zones.items():
    zone["step"] = step(zone, zone["managed"])
    if zone["managed"]:  # some zones have no memory
        row = "".join(f"{zone[mark]:>8,}" for mark in ("min", "low", "high"))
        marks = f"{zone['min'] + zone['step']:,} and {zone['min'] + 2 * zone['step']:,}"
        print(f"{name:<16}{zone['managed']:>10,}{row}   {marks}")
print(f"\nall zones manage {managed // 1024:,} KiB, MemTotal is {total // 1024:,} KiB")

# 1 MiB: what counters that are read in between may gain and lose in the same try.
if " /proc/meminfo " in Path("/proc/self/mountinfo").read_text():
    print("not applicable: another file is mounted over /proc/meminfo, as lxcfs does")
else:
    assert off <= moved + MiB, f"MemAvailable was computed with an error of {off // 1024:,} KiB"
# A zone may have grown since its marks were set, by what only the start of the machine needed
# (256 MiB are allowed for), or shrunk, as in a virtual machine, but never had more than present.
for name, zone in zones.items():
    least, most = step(zone, zone["managed"] - 256 * MiB // PAGE), step(zone, zone["present"])
    is_, was = zone["low"] - zone["min"], f"low - min is {zone['low'] - zone['min']:,} pages"
    if zone["managed"] and not re.match("Movable|HighMem", name):  # there min is capped
        assert least <= is_ <= most + 1, f"zone {name}: {was}, computed {zone['step']:,}"
