# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["build", "lab"]
# facts = ["live", "lines", "unknown", "absent"]
# ///
"""The lines of /proc/meminfo that must add up do add up.

Reads /proc/meminfo once, prints every line by group and checks the sums. Changes nothing.
"""

import os
import re
import textwrap

GROUPS = {
    "RAM": "MemTotal MemFree MemAvailable",
    "file cache, tmpfs": "Buffers Cached SwapCached Shmem Dirty Writeback Mapped",
    "reclaim lists": "Active Active(anon) Active(file) Inactive Inactive(anon) Inactive(file) "
    "Unevictable Mlocked",
    "processes": "AnonPages PageTables SecPageTables",
    "kernel": "KReclaimable Slab SReclaimable SUnreclaim KernelStack ShadowCallStack Percpu "
    "VmallocUsed VmallocChunk VmallocTotal",
    "swap": "SwapTotal SwapFree Zswap Zswapped",
    "promises": "CommitLimit Committed_AS",
    "huge pages": "AnonHugePages ShmemHugePages ShmemPmdMapped FileHugePages FilePmdMapped "
    "Hugetlb HugePages_Total HugePages_Free HugePages_Rsvd HugePages_Surp Hugepagesize",
    "devices, firmware": "CmaTotal CmaFree Balloon GPUActive GPUReclaim Unaccepted "
    "HardwareCorrupted EarlyMemtestBad DirectMap4k DirectMap64k DirectMap2M DirectMap4M "
    "DirectMap1G",
    "always 0 by now": "NFS_Unstable Bounce WritebackTmp",
}
with open("/proc/meminfo") as file:
    text = file.read()
# Vendors add lines, one of them without a colon; four lines are counts and have no kB.
rows = re.findall(r"^([^:\n]*[^:\s]):?[ \t]+(\d+)( kB)?$", text, re.MULTILINE)
m = {name: int(value) for name, value, _ in rows}
unit = {name: " KiB" if kib else "" for name, _, kib in rows}

known = [name for names in GROUPS.values() for name in names.split()]
unknown = [name for name in m if name not in known]
absent = [name for name in known if name not in m]
lines = len(rows)
# Active(anon) becomes Active_anon: a name that can be quoted.
live = {re.sub(r"\W", "_", name).strip("_"): "absent" for name in known}
live |= {re.sub(r"\W", "_", name).strip("_"): f"{m[name]:,}{unit[name]}" for name in m}

for group, names in {**GROUPS, "new to this script": " ".join(unknown)}.items():
    cells = [f"{name:<16}{m[name]:>10,}" for name in names.split() if name in m]
    for start in range(0, len(cells), 3):
        print(f"{'' if start else group:<19}" + "   ".join(cells[start : start + 3]))
print(f"{lines} lines, in KiB; HugePages_* in pages. Not in this kernel:")
print(
    textwrap.fill(" ".join(absent) or "none", 98, initial_indent="    ", subsequent_indent="    ")
)

assert lines == len(text.splitlines()), f"all {lines} lines were understood"
assert m["Slab"] == m["SReclaimable"] + m["SUnreclaim"], (
    f"Slab {m['Slab']:,} = SReclaimable {m['SReclaimable']:,} + SUnreclaim {m['SUnreclaim']:,}"
)
anon, cache = m["Active(anon)"], m["Active(file)"]
assert m["Active"] == anon + cache, f"Active {m['Active']:,} = anon {anon:,} + file {cache:,}"
anon, cache = m["Inactive(anon)"], m["Inactive(file)"]
assert m["Inactive"] == anon + cache, f"Inactive {m['Inactive']:,} = anon {anon:,} + file {cache:,}"
assert m["KReclaimable"] >= m["SReclaimable"], (
    f"KReclaimable {m['KReclaimable']:,} includes SReclaimable {m['SReclaimable']:,}"
)
# Each CPU keeps up to 125 pages of a counter to itself (mm/vmstat.c), and there are two here.
drift = 2 * 125 * (os.cpu_count() or 1) * os.sysconf("SC_PAGE_SIZE") // 1024
assert m["Shmem"] <= m["Cached"] + drift, f"Cached {m['Cached']:,} includes Shmem {m['Shmem']:,}"
pool = m.get("HugePages_Total", 0) * m.get("Hugepagesize", 0)
assert m.get("Hugetlb", pool) >= pool, f"Hugetlb includes the pool of default size, {pool:,} KiB"
assert m["MemAvailable"] <= m["MemTotal"], (
    f"MemAvailable {m['MemAvailable']:,} is within MemTotal {m['MemTotal']:,}"
)
