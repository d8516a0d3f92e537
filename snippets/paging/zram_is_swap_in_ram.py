# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
#
# [tool.live]
# host = ["lab", "lab-newer"]
# needs = ["swapon"]
# facts = ["size", "pages", "contents", "algorithm", "kernel"]
# lab = { memory = "384M" }
# timeout = 90
# ///
"""Swap on zram gains what compression gains.

Makes a swap device that lives in RAM and compresses. Fills 24 MiB with zeros, with text and with
random bytes, sends each to swap, looks how much RAM the device took, and reads it back.
"""

import mmap
import os
import re
import resource
import subprocess
from pathlib import Path

MiB = 2**20
page, size, MADV_PAGEOUT = os.sysconf("SC_PAGE_SIZE"), 24 * MiB, 21
pages, zram, contents = size // page, Path("/sys/block/zram0"), {}
text = b"".join(path.read_bytes() for path in sorted(Path(os.__file__).parent.glob("*.py")))
text *= size // len(text) + 1  # Python's own library, as often as it takes


def look():
    """Bytes that the device has been given and that it takes, and pages in swap of this process."""
    given, _, takes, *_ = map(int, (zram / "mm_stat").read_text().split())
    vmstat = dict(line.split() for line in Path("/proc/vmstat").read_text().splitlines())
    swap = re.search(r"^VmSwap:\s+(\d+)", Path("/proc/self/status").read_text(), re.M)[1]
    zeros = int(vmstat.get("swpout_zero", 0))  # pages of zeros that no device was asked to keep
    return {"given": given, "takes": takes, "swap": int(swap) * 1024, "kept_as_zero": zeros}


# region device
subprocess.run(["modprobe", "zram"], check=True)
(zram / "disksize").write_text("64M")  # how much it accepts, not how much it takes
for command in ("mkswap", "swapon"):
    subprocess.run([command, "/dev/zram0"], check=True, stdout=subprocess.DEVNULL)
kernel = os.uname().release
algorithm = re.search(r"\[(.+)\]", (zram / "comp_algorithm").read_text())[1]
# endregion

for what in ("zeros", "text", "random"):
    area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area.madvise(mmap.MADV_NOHUGEPAGE)
    for start in range(0, size, MiB):
        data = {"zeros": bytes(MiB), "text": text[start : start + MiB], "random": os.urandom(MiB)}
        area[start : start + MiB] = data[what]
    before = look()
    area.madvise(MADV_PAGEOUT)
    now = {name: value - before[name] for name, value in look().items()}
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_majflt
    area[::page]
    now["faults"] = resource.getrusage(resource.RUSAGE_SELF).ru_majflt - faults
    contents[what] = now
    area.close()

print(f"{algorithm}; MiB{'in swap':>16}{'given to zram':>15}{'it takes':>10}{'major faults':>14}")
for what, now in contents.items():
    sizes = f"{now['swap'] / MiB:10.2f}{now['given'] / MiB:15.2f}{now['takes'] / MiB:10.2f}"
    print(f"{what:<{len(algorithm) + 11}}{sizes}{now['faults']:14,}")


def draw(contents, size):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5.6, 2), layout="constrained")
    for row, now in enumerate(contents.values()):
        takes = now["takes"] / 2**20
        axes.barh(row, size / 2**20, height=0.5, color="none", edgecolor="#9b59b6")
        axes.barh(row, takes, height=0.5, color="#9b59b6")
        axes.text(size / 2**20 + 0.3, row, f"{takes:.1f}", va="center")
    axes.set(
        yticks=range(len(contents)),
        yticklabels=list(contents),
        xlabel="MiB of RAM for 24 MiB in swap",
    )
    axes.invert_yaxis()
    said = (f"{what} {now['takes'] / 2**20:.1f} MiB" for what, now in contents.items())
    figure.set_label(f"RAM that zram takes for {size >> 20} MiB in swap: {', '.join(said)}.")


zeros, prose, noise = contents.values()
some, ratio = 0.02 * size, prose["swap"] / prose["takes"]  # 2 %: a few pages of the interpreter
for what, now in contents.items():
    there, takes = now["swap"] / MiB, now["takes"] / MiB
    assert abs(now["swap"] - size) < some, f"{what}: {there:.1f} MiB in swap took {takes:.1f} MiB"
assert zeros["takes"] < 0.05 * size, f"zeros cost {zeros['takes'] / MiB:.1f} MiB"
assert ratio > 1.5, f"text was compressed {ratio:.1f} times"
assert noise["takes"] > 0.98 * size, f"random bytes took {noise['takes'] / size:.0%} of their size"
faults = prose["faults"]
assert abs(faults - pages) < pages // 50, (
    f"reading {pages:,} pages back took {faults:,} major faults"
)
