# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# facts = ["name"]
# ///
"""It prints what is no text.

Bytes that are no UTF-8, half of a pair, and a byte of zero.
"""

import os

os.write(1, b"caf\xe9 \xff\xfe \xed\xa0\x80 \xc0\xaf \xf4\x90\x80\x80 \x00 end\n")
name = "x\udc80y"

assert name, f"its name is {name}"
