"""A virtual machine that is made for one run and thrown away, for what must not be done to the machine that builds.

`packages` and `image` make its kernel and initramfs, `machine` starts QEMU in the sandbox, `guest` is process 1 in it,
and `run` is one snippet at work there. Nothing of the host is shared with it, and it has no network.
"""
