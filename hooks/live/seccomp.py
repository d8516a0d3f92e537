"""The system calls that no snippet gets, as a seccomp filter (seccomp(2)), which bubblewrap puts in place.

Refused is what no namespace holds back, and what no snippet needs and mistakes in the kernel were reached by: whatever
makes mounts or namespaces, looks into other processes, or loads programs into the kernel; what takes of a store that
all of the machine shares and nothing counts (io_setup, inotify_init), or watches files that others use; and what sends
descriptors (sendmsg), since those that the engine does not want it would have to close, and a socket that lingers makes
whoever closes it wait. What a measurement of memory may need stays, such as madvise, mlock and memfd_create.
"""

import errno
import platform
import struct

FAMILIES = (1, 2, 10, 16)  # of sockets: AF_UNIX, AF_INET, AF_INET6, AF_NETLINK; AF_VSOCK leads to the hypervisor
NEW_USER = 0x10000000  # clone(2): CLONE_NEWUSER


def _table(text: str) -> dict[str, int]:
    return {name: int(number) for name, number in (call.split("=") for call in text.split())}


# Numbers that are the same everywhere. io_uring makes sockets without socket(2). clone3 hides its flags from a filter,
# and is refused so that clone is used.
EVERYWHERE = _table("""
    io_uring_setup=425 open_tree=428 move_mount=429 fsopen=430 fsconfig=431 fsmount=432 fspick=433 clone3=435
    pidfd_getfd=438 mount_setattr=442 quotactl_fd=443
""")
X86_64 = _table("""
    clone=56 socket=41 ptrace=101 syslog=103 modify_ldt=154 pivot_root=155 chroot=161 acct=163 settimeofday=164
    mount=165 umount2=166 swapon=167 swapoff=168 reboot=169 sethostname=170 setdomainname=171 iopl=172
    ioperm=173 init_module=175 delete_module=176 quotactl=179 clock_settime=227 kexec_load=246 add_key=248
    request_key=249 keyctl=250 unshare=272 perf_event_open=298 fanotify_init=300 name_to_handle_at=303
    open_by_handle_at=304 clock_adjtime=305 setns=308 process_vm_readv=310 process_vm_writev=311 kcmp=312
    finit_module=313 kexec_file_load=320 bpf=321 userfaultfd=323
    sendmsg=46 sendmmsg=307 io_setup=206 inotify_init=253 inotify_init1=294
""")
# What newer architectures have in common, from <asm-generic/unistd.h>.
GENERIC = _table("""
    clone=220 socket=198 umount2=39 mount=40 pivot_root=41 chroot=51 quotactl=60 acct=89 unshare=97
    kexec_load=104 init_module=105 delete_module=106 clock_settime=112 syslog=116 ptrace=117 reboot=142
    sethostname=161 setdomainname=162 settimeofday=170 add_key=217 request_key=218 keyctl=219 swapon=224
    swapoff=225 perf_event_open=241 fanotify_init=262 name_to_handle_at=264 open_by_handle_at=265
    clock_adjtime=266 setns=268 process_vm_readv=270 process_vm_writev=271 kcmp=272 finit_module=273 bpf=280
    userfaultfd=282 kexec_file_load=294 sendmsg=211 sendmmsg=269 io_setup=0 inotify_init1=26
""")
# By machine: its number in <linux/audit.h>, and its system calls.
MACHINES = {
    "x86_64": (0xC000003E, X86_64),
    "aarch64": (0xC00000B7, GENERIC),
    "riscv64": (0xC00000F3, GENERIC),
}
LOAD, EQUAL, AT_LEAST, ANY_OF, END = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ, |JGE, |JSET, BPF_RET
ALLOW, REFUSE = 0x7FFF0000, 0x00050000  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO
ARCHITECTURE, CALL, ARGUMENT = 4, 0, 16  # where they stand in struct seccomp_data; of the first argument the low half


def numbers() -> dict[str, int]:
    """The number of every call that the filter knows on this machine, by name; empty for a machine not known here."""
    return MACHINES[platform.machine()][1] | EVERYWHERE if platform.machine() in MACHINES else {}


def program() -> bytes:
    """The filter; empty for a machine not known here. Programs of another architecture get no system call at all.

    An instruction is a code, how far to jump on if its test is true or false, and a value.
    """
    if not numbers():
        return b""
    known = numbers()
    socket, clone = known.pop("socket"), known.pop("clone")
    refused = sorted(known.values())
    last = len(refused) - 1
    instructions = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, MACHINES[platform.machine()][0]),
        (END, 0, 0, REFUSE | errno.ENOSYS),
        (LOAD, 0, 0, CALL),
        (AT_LEAST, len(refused), 0, 0x40000000),  # of the x32 interface
        *((EQUAL, last - place, int(place == last), number) for place, number in enumerate(refused)),
        (END, 0, 0, REFUSE | errno.ENOSYS),
        (EQUAL, 4, 0, socket),
        (EQUAL, 0, 2, clone),
        (LOAD, 0, 0, ARGUMENT),
        (ANY_OF, len(FAMILIES) + 4, 0, NEW_USER),
        (END, 0, 0, ALLOW),
        (LOAD, 0, 0, ARGUMENT),
        *((EQUAL, len(FAMILIES) - place, 0, family) for place, family in enumerate(FAMILIES)),
        (END, 0, 0, REFUSE | errno.EAFNOSUPPORT),
        (END, 0, 0, ALLOW),
        (END, 0, 0, REFUSE | errno.EPERM),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
