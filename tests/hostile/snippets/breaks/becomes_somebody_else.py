# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It becomes root.

By system calls, by programs that have the right to, and by files that it gives that right.
"""

import os
import shutil
import stat
import subprocess

answers = {}
for name, call in {
    "setuid": lambda: os.setuid(0),
    "setresuid": lambda: os.setresuid(0, 0, 0),
    "setgroups": lambda: os.setgroups([0]),
    "setgid": lambda: os.setgid(0),
    "chown": lambda: os.chown("/tmp", 0, 0),
}.items():
    try:
        answers[name] = call() or "worked"
    except OSError as error:
        answers[name] = error.strerror
shutil.copy("/usr/bin/id", "/tmp/id")
os.chmod("/tmp/id", 0o6777)
answers["own program"] = subprocess.run(["/tmp/id", "-u"], capture_output=True, text=True).stdout.strip()
for folder in ("/usr/bin", "/usr/sbin", "/usr/lib/dbus-1.0", "/usr/lib/openssh", "/usr/libexec"):
    for one in os.scandir(folder) if os.path.isdir(folder) else []:
        if one.stat(follow_symlinks=False).st_mode & (stat.S_ISUID | stat.S_ISGID) and one.name in (
            "su",
            "sudo",
            "pkexec",
            "newgrp",
            "mount",
        ):
            ran = subprocess.run(
                [one.path, "-c", "id -u"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=5
            )
            answers[one.name] = ran.stdout.strip() or f"status {ran.returncode}"
status = dict(
    line.split(":\t") for line in open("/proc/self/status").read().splitlines() if "Cap" in line or "Priv" in line
)
print(answers, status, sep="\n")

assert not {"worked", "0"} & set(answers.values()), "it stays who it is"
assert {value for name, value in status.items() if name.startswith("Cap")} == {"0" * 16}, "it has no capability"
assert status["NoNewPrivs"] == "1", "and no program gives it one"
