# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# needs = ["ps", "pmap"]
# facts = ["held", "rss", "access", "shown", "pmap_lines", "pmap_exit"]
# ///
"""For a process that you may not read, ps prints a PSS of 0.

Starts a child that touches 30 MiB and closes itself to other processes, as ssh-agent does, then
looks at it. Root that may trace everything sees all the same; an ordinary user does not.
"""

import subprocess
import sys
from pathlib import Path

MiB = 2**20
held = 30 * MiB
PR_SET_DUMPABLE = 4  # include/uapi/linux/prctl.h; 0 gives the files in /proc/PID to root
CHILD = f"""
import ctypes, mmap, sys
area = mmap.mmap(-1, {held}, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
area[:: mmap.PAGESIZE] = bytes({held} // mmap.PAGESIZE)
ctypes.CDLL(None).prctl({PR_SET_DUMPABLE}, 0, 0, 0, 0)
print("ready", flush=True)
sys.stdin.read()
"""
# procps before 4.0.0 has neither pss nor uss; ps L lists what this one knows.
known = {line.split()[0] for line in subprocess.getoutput("ps L").splitlines()}
columns = [name for name in ("pid", "rss", "pss", "uss") if name in known]

command = [sys.executable, "-c", CHILD]
with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
    child.stdout.readline()
    pid = str(child.pid)
    status = Path(f"/proc/{pid}/status").read_text()
    try:
        Path(f"/proc/{pid}/smaps_rollup").read_text()
        access = "allowed"
    except PermissionError:
        access = "refused"
    ps = ["ps", "-o", ",".join(columns), "-p", pid]
    print(f"$ {' '.join(ps)}    # KiB", flush=True)
    subprocess.run(ps, check=True)
    values = subprocess.check_output(ps, text=True).split()[len(columns) :]
    pmap = subprocess.run(["pmap", pid], check=False, capture_output=True, text=True)

shown = {name: int(value) * 1024 for name, value in zip(columns, values, strict=True)}
del shown["pid"]
rss = int(status.split("VmRSS:")[1].split()[0]) * 1024
pmap_lines, pmap_exit = len(pmap.stdout.splitlines()), pmap.returncode
print(f"\n/proc/{pid}/status        VmRSS {rss / MiB:.1f} MiB")
print(f"/proc/{pid}/smaps_rollup  {access}")
print(f"pmap {pid}                {pmap_lines} lines, exit status {pmap_exit}")

hidden = access == "refused"
zeros = [name for name in ("pss", "uss") if shown.get(name) == 0]
assert rss >= held, f"VmRSS of {rss / MiB:.1f} MiB could be read from status"
assert bool(zeros) == (hidden and "pss" in known), (
    f"smaps_rollup was {access}, and ps printed 0 for {' and '.join(zeros) or 'nothing'}"
)
assert (pmap_lines == 1 and pmap_exit == 1) == hidden, (
    f"smaps_rollup was {access}, and pmap wrote {pmap_lines} lines with exit status {pmap_exit}"
)
