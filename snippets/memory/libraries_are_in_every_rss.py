# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["build", "lab"]
# needs = ["sleep"]
# facts = ["processes", "rss", "library_rss", "library_share", "rss_sum", "pss_sum"]
# ///
"""RSS includes the libraries, once for every process that uses them.

Starts five processes that do nothing but sleep, and takes their memory apart by mapping.
Changes nothing else.
"""

import os
import re
import subprocess
import time

KIB = 1024
processes = 5
plain = {**os.environ, "LC_ALL": "C"}  # no locale files among the mappings
HEADER = re.compile(r"^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)$", re.MULTILINE)


def mappings(pid):
    """(name, RSS, PSS) of each mapping, in bytes."""
    with open(f"/proc/{pid}/smaps") as smaps:
        _, *parts = HEADER.split(smaps.read())
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        kib = {key: int(value) for key, value in re.findall(r"(\w+):\s+(\d+) kB", body)}
        yield name, kib["Rss"] * KIB, kib["Pss"] * KIB


def settled(pid):
    """Wait until the loader has done its work and the process sleeps on purpose."""
    for _ in range(500):
        with open(f"/proc/{pid}/stat") as stat:
            if stat.read().rpartition(") ")[2].startswith("S"):
                return
        time.sleep(0.01)


sleepers = [subprocess.Popen(["sleep", "60"], env=plain) for _ in range(processes)]
try:
    for sleeper in sleepers:
        settled(sleeper.pid)
    maps = [list(mappings(sleeper.pid)) for sleeper in sleepers]
finally:
    for sleeper in sleepers:
        sleeper.kill()
        sleeper.wait()

rss = sum(mapping[1] for mapping in maps[0])
library_rss = sum(size for name, size, _ in maps[0] if ".so" in name)
library_share = library_rss / rss
rss_sum = sum(size for one in maps for _, size, _ in one)
pss_sum = sum(size for one in maps for _, _, size in one)

files = {}
for name, size, share in maps[0]:
    sums = files.setdefault(name.rpartition("/")[2] or "anonymous", [0, 0])
    sums[0], sums[1] = sums[0] + size, sums[1] + share
print(f"{'one sleep, KiB':<28}{'RSS':>8}{'PSS':>8}")
for name, (size, share) in sorted(files.items(), key=lambda item: -item[1][0]):
    print(f"{name:<28}{size // KIB:>8,}{share // KIB:>8,}")
total_pss = sum(mapping[2] for mapping in maps[0])
print(f"{'sum':<28}{rss // KIB:>8,}{total_pss // KIB:>8,}")
print(f"{f'sum over {processes} processes':<28}{rss_sum // KIB:>8,}{pss_sum // KIB:>8,}")

least = min(sum(size for name, size, _ in one if ".so" in name) for one in maps)
assert least > 0, f"each of the {processes} counts at least {least // KIB:,} KiB of libraries"
assert library_share > 0.1, f"libraries are {library_share:.0%} of the RSS of a process that sleeps"
# Five sharers of the same code: even if all else were private, PSS is well below RSS.
assert pss_sum < 0.9 * rss_sum, (
    f"{processes} of them have {rss_sum / KIB:,.0f} KiB of RSS and {pss_sum / KIB:,.0f} KiB of PSS"
)
