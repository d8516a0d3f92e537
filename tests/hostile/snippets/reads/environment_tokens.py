# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It reads tokens in the environment.

Its own, and that of every process that it can see, from the beginning of their stacks too.
"""

import glob
import os
import re

seen = [f"{name}={value}" for name, value in os.environ.items()]
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        seen += open(path, errors="replace").read().split("\0")
    except OSError as error:
        seen.append(f"{path}={error.strerror}")
telling = [one for one in seen if re.search(r"TOKEN|SECRET|PASS|canary|GITHUB|HOSTNAME=", one)]
print(*sorted(set(seen)), sep="\n")
print("telling:", telling)

assert not telling, "no environment holds a token"
