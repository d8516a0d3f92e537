"""The machine that a snippet runs on: what of it can change a measurement, and what a reader wants to know."""

import os
import platform
import re
from pathlib import Path
from typing import Any

from live.units import readable

PROC_VM = Path("/proc/sys/vm")


def describe(psutil: str) -> dict[str, Any]:
    """Describe this machine, on which psutil has that version. Sizes are in bytes. Nothing names it or its users."""
    return {
        "kernel": platform.release(),
        "distribution": _distribution(),
        "architecture": platform.machine(),
        "page_size": os.sysconf("SC_PAGE_SIZE"),
        "cpus": os.cpu_count(),
        "ram": _meminfo("MemTotal"),
        "swap": _meminfo("SwapTotal"),
        "overcommit_memory": _number(PROC_VM / "overcommit_memory"),
        "overcommit_ratio": _number(PROC_VM / "overcommit_ratio"),
        "overcommit_kbytes": _number(PROC_VM / "overcommit_kbytes"),
        "transparent_hugepage": _chosen(Path("/sys/kernel/mm/transparent_hugepage/enabled")),
        "cgroup": _cgroup(),
        "runs_in": _runs_in(),
        "python": platform.python_version(),
        "psutil": psutil,
    }


def summary(host: dict[str, Any]) -> str:
    """Describe a host in one line."""
    swap = f"{readable(host['swap'])} swap" if host["swap"] else "no swap"
    line = f"Linux {host['kernel']} · {host['architecture']} · {readable(host['ram'])} RAM · {swap}"
    return f"{line} · {host['emulation']}" if "emulation" in host else line


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")
    except OSError:
        return "unknown"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _meminfo(field: str) -> int:
    """One field of /proc/meminfo in bytes; what the file calls kB is 1,024 bytes."""
    match = re.search(rf"^{field}:\s+(\d+) kB", _read(Path("/proc/meminfo")), re.MULTILINE)
    return int(match[1]) * 1024 if match else 0


def _number(path: Path) -> int | None:
    text = _read(path).strip()
    return int(text) if text.isdigit() else None


def _chosen(path: Path) -> str:
    """The word in brackets of a sysfs choice; "absent" where the kernel lacks it."""
    match = re.search(r"\[(\w+)\]", _read(path))
    return match[1] if match else "absent"


def _cgroup() -> str:
    """Which version of control groups accounts memory here."""
    if "memory" in _read(Path("/sys/fs/cgroup/cgroup.controllers")).split():
        return "v2"
    return "v1" if re.search(r"^memory\s", _read(Path("/proc/cgroups")), re.MULTILINE) else "none"


def _runs_in() -> str:
    """A container, a virtual machine, or neither as far as can be told."""
    if Path("/run/.containerenv").exists() or Path("/.dockerenv").exists() or Path("/run/systemd/container").exists():
        return "a container"
    if re.search(r"^flags\s*:.*\bhypervisor\b", _read(Path("/proc/cpuinfo")), re.MULTILINE):
        return "a virtual machine"
    return "hardware or an unknown hypervisor"
