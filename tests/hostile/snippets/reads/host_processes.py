# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# sees = "host"
# ///
"""It reads arguments of the host's processes.

With the list of the host's processes: their command lines, environments, folders and files.
"""

import glob

seen = ""
for name in ("cmdline", "environ", "maps", "mounts", "cgroup", "wchan"):
    for path in glob.glob(f"/proc/[0-9]*/{name}"):
        try:
            seen += open(path, errors="replace").read()
        except OSError:
            pass
links = [path for kind in ("cwd", "root", "exe", "fd/0") for path in glob.glob(f"/proc/[0-9]*/{kind}")]
print(len(glob.glob("/proc/[0-9]*")), "processes;", len(links), "links")
print(seen.replace("\0", " "))

assert "canary" not in seen, "no argument and no environment is told"
assert "bwrap --args" not in seen, "nor how the walls are made"
