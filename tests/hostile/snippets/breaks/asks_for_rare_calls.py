# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It asks for what no snippet needs.

System calls that widen what a mistake in the kernel could be used for, by their numbers on this machine.
"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
X86_64 = """
ptrace=101 syslog=103 pivot_root=155 acct=163 settimeofday=164 mount=165 umount2=166 swapon=167 swapoff=168
reboot=169 sethostname=170 init_module=175 delete_module=176 quotactl=179 kexec_load=246 add_key=248
request_key=249 keyctl=250 unshare=272 perf_event_open=298 fanotify_init=300 name_to_handle_at=303
open_by_handle_at=304 clock_adjtime=305 setns=308 process_vm_writev=311 kcmp=312 finit_module=313
kexec_file_load=320 bpf=321 userfaultfd=323 sendmsg=46 sendmmsg=307 io_setup=206 inotify_init=253
inotify_init1=294
"""
NEWER = """
umount2=39 mount=40 pivot_root=41 quotactl=60 acct=89 unshare=97 kexec_load=104 init_module=105
delete_module=106 syslog=116 ptrace=117 reboot=142 sethostname=161 settimeofday=170 add_key=217
request_key=218 keyctl=219 swapon=224 swapoff=225 perf_event_open=241 fanotify_init=262 name_to_handle_at=264
open_by_handle_at=265 clock_adjtime=266 setns=268 process_vm_writev=271 kcmp=272 finit_module=273 bpf=280
userfaultfd=282 kexec_file_load=294 sendmsg=211 sendmmsg=269 io_setup=0 inotify_init1=26
"""
EVERYWHERE = """
io_uring_setup=425 open_tree=428 move_mount=429 fsopen=430 fsconfig=431 fsmount=432 fspick=433 clone3=435
pidfd_getfd=438 mount_setattr=442
"""
calls = EVERYWHERE + (X86_64 if os.uname().machine == "x86_64" else NEWER)
answers = {}
for name, number in (call.split("=") for call in calls.split()):
    ctypes.set_errno(0)
    given = libc.syscall(int(number), int(name == "userfaultfd"), 0, 0, 0, 0, 0)
    answers[name] = "worked" if given >= 0 else os.strerror(ctypes.get_errno())
print(*(f"{name:18} {answer}" for name, answer in answers.items()), sep="\n")

reached = sorted(name for name, answer in answers.items() if answer != "Function not implemented")
assert not reached, f"of {len(answers)} calls, the kernel does none: {', '.join(reached)}"
