# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["build", "lab"]
# exclusive = true
# facts = ["size", "free_plus_cache", "available"]
# ///
"""Shared memory is counted as cache, yet nothing of it is available.

Fills 256 MiB of shared memory and reads /proc/meminfo before and after. Frees it again.
"""

import mmap
import os
import random
import re
import time

MiB = 1024 * 1024
PAGE = os.sysconf("SC_PAGE_SIZE")
size = 256 * MiB


def meminfo():
    with open("/proc/meminfo") as file:
        kib = {
            key: int(value)
            for key, value in re.findall(r"^(\S+):\s+(\d+)", file.read(), re.MULTILINE)
        }
    m = {key: value * 1024 for key, value in kib.items()}
    m["anon lists"] = m["Active(anon)"] + m["Inactive(anon)"]
    m["file lists"] = m["Active(file)"] + m["Inactive(file)"]
    return m


# The counters are the machine's: 10 % tolerance, and another round if somebody interfered.
for _ in range(20):
    before = meminfo()
    # region fill
    memory = mmap.mmap(-1, size)  # Python's default is MAP_SHARED: the same pages as tmpfs
    for offset in range(0, size, PAGE):
        memory[offset] = 1
    # endregion
    after = meminfo()
    memory.close()
    grew = {key: after[key] - before[key] for key in after if key in before}
    if all(abs(grew[key] / size - 1) < 0.1 for key in ("Shmem", "Cached", "anon lists")):
        break
    time.sleep(random.uniform(0, 0.5))  # at random, so as not to keep step with another program

print(f"{'MiB':<14}{'before':>10}{'after':>10}{'change':>10}")
for key in ("Shmem", "Cached", "anon lists", "file lists", "MemFree", "MemAvailable"):
    print(f"{key:<14}" + "".join(f"{m[key] / MiB:>10,.1f}" for m in (before, after, grew)))

free_plus_cache = after["MemFree"] + after["Buffers"] + after["Cached"] + after["SReclaimable"]
most_available = after["MemFree"] + after["file lists"] + after["KReclaimable"]
available = after["MemAvailable"]
print(f"\nfree + buff/cache        {free_plus_cache / MiB:>10,.1f}")
print(f"free + what can be given {most_available / MiB:>10,.1f}  file lists and KReclaimable")
print(f"MemAvailable             {available / MiB:>10,.1f}")

assert grew["Shmem"] > 0.9 * size, f"Shmem grew by {grew['Shmem'] / MiB:.1f} MiB"
assert grew["Cached"] > 0.9 * size, f"so did Cached, by {grew['Cached'] / MiB:.1f} MiB"
assert grew["anon lists"] > 0.9 * size, (
    f"but the pages went on the lists of anonymous memory, +{grew['anon lists'] / MiB:.1f} MiB"
)
# mm/show_mem.c adds these three and subtracts reserves. 1 %: they are read twice, not at once.
assert available <= most_available * 1.01, (
    f"MemAvailable, {available / MiB:,.0f} MiB, is at most free + file lists + KReclaimable, "
    f"{most_available / MiB:,.0f} MiB"
)
