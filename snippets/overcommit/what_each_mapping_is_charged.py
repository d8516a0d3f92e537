# /// script
# requires-python = ">=3.11"
# [tool.live]
# host = ["build", "lab"]
# exclusive = true
# facts = ["size", "charged", "written", "own", "mode", "takes_back", "kernel"]
# ///
"""A mapping is charged by its kind and not by its use.

Maps the same size in different ways, writes to a small part of one of them, and reads the
machine's Committed_AS before and after each step.
"""

import ctypes
import mmap
import os
import platform
import re
import tempfile
import threading
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE
from pathlib import Path

MiB, BOTH, NONE = 2**20, PROT_READ | PROT_WRITE, 0
MAP_NORESERVE = getattr(mmap, "MAP_NORESERVE", 0x4000)  # Python has it since 3.13
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.munmap.argtypes = libc.mprotect.argtypes = libc.madvise.argtypes = [ctypes.c_size_t] * 3
mode, kernel = int(Path("/proc/sys/vm/overcommit_memory").read_text()), platform.release()
takes_back = tuple(map(int, re.match(r"(\d+)\.(\d+)", kernel).groups())) >= (6, 7)


def meminfo(name):
    return int(re.search(rf"^{name}: +(\d+)", Path("/proc/meminfo").read_text(), re.M)[1]) * 1024


def step(name, what, call, *arguments):
    before = meminfo("Committed_AS")
    result = call(*arguments)
    charged[name] = meminfo("Committed_AS") - before
    if result == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), what)
    print(f"{what:<40}{charged[name] / MiB:+9.1f}")
    return result


def area(kind, protection, file=-1):
    return libc.mmap(None, size, protection, kind, file, 0)


def fork():
    if os.fork() == 0:
        os.close(go)
        os.read(wait, 1)
        os._exit(0)


def own_charges():
    """The kernel marks each private mapping that it charged with "ac", "accountable"."""
    blocks = Path("/proc/self/smaps").read_text().split("\nSize:")[1:]
    return sum(int(block.split()[0]) * 1024 for block in blocks if " ac " in f"{block} ")


room = meminfo("CommitLimit") - meminfo("Committed_AS") if mode == 2 else meminfo("MemTotal")
size, written, charged = min(256 * MiB, room // 8 // MiB * MiB), 8 * MiB, {}
print(f"{size / MiB:.0f} MiB each, in mode {mode}, Linux {kernel}\n{'Committed_AS, MiB':>49}")
private = MAP_PRIVATE | MAP_ANONYMOUS
memory = step("private", "private and writable", area, private, BOTH)
step("write", f"  write to {written // MiB} MiB of it", ctypes.memset, memory, 1, written)
step("give_back", "  give those back, MADV_DONTNEED", libc.madvise, memory, size, 4)
(wait, go), own = os.pipe(), own_charges()
step("fork", "  fork", fork)
os.close(go)
os.wait()
libc.munmap(memory, size, 0)
memory = step("none", "PROT_NONE", area, private, NONE)
step("make", "  make it writable, mprotect", libc.mprotect, memory, size, BOTH)
step("unmake", "  and PROT_NONE again", libc.mprotect, memory, size, NONE)
libc.munmap(memory, size, 0)
step("read", "private and read-only", area, private, PROT_READ)
step("noreserve", "private, writable, MAP_NORESERVE", area, private | MAP_NORESERVE, BOTH)
step("shared", "shared and writable", area, MAP_SHARED | MAP_ANONYMOUS, BOTH)
with tempfile.TemporaryFile() as file:
    file.truncate(size)
    step("file_private", "file, private and writable", area, MAP_PRIVATE, BOTH, file.fileno())
    step("file_shared", "file, shared and writable", area, MAP_SHARED, BOTH, file.fileno())
os.ftruncate(memfd := os.memfd_create("it"), size)
step("memfd", "memfd, shared and writable", area, MAP_SHARED, BOTH, memfd)
threading.stack_size(size)
thread = threading.Thread(target=threading.Event().wait, daemon=True)
step("thread", "thread with a stack of that size", thread.start)


def about(times, *names):
    """Others move the counter, too, here by 30 MiB; a quarter of the size tells 0, 1 and -1."""
    return all(abs(charged[name] - times * size) < size / 4 for name in names)


def said(*names):
    return ", ".join(f"{name} {charged[name] / MiB:+.0f} MiB" for name in names)


full, free = ("private", "make", "shared", "file_private", "thread"), ("none", "read", "memfd")
assert about(1, *full), f"charged: {said(*full)}"
assert about(0, *free, "file_shared"), f"not charged: {said(*free, 'file_shared')}"
assert about(0, "write", "give_back"), f"use is not charged: {said('write', 'give_back')}"
assert about(own / size, "fork"), f"{said('fork')}: all {own / MiB:.0f} MiB of the parent again"
assert about(-takes_back, "unmake"), f"PROT_NONE again: {said('unmake')} on Linux {kernel}"
assert about(mode == 2, "noreserve"), f"in mode {mode}: {said('noreserve')}"
