# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# memory = "300MiB"
# ///
"""It fills the buffers of pipes.

As many as its descriptors allow, each as large as the kernel lets it be, in several processes.
"""

import fcntl
import os
import signal

results = []
for _ in range(20):
    reader, writer = os.pipe()
    if os.fork() == 0:
        pipes, total = [], 0
        try:
            while True:
                pipes.append(os.pipe())
                os.set_blocking(pipes[-1][1], False)
                fcntl.fcntl(pipes[-1][1], fcntl.F_SETPIPE_SZ, 1 << 20)
        except OSError:
            pass
        for _, end in pipes:
            try:
                while True:
                    total += os.write(end, bytes(1 << 16))
            except OSError:
                pass
        os.write(writer, b"%d" % total)
        signal.pause()  # and holds them
    os.close(writer)
    results.append(int(os.read(reader, 100)))
print(f"{len(results)} processes filled {', '.join(f'{size >> 20}' for size in results)} MiB")

assert sum(results) <= 256 << 20, f"all of them came to {sum(results) >> 20} MiB"
