# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It opens files without end.

And makes its children do so, too.
"""

import os

counts = []
for _ in range(4):
    reader, writer = os.pipe()
    if os.fork() == 0:
        count = 0
        try:
            while count < 1_000_000:
                os.open("/dev/null", os.O_RDONLY)
                count += 1
        except OSError as error:
            os.write(writer, f"{count} {error.strerror}".encode())
        os._exit(0)
    os.close(writer)
    counts.append(os.read(reader, 100).decode())
print(*counts, sep="\n")

assert max(int(count.split()[0]) for count in counts) < 512, "each comes to less than 512"
