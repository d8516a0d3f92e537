# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It reads and writes the kernel's log and addresses.

The devices and files for it, syslog(2), and where the kernel's functions lie.
"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
answers = {}
for path in (
    "/dev/kmsg",
    "/proc/kmsg",
    "/proc/kcore",
    "/sys/kernel/debug",
    "/sys/kernel/tracing",
    "/sys/firmware",
    "/proc/sysrq-trigger",
):
    for flag in (os.O_RDONLY, os.O_WRONLY):
        try:
            answers[path, flag] = bool(os.write(os.open(path, flag), b"h") if flag else os.read(os.open(path, flag), 8))
        except OSError as error:
            answers[path, flag] = error.strerror
buffer = ctypes.create_string_buffer(1 << 16)
read = libc.klogctl(3, buffer, len(buffer))  # SYSLOG_ACTION_READ_ALL
answers["syslog", 3] = os.strerror(ctypes.get_errno()) if read < 0 else True
addresses = {line.split()[0] for line in open("/proc/kallsyms")} if os.access("/proc/kallsyms", os.R_OK) else set()
for key, answer in answers.items():
    print(*key, answer)
print(f"{len(addresses)} different addresses of the kernel")

assert True not in answers.values(), "none of them can be used"
assert len(addresses) <= 1, "every address of the kernel is shown as zero"
