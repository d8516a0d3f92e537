# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["build", "lab"]
# facts = ["floats", "data", "copied"]
# ///
"""Reading Python objects in a forked child copies them.

Makes the same two million numbers as objects and as a plain array, forks a child for each, lets
it add them up, and looks at what the child has for itself afterwards.
"""

import os
import re
from array import array
from pathlib import Path

MiB = 2**20
floats = 2_000_000
objects = [float(i) for i in range(floats)]
numbers = array("d", objects)


def uss():
    """Bytes that only this process maps."""
    rollup = Path("/proc/self/smaps_rollup").read_text()
    return sum(map(int, re.findall(r"^Private_(?:Clean|Dirty):\s+(\d+)", rollup, re.M))) * 1024


# region child
def copied_by(action):
    """USS that a forked child gains by an action."""
    heard, tell = os.pipe()
    child = os.fork()
    if child == 0:
        before = uss()
        action()
        os.write(tell, (uss() - before).to_bytes(8, "little", signed=True))
        os._exit(0)
    os.waitpid(child, 0)
    return int.from_bytes(os.read(heard, 8), "little", signed=True)


copied = {
    "nothing": copied_by(lambda: None),
    "array": copied_by(lambda: sum(numbers)),
    "objects": copied_by(lambda: sum(objects)),
}
# endregion
data = {"nothing": 0, "array": floats * 8, "objects": floats * 32}  # with what malloc rounds up
print(f"{'MiB':<10}{'read':>10}{'copied':>10}")
for name, gained in copied.items():
    print(f"{name:<10}{data[name] / MiB:10.1f}{gained / MiB:10.1f}")

idle, as_array, as_objects = (copied[name] / MiB for name in copied)
# 10 %: the child's interpreter writes to pages of its own while it adds up.
assert copied["array"] < copied["nothing"] + 0.1 * data["array"], (
    f"reading an array of {data['array'] / MiB:.1f} MiB copied {as_array:.1f} MiB, and doing "
    f"nothing {idle:.1f} MiB"
)
assert copied["objects"] > 0.9 * data["objects"], (
    f"reading the same numbers as {data['objects'] / MiB:.1f} MiB of objects copied "
    f"{as_objects:.1f} MiB"
)
