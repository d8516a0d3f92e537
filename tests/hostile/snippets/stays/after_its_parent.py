# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It outlives its parent, and keeps the output open.

A child that has the streams goes on when the snippet has ended.
"""

import os
import time

if os.fork() == 0:
    os.setpgid(0, 0)
    time.sleep(86398.25)
    os._exit(0)
print("the parent ends")

assert True, "it came to its end"
