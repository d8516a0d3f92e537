# /// script
# requires-python = ">=3.11"
# dependencies = []
# [tool.live]
# host = ["build", "lab"]
# facts = ["size", "pages", "ways", "limit", "some", "locks", "answers"]
# ///
"""Memory can be filled before use, kept, and given back.

Fills 32 MiB in four ways before it writes to it, to see where the faults go. Then locks a little,
tries to give that back and to lock more than it may. Changes nothing else.
"""

import contextlib
import ctypes
import errno
import itertools
import mmap
import os
import re
import resource
from pathlib import Path

MiB, POPULATE_READ, POPULATE_WRITE, MLOCK_ONFAULT = 2**20, 22, 23, 1  # madvise(2), mlock2(2)
page, size, libc = os.sysconf("SC_PAGE_SIZE"), 32 * MiB, ctypes.CDLL(None, use_errno=True)
pages, ways, locks, answers = size // page, {}, {}, {}
limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]  # -1 if there is none
some = (min(8 * MiB, limit) if limit >= 0 else 8 * MiB) // 2 // page * page


def changes(*actions):
    """How each changes RSS and locked memory, in bytes, and how many faults it takes."""
    seen = []
    for action in (int, int, *actions):  # int() does nothing, but looking takes faults at first
        action()
        files = (Path(f"/proc/self/{name}") for name in ("smaps_rollup", "status"))
        text = "".join(file.read_text() for file in files)
        found = re.findall(r"^(Rss|VmLck):\s+(\d+)", text, re.M)
        seen.append({name: int(kib) * 1024 for name, kib in found})
        seen[-1]["faults"] = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    return [{of: b[of] - a[of] for of in a} for a, b in itertools.pairwise(seen[1:])]


def private(length, flags=0):
    area = mmap.mmap(-1, length, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | flags)
    with contextlib.suppress(OSError):  # a kernel without transparent huge pages
        area.madvise(mmap.MADV_NOHUGEPAGE)
    return area


def call(function, area, *more):
    """What the kernel answers; through the C library, since Python has no function for some."""
    address = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(area)))
    failed = getattr(libc, function)(address, ctypes.c_size_t(len(area)), *more)
    return errno.errorcode[ctypes.get_errno()] if failed else "done"


def fill(way, flags=0, advice=None):
    kept = []

    def prepare():
        kept.append(private(size, flags))
        if advice:
            call("madvise", kept[0], advice)

    def use():
        for offset in range(0, size, page):
            kept[0][offset] = 1

    took = changes(prepare, use, lambda: kept[0].madvise(mmap.MADV_DONTNEED))
    ways[way] = dict(zip(("before", "use", "back"), took, strict=True))


fill("no_filling")
fill("MAP_POPULATE", flags=mmap.MAP_POPULATE)
fill("MADV_POPULATE_WRITE", advice=POPULATE_WRITE)
fill("MADV_POPULATE_READ", advice=POPULATE_READ)
for name, *more in (("mlock",), ("mlock2", MLOCK_ONFAULT)) if some else ():
    area = private(some)
    (locks[name],) = changes(lambda area=area, name=name, more=more: call(name, area, *more))
    answers[name] = call("madvise", area, mmap.MADV_DONTNEED)
    call("munlock", area)
capabilities = re.search(r"^CapEff:\s+(\w+)", Path("/proc/self/status").read_text(), re.M)[1]
limited = limit > 0 and not int(capabilities, 16) >> 14 & 1  # CAP_IPC_LOCK
answers["more"] = call("mlock", private(limit + page)) if limited else "not limited"

print(f"{'filled with':<20}{'RSS MiB before':>15}{'faults':>8}{'RSS MiB at use':>16}{'faults':>8}")
for name, took in ways.items():
    cells = [
        f"{took[when]['Rss'] / MiB:+.1f}{took[when]['faults']:8,}" for when in ("before", "use")
    ]
    print(f"{name.replace('_f', ' f'):<20}{cells[0]:>23}{cells[1]:>24}")
for name in locks:
    print(f"MADV_DONTNEED after {name} of {some // 1024:,} KiB: {answers[name]}")
print(f"mlock of a page more than RLIMIT_MEMLOCK, {limit // 1024:,} KiB: {answers['more']}")

near, most = MiB, 1.01 * pages + 64  # the interpreter and NUMA balancing fault a little as well
for name, took in ways.items():
    early = name in ("MAP_POPULATE", "MADV_POPULATE_WRITE")
    when, faults = "before use" if early else "at use", took["use"]["faults"]
    grown, back = took[when.split()[not early]]["Rss"], -took["back"]["Rss"]
    assert abs(grown - size) < near, f"{name}: RSS grew by {grown / MiB:.1f} MiB {when}"
    assert faults < most - early * pages, f"and the use of {pages:,} pages took {faults:,} faults"
    assert abs(back - size) < near, f"MADV_DONTNEED gave {back / MiB:.1f} MiB back"
for name, change in locks.items():
    locked, grown, resident = change["VmLck"], change["Rss"], some if name == "mlock" else 0
    assert locked == some, f"{name}: VmLck grew by {locked / MiB:.1f} MiB"
    assert abs(grown - resident) < near / 4, f"and RSS by {grown / MiB:.1f} MiB"
    assert answers[name] == "EINVAL", f"MADV_DONTNEED was answered with {answers[name]}"
assert answers["more"] in ("ENOMEM", "not limited"), f"more than the limit: {answers['more']}"
