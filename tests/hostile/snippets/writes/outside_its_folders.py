# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It writes wherever there is a folder.

Tries to make a file in every folder that it can see.
"""

import os

written, tried = [], 0
for folder, folders, _ in os.walk("/"):
    if folder == "/":
        folders[:] = [name for name in folders if name not in ("proc", "sys")]
    if folder.count("/") > 4:
        folders.clear()
    tried += 1
    try:
        os.close(os.open(f"{folder}/evil", os.O_CREAT | os.O_WRONLY))
        written.append(folder)
    except OSError:
        pass
print(f"{tried} folders, written: {written}")

assert tried > 100, "there are many folders"
assert {folder.split("/")[1] for folder in written} <= {"tmp", "dev"}, "only its own can be written to"
assert not [folder for folder in written if folder.startswith("/dev") and not folder.startswith("/dev/shm")], (
    "and /dev/shm"
)
