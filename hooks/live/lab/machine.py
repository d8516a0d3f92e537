"""QEMU: how a guest is started, inside the sandbox, with KVM where that works."""

import functools
import os
import platform
import selectors
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from live import sandbox
from live.lab.image import Image
from live.lab.settings import Lab
from live.project import sandbox_wanted
from live.sandbox import Data
from live.tools import SEARCH_PATH

# The emulator, its Debian package, the machine and the console, by architecture.
KINDS = {
    "x86_64": ("qemu-system-x86_64", "qemu-system-x86", "pc", "ttyS0"),
    "aarch64": ("qemu-system-aarch64", "qemu-system-arm", "virt", "ttyAMA0"),
}
# Under emulation "max" brings a source of randomness, which Python waits for.
PROCESSORS = {"tcg": "max", "kvm": "host"}
KVM = Path("/dev/kvm")
PATIENCE = 5  # seconds within which a kernel under KVM must have written something
# Standard input is a pipe that only the build holds, so it ends with the build. That bwrap dies with its parent is not
# enough: a build that is killed while bwrap starts is gone before bwrap asks for it.
LIFELINE = 'exec 3<&0; (read _ <&3; kill -KILL $$) >/dev/null 2>&1 & exec "$@" 3<&- </dev/null'
REPORTS = 1  # QEMU's number for the descriptor that reports go to


def lacking() -> str:
    """What this machine lacks to run a guest, as a reason for a skip; "" where it lacks nothing."""
    if platform.machine() not in KINDS:
        return f"the lab has no machine for {platform.machine()}"
    emulator, package, _, _ = KINDS[platform.machine()]
    needed = {emulator: package, "zstd": "zstd"}
    packages = [needed[name] for name in needed if not shutil.which(name, path=SEARCH_PATH)]
    return f"the lab needs QEMU and zstd: sudo apt-get install {' '.join(packages)}" if packages else ""


@functools.cache
def version() -> str:
    """The emulator's own version."""
    told = subprocess.run([KINDS[platform.machine()][0], "--version"], capture_output=True, text=True, check=False)
    return told.stdout.split("\n")[0].removeprefix("QEMU emulator version ").split(" ")[0]


def start(
    image: Image, lab: Lab, addition: bytes, accelerator: str, reports: int | None = None, terminal: bool = False
) -> subprocess.Popen:
    """Start a guest: its console is the process's stdout, what it reports goes to the descriptor.

    addition: an archive that is unpacked over the image's own.
    """
    data = Data()
    try:
        arguments = _arguments(image, lab, addition, accelerator, data)
        if reports is not None:
            arguments += ["-add-fd", f"set={REPORTS},fd={reports}", "-device", "virtio-serial"]
            arguments += ["-chardev", f"file,id=reports,path=/dev/fdset/{REPORTS},append=on"]
            arguments += ["-device", "virtserialport,chardev=reports,name=reports"]
        if not terminal and sandbox_wanted():
            arguments = ["sh", "-c", LIFELINE, "sh", *arguments]
        streams: dict[str, Any] = {} if terminal else dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        return subprocess.Popen(
            sandbox.emulator(arguments, data) if sandbox_wanted() else arguments,
            env={"PATH": SEARCH_PATH},
            pass_fds=(*data.descriptors, *([] if reports is None else [reports])),
            start_new_session=not terminal,
            **streams,
            **(sandbox.account() if sandbox_wanted() else {}),
        )
    finally:
        data.close()


def _arguments(image: Image, lab: Lab, addition: bytes, accelerator: str, data: Data) -> list[str]:
    """The command line. All files are in memory and inherited, so that the emulator need not see any folder."""
    emulator, _, machine, console = KINDS[platform.machine()]
    kernel, initramfs = data.add(image.kernel.read_bytes()), data.add(image.initramfs.read_bytes() + addition)
    # A panic ends the guest at once; what the image holds is not to be swapped or counted as shared memory.
    words = f"console={console} panic=-1 rootfstype=ramfs {lab.cmdline}".strip()
    arguments = [
        *(emulator, "-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none", "-nic", "none"),
        *("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"),
        *("-machine", machine, "-accel", accelerator, "-cpu", PROCESSORS[accelerator], "-smp", "1"),
        *("-m", f"{lab.memory >> 10}k", "-no-reboot", "-chardev", "stdio,id=console,signal=off"),
        *("-serial", "chardev:console", "-append", words),
        *("-kernel", f"/proc/self/fd/{kernel}", "-initrd", f"/proc/self/fd/{initramfs}"),
    ]
    for size in filter(None, (lab.disk, lab.swap)):
        device = data.add_empty(size)
        arguments += ["-drive", f"if=virtio,format=raw,cache=unsafe,file.locking=off,file=/proc/self/fd/{device}"]
    return arguments


@functools.cache
def accelerator(image: Image) -> str:
    """Choose "kvm" where it starts a guest, else "tcg", which is QEMU's software emulation.

    The device alone says nothing: it may be there and the guest never boot, or QEMU end over a register that the
    processor underneath refuses. So a guest is started once, and what counts is a sign of life within seconds.
    """
    return "kvm" if _may_use_kvm() and _lives(start(image, Lab(), b"", "kvm"), PATIENCE) else "tcg"


def _may_use_kvm() -> bool:
    """Whether whoever runs the emulator, which is nobody where root builds, may open the device."""
    if not KVM.exists():
        return False
    if sandbox_wanted() and sandbox.account():
        return bool(KVM.stat().st_mode & 0o006 == 0o006)
    return os.access(KVM, os.R_OK | os.W_OK)


def _lives(process: subprocess.Popen, seconds: float) -> bool:
    """Whether a guest's kernel writes its first line in time; the guest is ended either way."""
    end, console = time.monotonic() + seconds, b""
    with process, selectors.DefaultSelector() as selector:
        output: Any = process.stdout  # a pipe, as `start` has made it
        selector.register(output, selectors.EVENT_READ)
        while b"Linux version" not in console and time.monotonic() < end:
            if selector.select(0.1):
                chunk = os.read(output.fileno(), 1 << 16)
                console += chunk
                if not chunk:
                    break
        process.kill()
    return b"Linux version" in console
