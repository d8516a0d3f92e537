# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It reads the repository's history.

Looks for a folder .git upwards from itself and all over the file system.
"""

import os

found, skipped = [], {"/proc", "/sys", "/usr", "/opt"}
for folder, folders, _ in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(folder, name) not in skipped]
    found += [os.path.join(folder, name) for name in folders if name == ".git"]
where = os.path.dirname(os.path.abspath(__file__))
print(where, os.listdir(where), os.listdir(os.path.dirname(where)))
print("found:", found)

assert not found, "there is no repository"
assert os.listdir(where) == [os.path.basename(__file__)], "nothing lies beside it"
