# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It writes outside through symbolic links.

Links in its own folder lead to every place that it would like to write to.
"""

import os

answers = {}
for target in (
    "/etc/passwd",
    "/usr/lib/evil.py",
    "/opt/packages/evil.py",
    __file__,
    "/run/live/evil",
    "/var/tmp/evil",
    "/root/evil",
    "/home/evil",
    "/proc/1/root/evil",
    "/proc/self/cwd/../evil",
):
    link = f"/tmp/link{len(answers)}"
    os.symlink(target, link)
    try:
        with open(link, "a") as file:
            file.write("evil")
        answers[target] = "written"
    except OSError as error:
        answers[target] = error.strerror
for target, answer in answers.items():
    print(target, answer)

assert "written" not in answers.values(), "no link makes a place writable"
