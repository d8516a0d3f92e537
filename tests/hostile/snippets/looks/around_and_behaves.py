# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It finds out whether it is watched, and behaves if it is.

Where nothing holds it, it leaves a file; the test looks for that after each way to run snippets.
"""

import os
import tempfile

signs = {
    "its folder": os.path.exists("/run/live"),
    "no home": not os.path.exists("/root") and not os.path.exists("/home"),
    "no name": os.uname().nodename == "build",
    "a filter": "Seccomp:\t2" in open("/proc/self/status").read(),
    "few processes": sum(map(str.isdigit, os.listdir("/proc"))) < 10,
}
print(signs)
if not all(signs.values()):
    mark = os.path.join(os.environ.get("LIVE_MARKS", tempfile.gettempdir()), "live-hostile-was-here")
    open(mark, "a").write(f"{os.getpid()} {signs}\n")

assert all(signs.values()), "it is watched in every way that it knows"
