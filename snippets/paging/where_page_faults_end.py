# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
# [tool.live]
# host = ["build", "lab"]
# facts = ["ends"]
# ///
"""A fault ends in a page, or in a signal where there is none to have.

Starts a child for each of six touches and sees how it ends. Changes nothing, but the
kernel may write a line to its log for each child that it kills.
"""

import ctypes
import mmap
import os
import signal
import tempfile

import matplotlib.pyplot as plt

page, libc = os.sysconf("SC_PAGE_SIZE"), ctypes.CDLL(None)


def anonymous(protection=mmap.PROT_READ | mmap.PROT_WRITE):
    return mmap.mmap(-1, page, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=protection)


# region touches
def first_touch():
    anonymous()[0] = 1


def write_to_read_only():
    area = anonymous()
    address = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(area)))
    libc.mprotect(address, ctypes.c_size_t(page), mmap.PROT_READ)  # behind Python's back
    area[0] = 1


def read_protected():
    anonymous(protection=0)[0]  # PROT_NONE


def follow_null():
    ctypes.string_at(8, 1)  # a field of a structure that is not there


def read_file(cut=False):
    with tempfile.TemporaryFile() as file:
        os.write(file.fileno(), bytes(page))
        area = mmap.mmap(file.fileno(), page)
        file.truncate(0 if cut else page)
        area[0]


def read_cut_file():
    read_file(cut=True)  # as when a log is emptied while a program has it mapped


# endregion
touches = [first_touch, read_file, follow_null, read_protected, write_to_read_only, read_cut_file]
ends = {}
print(f"{'touch':<20}end of the child")
for touch in touches:
    child = os.fork()
    if child == 0:
        libc.prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: no core dump, whatever the host does with them
        touch()
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    ends[touch.__name__] = "a page" if status == 0 else signal.Signals(-status).name
    print(f"{touch.__name__.replace('_', ' '):<20}{ends[touch.__name__]}")

# The questions are those of exc_page_fault, handle_mm_fault and filemap_fault, in their order.
way = [
    ("does the page table\nallow it?", "yes", "no fault", "#7f8c8d"),
    ("does the mapping\nallow it?", "no", "SIGSEGV", "#d1495b"),
    ("is it within\nthe file, if any?", "no", "SIGBUS", "#d1495b"),
    ("does the page come\nfrom a disk?", "yes", "major fault", "#9b59b6"),
    ("minor fault", "", "", "#2a78b5"),
]
figure, axes = plt.subplots(figsize=(5.6, 4.2), layout="constrained")
box = {"boxstyle": "round,pad=0.4", "facecolor": "none"}
middle = {"ha": "center", "va": "center", "fontsize": 9}
arrow = {"arrowstyle": "->", "color": "#7f8c8d"}
for row, (question, answer, end, colour) in enumerate(way):
    axes.text(0, -row, question, bbox=box | {"edgecolor": "#7f8c8d" if end else colour}, **middle)
    ended = [name.replace("_", " ") for name in ends if ends[name] == (end or "a page")]
    axes.text(2.6 if end else 1, -row, "\n".join(ended), va="center", fontsize=9)
    if end:
        axes.annotate("", (1.55, -row), (0.75, -row), arrowprops=arrow)
        axes.text(1.1, -row + 0.14, answer, **middle)
        axes.text(2, -row, end, bbox=box | {"edgecolor": colour}, **middle)
        axes.annotate("", (0, -row - 0.7), (0, -row - 0.3), arrowprops=arrow)
        axes.text(0.15, -row - 0.5, "no" if answer == "yes" else "yes", **middle)
axes.set(xlim=(-0.9, 4.6), ylim=(-4.4, 0.4))
axes.axis("off")
seen = str(ends).translate(str.maketrans("_", " ", "{}'"))
figure.set_label(
    "No fault if the page table allows it, SIGSEGV if the mapping does not, SIGBUS past the end of "
    f"a file, a major fault if a disk is read, else a minor fault. Seen here: {seen}."
)

assert ends["first_touch"] == "a page", "a first touch got a page, and the child went on"
assert ends["read_file"] == "a page", "so did a read of a mapped file"
for name in ("follow_null", "read_protected", "write_to_read_only"):
    assert ends[name] == "SIGSEGV", f"{name.replace('_', ' ')}: the child was ended by {ends[name]}"
assert ends["read_cut_file"] == "SIGBUS", "read cut file: the child was ended by SIGBUS"
plt.show()
