#!/usr/bin/python3 -ISE
"""Process 1 of the lab: sets the machine up as its orders say, lets the harness run the snippet, and turns it off.

Everything that happens goes to the host as a line of JSON over one virtual serial port. The kernel writes to the
console alone, so that what stands there is its log, also where it panics. The OOM killer never chooses process 1.
"""

import contextlib
import ctypes
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
import traceback

LIBC = ctypes.CDLL(None, use_errno=True)
MOUNTS = (
    ("proc", "/proc"),
    ("sysfs", "/sys"),
    ("devtmpfs", "/dev"),
    ("tmpfs", "/dev/shm"),
    ("devpts", "/dev/pts"),
    ("tmpfs", "/tmp"),
    ("cgroup2", "/sys/fs/cgroup"),
)
MODULES = ("virtio_pci", "virtio_blk", "virtio_console")
RB_POWER_OFF = 0x4321FEDC  # reboot(2)
PACKET = 256 << 10  # bytes; more than the harness ever sends at once
BUFFER = memoryview(bytearray(PACKET))  # made before a snippet can leave no memory for it
GROUP = "/sys/fs/cgroup/snippet"
PORTS = "/sys/class/virtio-ports"


class Refused(Exception):
    """What was ordered cannot be had in this guest."""


class Port:
    """The way to the host: whatever is sent arrives in order, each message a line."""

    def __init__(self) -> None:
        """Open it; a driver that was just loaded may need a moment to bring it. Raises FileNotFoundError."""
        for _ in range(200):
            with contextlib.suppress(OSError):
                for port in os.listdir(PORTS):
                    with open(f"{PORTS}/{port}/name") as file:
                        if file.read().strip() == "reports":
                            self.descriptor = os.open(f"/dev/{port}", os.O_WRONLY | os.O_CLOEXEC)
                            return
            time.sleep(0.05)
        raise FileNotFoundError("the port for reports")

    def write(self, line: bytes) -> None:
        while line:
            line = line[os.write(self.descriptor, line) :]

    def send(self, **message: object) -> None:
        self.write(json.dumps(message).encode() + b"\n")


def mount() -> None:
    for kind, place in MOUNTS:
        os.makedirs(place, exist_ok=True)
        LIBC.mount(kind.encode(), place.encode(), kind.encode(), 0, None)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{number}", f"/dev/{name}")


def load_modules() -> None:
    """Load drivers that this kernel does not have built in; it names, in vain, those that it has."""
    subprocess.run(["modprobe", "-q", "-a", *MODULES], stderr=subprocess.DEVNULL, check=False)


def set_up(order: dict) -> None:
    """Make the machine what its orders say. Raises Refused where this kernel lacks something of it."""
    for name, size in (("disk", order["disk"]), ("swap", order["swap"])):
        if size:
            device = f"/dev/vd{'b' if name == 'swap' and order['disk'] else 'a'}"
            make = {"disk": ["mkfs.ext4", "-q", "-m0"], "swap": ["mkswap"]}[name]
            run(*make, device)
            run(*({"disk": ["mount", device, "/disk"], "swap": ["swapon", device]}[name]))
    write("/sys/fs/cgroup/cgroup.subtree_control", "+memory +pids", "control groups for memory")
    for name, value in order["sysctl"].items():
        write(f"/proc/sys/{name.replace('.', '/')}", value, f"the setting {name} = {value}")
    if order["cgroup"]:
        os.mkdir(GROUP)
    for name, value in order["cgroup"].items():
        write(f"{GROUP}/{name}", value, f"the control group file {name} = {value}")


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"{' '.join(command)} failed: {done.stderr.strip()}")


def write(path: str, value: object, what: str) -> None:
    try:
        with open(path, "w") as file:
            file.write(str(value))
    except FileNotFoundError:
        raise Refused(f"the guest's kernel, {os.uname().release}, lacks {what}") from None
    except OSError as error:
        raise Refused(f"the guest's kernel, {os.uname().release}, refuses {what}: {error.strerror}") from None


def describe(port: Port, psutil: str) -> None:
    """Tell what this machine is; in a process of its own, so that what that loads is gone when the snippet runs."""
    child = os.fork()
    if child == 0:
        sys.path[:0] = ["/live", "/usr/lib/python3/dist-packages"]
        from live import host  # noqa: PLC0415

        port.send(host=host.describe(psutil))
        os._exit(0)
    os.waitpid(child, 0)


def start(order: dict) -> tuple[subprocess.Popen, socket.socket]:
    """Start the harness under the file name of the snippet, so that `ps` shows that."""
    channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    enter = ["/bin/sh", "-c", f'echo 0 > {GROUP}/cgroup.procs && exec "$@"', "enter"] if order["cgroup"] else []
    process = subprocess.Popen(
        [*enter, "/usr/bin/python3", "-I", "-S", order["harness"]],
        cwd="/live",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=order["environment"] | {"LIVE_CHANNEL": str(theirs.fileno())},
        pass_fds=(theirs.fileno(),),
        start_new_session=True,
    )
    theirs.close()
    return process, channel


def attend(order: dict, port: Port) -> int:
    """Pass on what the harness reports and what is written; return its exit status once it has ended."""
    process, channel = start(order)
    channel.recv(PACKET)  # it is ready, or gone already
    port.send(ready=True)
    say("the snippet starts")
    with contextlib.suppress(OSError):
        channel.send(json.dumps(order["harness_order"]).encode() + b"\n")
    selector = selectors.DefaultSelector()
    for stream, name in ((process.stdout, "stdout"), (process.stderr, "stderr"), (channel, "")):
        if stream:  # as all are that were asked for
            selector.register(stream, selectors.EVENT_READ, name)
    status = None
    while status is None or selector.get_map():
        for key, _ in selector.select(0.1):
            chunk = b""
            with contextlib.suppress(ConnectionResetError):  # a harness that was killed leaves its channel so
                chunk = bytes(BUFFER[: os.readv(key.fd, [BUFFER])])
            if not chunk:
                selector.unregister(key.fileobj)
            elif key.data:
                port.send(**{key.data: chunk.decode("latin-1")})
            else:
                port.write(chunk + b"\n")
        ended = reap()
        if process.pid in ended:
            status = ended[process.pid]
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)  # whatever it left behind, which could keep its output open
    say("the snippet ended")
    return status


def reap() -> dict[int, int]:
    """The exit statuses, as a shell gives them, of all children that have ended."""
    ended = {}
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            code = os.waitstatus_to_exitcode(found[1])
            ended[found[0]] = 128 - code if code < 0 else code
    return ended


def say(text: str) -> None:
    """Write to the kernel's log."""
    with open("/dev/kmsg", "w") as file:
        file.write(f"<5>lab: {text}\n")


def shell() -> None:
    """Give whoever started this machine a shell on its console."""
    os.environ.update({"HOME": "/root", "TERM": "linux", "PS1": "lab# ", "PATH": "/usr/sbin:/usr/bin"})
    os.environ["PYTHONPATH"] = "/usr/lib/python3/dist-packages"
    subprocess.run(["setsid", "--ctty", "--wait", "sh", "-i"], cwd="/snippets", check=False)


def main() -> None:
    mount()
    with open("/live/order.json") as file:
        order = json.load(file)
    os.environ["PATH"] = "/usr/bin:/usr/sbin"
    load_modules()
    if order["shell"]:
        set_up(order)
        shell()
        return
    port = Port()
    try:
        set_up(order)
        describe(port, order["psutil"])
    except Refused as why:
        port.send(refused=str(why))
    else:
        port.send(exit=attend(order, port))


if __name__ == "__main__":
    try:
        main()
    except BaseException:  # noqa: BLE001  (the console is the only witness)
        traceback.print_exc()
    finally:
        LIBC.reboot(RB_POWER_OFF)
