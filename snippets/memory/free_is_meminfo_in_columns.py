# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["build", "lab"]
# needs = ["free"]
# facts = ["version", "rule", "shown", "used_before_4_0_1", "used_since_4_0_1"]
# ///
"""Every column of free is one or two lines of /proc/meminfo.

Runs free, computes each column from /proc/meminfo and compares. Changes nothing.
"""

import os
import re
import subprocess

KIB = 1024


def meminfo():
    with open("/proc/meminfo") as file:
        return {
            key: int(kib) * KIB
            for key, kib in re.findall(r"^(\S+):\s+(\d+)", file.read(), re.MULTILINE)
        }


def run(*command):
    plain = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=plain).stdout


def columns(m):
    """What procps-ng computes: library/meminfo.c, before 4.0 proc/sysinfo.c."""
    cache = m["Buffers"] + m["Cached"] + m["SReclaimable"]
    return {
        "total": m["MemTotal"],
        "used": max(
            m["MemTotal"] - (m["MemAvailable"] if since_4_0_1 else m["MemFree"] + cache), 0
        ),
        "free": m["MemFree"],
        "shared": m["Shmem"],
        "buff/cache": cache,
        "available": m["MemAvailable"],
    }


version = re.search(r"\d+(\.\d+)+", run("free", "-V"))[0]
since_4_0_1 = tuple(int(part) for part in version.split(".")) >= (4, 0, 1)
rule = "total - available" if since_4_0_1 else "total - free - buff/cache"

for _ in range(10):
    before, text, after = meminfo(), run("free"), meminfo()
    names, values, *_ = text.splitlines()
    shown = {name: int(v) * KIB for name, v in zip(names.split(), values.split()[1:], strict=True)}
    computed, later = columns(before), columns(after)
    # Three reads while others allocate: a column may lie between the two of meminfo, give or
    # take 0.5 % of RAM; if it does not, try again.
    slack = 0.005 * shown["total"]
    off = {
        name: max(min(computed[name], later[name]) - v, v - max(computed[name], later[name]), 0)
        for name, v in shown.items()
    }
    if max(off.values()) <= slack:
        break

print(f"$ free -V\nfree from procps-ng {version}\n\n$ free\n{text}")
print(f"{'KiB':<12}{'free':>14}{'meminfo':>14}{'difference':>12}")
for name, value in shown.items():
    apart = (value - computed[name]) // KIB
    print(f"{name:<12}{value // KIB:>14,}{computed[name] // KIB:>14,}{apart:>12,}")

m = before
used_since_4_0_1 = m["MemTotal"] - m["MemAvailable"]
used_before_4_0_1 = m["MemTotal"] - m["MemFree"] - computed["buff/cache"]
print(f"\nused before 4.0.1, total - free - buff/cache: {used_before_4_0_1 // KIB:>12,}")
print(f"used since 4.0.1, total - available:          {used_since_4_0_1 // KIB:>12,}")

apart = max(off.values())
assert apart <= slack, (
    f"all {len(shown)} columns are those of /proc/meminfo, at most {apart / KIB:,.0f} KiB apart"
)
assert shown["total"] == m["MemTotal"], f"total is MemTotal, {shown['total'] // KIB:,} KiB"
assert off["used"] <= slack, f"procps-ng {version} calls {rule} used: {shown['used'] // KIB:,} KiB"
assert 0 <= shown["available"] <= shown["total"], (
    f"available, {shown['available'] // KIB:,} KiB, lies between 0 and total"
)
