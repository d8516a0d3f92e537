# /// script
# requires-python = ">=3.11"
# dependencies = ["psutil>=7,<8"]
#
# [tool.live]
# host = ["build", "lab"]
# needs = ["ps", "sort"]
# facts = ["sample_order", "rss_order", "right_order", "step", "mem_total"]
# ///
"""Sorted as text, the biggest process comes last.

Runs a much copied pipeline on a fixed listing and on three processes of known size, then the same
listings sorted by number. Starts three children of 120, 60 and 30 MiB and ends them.
"""

import os
import subprocess
import sys

import psutil

KiB = 1024
os.environ["LC_ALL"] = "C"  # sort orders text by locale: let every reader get the same
HOLD = """
import sys, time
held = b"x" * (int(sys.argv[1]) * 2**20)
print("ready", flush=True)
time.sleep(25)
"""
SAMPLE = """\
  PID USER     %MEM COMMAND
  811 app      10.0 java
  640 db        9.0 postgres
  702 web       8.8 nginx
"""


def run(command, text=None):
    """Run a shell command and return its lines, each split into fields."""
    done = subprocess.run(command, shell=True, input=text, text=True, stdout=-1, check=True)
    return [line.split() for line in done.stdout.splitlines()]


for order in ("sort -b -k3 -r", "sort -k3,3nr"):
    print(f"$ {order} < sample.txt", flush=True)
    subprocess.run(order, shell=True, input=SAMPLE, text=True, check=True)
    print()
sample = run("sort -b -k3 -r", SAMPLE)
sample_order = [float(row[2]) for row in sample if row[0].isdigit()]
numeric = [float(row[2]) for row in run("sort -k3,3nr", SAMPLE) if row[0].isdigit()]

held = {}  # process id: MiB that it touched
children = []
try:
    for size in (120, 60, 30):
        command = [sys.executable, "-", str(size)]
        children.append(child := subprocess.Popen(command, stdin=-1, stdout=-1, text=True))
        held[child.pid] = size
        child.stdin.write(HOLD)
        child.stdin.close()
    for child in children:
        child.stdout.readline()
    WIKI = "ps -o pid,user,%mem,command ax | sort -b -k3 -r"
    print(f"$ {WIKI}    # the lines of the three children")
    for row in run(WIKI):
        if row[0] == "PID" or int(row[0]) in held:
            print(f"{row[0]:>6} {row[1]:<8} {row[2]:>4} {' '.join(row[3:])}")
    by_text = run("ps -o pid,user,rss,command ax | sort -b -k3 -r")
    by_number = run("ps -o pid,rss,%mem ax --sort=-rss")
finally:
    for child in children:
        child.kill()
        child.wait()

rss_order = [held[int(row[0])] for row in by_text if row[0].isdigit() and int(row[0]) in held]
ours = [row for row in by_number if row[0].isdigit() and int(row[0]) in held]
right_order = [held[int(row[0])] for row in ours]
mem_total = psutil.virtual_memory().total
step = mem_total / 1000
print(f"\nrss in the place of %mem, sorted as text:  {rss_order} MiB")
print(f"ps --sort=-rss:                            {right_order} MiB")
print(f"one step of %MEM here, 0.1 %:              {step / KiB**2:.1f} MiB")

# 0.1 for a MemTotal that changes in between, as a virtual machine's may.
off = max(abs(float(row[2]) - min(int(row[1]) * KiB / mem_total, 1) * 100) for row in ours)
assert sample_order == [9.0, 8.8, 10.0], f"sort -b -k3 -r puts {sample_order} in this order"
assert sample[0][2] != "%MEM", f"it sorts the header like a process, to line {len(sample)}"
assert numeric == [10.0, 9.0, 8.8], f"sort -k3,3nr puts {numeric} in this order"
# True while the interpreter itself needs less than 30 MiB: 6 digits of KiB against 5.
assert rss_order == [60, 30, 120], f"with rss in column 3 it lists processes of {rss_order} MiB"
assert right_order == [120, 60, 30], f"ps --sort=-rss lists processes of {right_order} MiB"
assert off <= 0.2, f"%MEM is RSS / MemTotal in per cent, cut to one decimal: off by {off:.2f} here"
