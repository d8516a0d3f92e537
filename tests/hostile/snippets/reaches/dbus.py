# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It reaches the buses and daemons of the machine.

The sockets of D-Bus, systemd, Docker, the agent for keys, and every socket file that it can find.
"""

import glob
import os
import socket
import stat

names = ["/run/dbus/system_bus_socket", "/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock"]
names += ["/run/systemd/private", "/run/systemd/notify", "/run/systemd/journal/stdout", "/run/snapd.socket"]
names += [*glob.glob("/run/user/*/bus"), *glob.glob("/tmp/ssh-*/agent.*"), *glob.glob("/tmp/.X11-unix/*")]
names += [value.partition("path=")[2] or value for name, value in os.environ.items() if "BUS" in name or "SOCK" in name]
for folder, folders, files in os.walk("/"):
    if folder == "/":
        folders[:] = [name for name in folders if name not in ("proc", "sys", "usr", "opt")]
    for path in (os.path.join(folder, name) for name in files):
        if stat.S_ISSOCK(os.lstat(path).st_mode):
            names.append(path)
answers = {}
for name in names:
    with socket.socket(socket.AF_UNIX) as one:
        answers[name] = os.strerror(one.connect_ex(name))
for name, answer in answers.items():
    print(name, answer)

assert set(answers.values()) == {"No such file or directory"}, "none of them is there"
