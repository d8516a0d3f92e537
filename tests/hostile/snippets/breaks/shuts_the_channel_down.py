# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It ends the conversation and goes on.

Shuts the channel down, and waits for longer than it may.
"""

import os
import socket
import time

channel = int(open("/proc/self/environ").read().partition("LIVE_CHANNEL=")[2].partition("\0")[0])
socket.socket(fileno=os.dup(channel)).shutdown(socket.SHUT_RDWR)
print("shut down", flush=True)
time.sleep(60)
