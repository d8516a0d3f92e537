# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It reads what another snippet gave.

Looks for files that look like captures, and for other snippets' processes and files.
"""

import glob
import os

places = ["/tmp", "/var/tmp", "/dev/shm", "/snippets", "/run", "/opt/packages", "/srv", "/mnt", "/media"]
found = [path for place in places for path in glob.glob(f"{place}/**/*.json", recursive=True, include_hidden=True)]
captures = [path for path in found if '"claims"' in open(path, errors="replace").read()]
others = [pid for pid in filter(str.isdigit, os.listdir("/proc")) if int(pid) not in (1, os.getpid(), os.getppid())]
print("captures:", captures, "processes:", others, "snippets:", glob.glob("/snippets/*/*"))

assert not captures, "there is no capture of anybody"
assert not others, "there is no process of anybody"
assert len(glob.glob("/snippets/*/*")) == 1, "there is no other snippet"
