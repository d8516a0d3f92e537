"""The lab's kernel and its small system, made once from packages and kept by their versions, by an ordinary user."""

import contextlib
import fcntl
import hashlib
import json
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path, PurePath

from live import bundle, staging
from live.lab.packages import Apt
from live.lab.settings import HOSTS
from live.problems import LiveError, Problem, writing

# What a guest holds. Of what these depend on, only libraries: without dpkg and debconf there is nothing to configure.
PACKAGES = "base-files coreutils dash e2fsprogs grep kmod mawk mount procps python3 sysstat util-linux".split()
LIBRARIES = re.compile(r"z?lib(?!perl|.*-perl)|python3")
MODULES = "virtio_pci virtio_console virtio_blk ext4 zram lzo_rle zstd".split()  # where they are not built in
LEFT_OUT = re.compile(
    r"usr/(share/(?!zoneinfo/Etc)|include|src|games|lib/(udev|systemd|[^/]+/(gconv|perl|krb5)))"
    r"|usr/lib/python3[^/]*/(test|idlelib|lib2to3|ensurepip|pydoc_data|distutils|tkinter|turtledemo|config-)|var|boot"
)
OLD = timedelta(days=1)  # after which a build of everything asks for newer packages
ACCOUNTS = "root:x:0:0:root:/root:/bin/sh\nreader:x:1000:1000:reader:/tmp:/bin/sh\n"


@dataclass(frozen=True)
class Image:
    """A kernel and its initramfs. `packages` has the version of each Debian package and of psutil; `key` names it."""

    kernel: Path
    initramfs: Path
    packages: dict[str, str] = field(hash=False)
    key: str


def get(cache: Path, kernel: str, fresh: bool = False) -> Image:
    """Return the image with this kernel, made if it is not there; only then, or if `fresh` and old, is apt asked.

    Raises LiveError where packages cannot be had.
    """
    with writing(cache, "LIVE_LAB"):
        cache.mkdir(parents=True, exist_ok=True)
        lock = (cache / "lock").open("w")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # apt would only say that another one is at work
        for left in cache.glob(".new-*"):  # by a build that was killed
            shutil.rmtree(left, ignore_errors=True)
        known = _known(cache, kernel)
        if known and not (fresh and _is_old(cache / f"{kernel}.json")):
            return known
        try:
            return _make(cache, kernel)
        except (subprocess.CalledProcessError, OSError) as error:
            if known:  # the network is away; what is here was good yesterday
                return known
            said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
            what = f"the lab's image cannot be made of Debian's packages: {said[-1] if said else error}"
            raise LiveError([Problem(what=what)]) from None


def _recipe() -> str:
    """What but packages shapes an image."""
    return hashlib.sha256(Path(__file__).read_bytes() + metadata.version("psutil").encode()).hexdigest()


def _known(cache: Path, kernel: str) -> Image | None:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads((cache / f"{kernel}.json").read_text())
        image = _image(cache / told["key"], told["packages"])
        if told["recipe"] == _recipe() and image.kernel.exists() and image.initramfs.exists():
            return image
    return None


def _is_old(path: Path) -> bool:
    return datetime.now(UTC) - datetime.fromtimestamp(path.stat().st_mtime, UTC) > OLD


def _image(folder: Path, packages: dict[str, str]) -> Image:
    return Image(folder / "vmlinuz", folder / "initramfs", packages, folder.name)


def _make(cache: Path, kernel: str) -> Image:
    """Find out what the packages are now, and make an image of them unless there is one."""
    with tempfile.TemporaryDirectory(dir=cache, prefix=".new-") as temporary:
        work = Path(temporary)
        apt = Apt(cache / f"apt-{kernel}", kernel)
        apt.update()
        system = apt.closure(*PACKAGES)
        packages = apt.kernel() | {n: v for n, v in system.items() if n in PACKAGES or LIBRARIES.match(n)}
        told = {"recipe": _recipe(), "packages": packages | {"psutil": metadata.version("psutil")}}
        key = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
        if not (cache / key).exists():
            print(f"live: making the lab's image with the {kernel} kernel from {len(packages)} packages", flush=True)
            tree = _unpacked(apt.download(packages, work), work / "tree")
            (work / "image").mkdir()
            kernel_file, *_ = *tree.glob("boot/vmlinuz-*"), *tree.glob("usr/lib/modules/*/vmlinuz")  # the place moved
            shutil.move(kernel_file, work / "image" / "vmlinuz")
            _furnish(tree)
            _write(tree, work / "image" / "initramfs")
            (work / "image").chmod(0o755)
            (work / "image").rename(cache / key)
        bundle.write_json(cache / f"{kernel}.json", told | {"key": key})
    _forget_others(cache)
    return _image(cache / key, told["packages"])


def _forget_others(cache: Path) -> None:
    """Images that no manifest names are only in the way; but another build may still be about to start one."""
    kept = {made.key for made in (_known(cache, kernel) for kernel in HOSTS.values()) if made}
    for folder in cache.iterdir():
        if re.fullmatch(r"[0-9a-f]{16}", folder.name) and folder.name not in kept and _is_old(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _unpacked(archives: list[Path], tree: Path) -> Path:
    """Unpack packages into a tree in which everything is below /usr, whatever a package's age."""
    for name in ("bin", "sbin", "lib", "lib64"):
        (tree / "usr" / name).mkdir(parents=True)
        (tree / name).symlink_to(f"usr/{name}")
    for archive in archives:
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as content:
            unpack = ["tar", "-x", "--keep-directory-symlink", "--no-same-owner", "-C", tree]
            subprocess.run(unpack, stdin=content.stdout, capture_output=True, text=True, check=True)
    return tree


def _furnish(tree: Path) -> None:
    """Make of unpacked packages what can be booted: add folders, links and psutil, compile Python, choose modules."""
    for name in ("dev", "proc", "sys", "run", "tmp", "root", "disk", "etc"):
        (tree / name).mkdir(exist_ok=True)
    (tree / "etc" / "passwd").write_text(ACCOUNTS)
    (tree / "etc" / "group").write_text("root:x:0:\nreader:x:1000:\n")
    for name, target in (("sh", "dash"), ("awk", "mawk"), ("sar", "sar.sysstat")):
        (tree / "usr/bin" / name).unlink(missing_ok=True)
        (tree / "usr/bin" / name).symlink_to(target)
    for distribution in staging.closure(["psutil"]).values():
        staging.copy_distribution(distribution, tree / "usr/lib/python3/dist-packages")
    _compile(tree)
    _choose_modules(tree)


def _compile(tree: Path) -> None:
    """Let the guest's own Python compile its library: to do that at each boot would take seconds."""
    python = next(path for path in tree.glob("usr/bin/python3.*") if re.fullmatch(r"python3\.\d+", path.name))
    folders = (tree / "usr/lib" / python.name, tree / "usr/lib/python3/dist-packages")
    arguments = ["-S", "-m", "compileall", "-q", "-s", tree, "-p", "/", "--invalidation-mode", "unchecked-hash"]
    _in_tree(tree, python, *arguments, *folders, PYTHONHOME=str(tree / "usr"))


def _choose_modules(tree: Path) -> None:
    """Keep only the modules that a guest needs and what they depend on (modprobe(8), depmod(8))."""
    (folder,) = (tree / "usr/lib/modules").iterdir()
    kmod = tree / "usr/bin/kmod"  # it does what its name says
    _in_tree(tree, kmod, "-b", tree, folder.name, name="depmod")
    kept = ""
    for name in MODULES:
        with contextlib.suppress(subprocess.CalledProcessError):  # this kernel has no such module
            kept += _in_tree(tree, kmod, "-d", tree, "-S", folder.name, "--show-depends", name, name="modprobe")
    for path in folder.glob("kernel/**/*.ko*"):
        if f"/{path.relative_to(tree / 'usr')} " not in kept:
            path.unlink()
    _in_tree(tree, kmod, "-b", tree, folder.name, name="depmod")


def _in_tree(tree: Path, program: Path, *arguments: str | Path, name: str = "", **environment: str) -> str:
    """Run a program of the guest here, under a name, by the guest's own dynamic linker (ld.so(8)): it needs no root."""
    linker = next(tree.glob("usr/lib/**/ld-linux-*.so.*"))
    libraries = f"{tree / 'usr/lib'}:{linker.parent}"
    command = [linker, "--library-path", libraries, "--argv0", name or program.name, program, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def _write(tree: Path, target: Path) -> None:
    """Write the tree as a compressed archive."""
    entries = []
    for path in sorted(tree.rglob("*")):
        if LEFT_OUT.match(str(path.relative_to(tree))):
            continue
        mode = path.lstat().st_mode & ~0o7000
        link = str(path.readlink()).encode() if path.is_symlink() else b""
        entries.append((str(path.relative_to(tree)), mode, path.read_bytes() if stat.S_ISREG(mode) else link))
    packed = subprocess.run(["zstd", "-q", "-T0", "-15", "-c"], input=cpio(entries), capture_output=True, check=True)
    target.write_bytes(packed.stdout + bytes(-len(packed.stdout) % 4))  # another archive may follow


def cpio(entries: Iterable[tuple[str, int, bytes]]) -> bytes:
    """An archive of path, mode and content that the kernel unpacks at boot; all is root's.

    Format "newc" of cpio(5); the kernel's Documentation/driver-api/early-userspace/buffer-format.rst.
    """
    parts = []
    for number, (name, mode, content) in enumerate([*entries, ("TRAILER!!!", 0, b"")], 1):
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name.encode()) + 1, 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        parts += [header, bytes(-len(header) % 4), content, bytes(-len(content) % 4)]
    return b"".join(parts)


def addition(files: dict[str, bytes]) -> bytes:
    """An archive of these files, by path, and the folders that they are in; it may follow an image's own."""
    folders = {str(parent) for path in files for parent in PurePath(path).parents if str(parent) not in (".", "/")}
    entries = [(folder, stat.S_IFDIR | 0o755, b"") for folder in sorted(folders)]
    return cpio(entries + [(path, stat.S_IFREG | 0o755, content) for path, content in files.items()])
