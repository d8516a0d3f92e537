# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It reads every file that is not the system's.

Prints whatever has the word that marks a secret of this test, wherever it lies.
"""

import os

found, count, skipped = [], 0, {"/proc", "/sys", "/usr", "/opt", "/dev"}
for folder, folders, files in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(folder, name) not in skipped]
    for path in (os.path.join(folder, name) for name in files):
        try:
            with open(path, "rb") as file:
                text, count = file.read(1 << 20), count + 1
        except OSError:
            continue
        word = b"can" + b"ary-"
        if word in text:
            found.append((path, text[text.index(word) :][:80]))
for path in ("/proc/self/mountinfo", "/proc/mounts", "/proc/self/cgroup", "/proc/net/unix", "/proc/net/tcp"):
    print(open(path).read())
print(f"{count} files, found: {found}")

assert count < 1000, f"{count} files that are not the system's are few"
assert not found, "none holds a secret"
