# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["build", "lab"]
# needs = ["pmap", "sh", "tail"]
# facts = ["touched", "total", "vsz", "rss", "uss", "rss_grown", "total_grown", "writable"]
# ///
"""The total of pmap is the size of the map, not the memory in use.

Starts a child that maps 256 MiB, and looks at it with pmap before and after it has touched
64 MiB of that. Changes nothing else.
"""

import os
import subprocess
import sys
from pathlib import Path

MiB = 2**20
page = os.sysconf("SC_PAGE_SIZE")
mapped, touched = 256 * MiB, 64 * MiB
CHILD = f"""
import contextlib, mmap, os
area = mmap.mmap(-1, {mapped}, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
with contextlib.suppress(OSError):  # a kernel without transparent huge pages
    area.madvise(mmap.MADV_NOHUGEPAGE)
ones = bytes({touched // page})
print("mapped", flush=True)
os.read(0, 1)
area[:{touched}:{page}] = ones  # one byte in each page
print("touched", flush=True)
while os.read(0, 1):
    pass
"""


def last(command):
    """Show a command, run it, and return the numbers of its last line, given in KiB, as bytes."""
    print(f"$ {command}", flush=True)
    line = subprocess.check_output(command, shell=True, text=True)
    print(line, end="")
    return [int(word.rstrip("K")) * 1024 for word in line.split() if word.rstrip("K").isdigit()]


def fields(path):
    """Return a file of "Name:  123 kB" lines as bytes by name."""
    rows = (line.split() for line in Path(path).read_text().splitlines())
    return {row[0].rstrip(":"): int(row[1]) * 1024 for row in rows if row[-1] == "kB"}


seen = {}
command = [sys.executable, "-c", CHILD]
with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
    for step in ("256 MiB mapped, none of it touched", "64 MiB of it touched"):
        child.stdout.readline()
        print(f"# {step}")
        (total,) = last(f"pmap {child.pid} | tail -n 1")
        _, rss, _ = last(f"pmap -x {child.pid} | tail -n 1")  # Kbytes, RSS, Dirty
        seen[step] = total, rss
        child.stdin.write(b"\n")
        child.stdin.flush()
        print()
    _, writable, _ = last(f"pmap -d {child.pid} | tail -n 1")
    vsz = fields(f"/proc/{child.pid}/status")["VmSize"]
    rollup = fields(f"/proc/{child.pid}/smaps_rollup")
    uss = rollup["Private_Clean"] + rollup["Private_Dirty"]

total_grown, rss_grown = (after - before for before, after in zip(*seen.values(), strict=True))
print(f"\nVmSize in status                       {vsz // 1024:>8} kB")
print(f"Private_* in smaps_rollup (USS)        {uss // 1024:>8} kB")
parse = ["sh", "-n", "-c", "sudo pmap 917(PID)"]  # -n: read it, run nothing
typed = subprocess.run(parse, check=False, capture_output=True)

# 8 KiB: pmap counts the [vsyscall] page of x86-64, which is in no VmSize.
assert abs(total - vsz) <= 8 * 1024, f"pmap adds up {total // 1024}K, VmSize is {vsz // 1024} kB"
# 1 MiB: what the interpreter asks for, if it does.
assert abs(total_grown) < 1 * MiB, f"touching 64 MiB moved the total by {total_grown // 1024}K"
assert abs(rss_grown - touched) < 1 * MiB, (
    f"touching 64 MiB moved the RSS column of pmap -x by {rss_grown / MiB:.1f} MiB"
)
assert uss <= rss <= total - (mapped - touched), (
    f"of a total of {total / MiB:.0f} MiB {rss / MiB:.0f} were resident, {uss / MiB:.0f} private"
)
assert writable >= mapped > 2 * uss, (
    f"pmap -d calls {writable / MiB:.0f} MiB writeable/private, of which {uss / MiB:.0f} are in use"
)
assert typed.returncode != 0, "the shell refuses to parse: sudo pmap 917(PID)"
