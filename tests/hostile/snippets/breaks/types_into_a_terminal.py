# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It types into the terminal of whoever builds.

Puts characters into the input of every terminal that it can open, and takes one as its own.
"""

import fcntl
import glob
import os
import termios

answers = {}
for path in (
    "/dev/tty",
    "/dev/console",
    "/dev/tty0",
    "/dev/tty1",
    "/dev/pts/0",
    "/dev/pts/1",
    "/proc/1/fd/0",
    "/proc/1/fd/1",
    *glob.glob("/dev/ttyS*"),
):
    try:
        terminal = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(terminal, 0x540E, 0)  # TIOCSCTTY
        for letter in b"evil\n":
            fcntl.ioctl(terminal, termios.TIOCSTI, bytes([letter]))
        answers[path] = "typed"
    except OSError as error:
        answers[path] = error.strerror
for number in (0, 1, 2):
    try:
        answers[number] = fcntl.ioctl(number, termios.TIOCSTI, b"x") or "typed"
    except OSError as error:
        answers[number] = error.strerror
for path, answer in answers.items():
    print(path, answer)

assert "typed" not in answers.values(), "there is no terminal"
