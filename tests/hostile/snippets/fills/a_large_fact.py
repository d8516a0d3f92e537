# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# facts = ["big"]
# ///
"""It measures a fact of 100 MB.

One text.
"""

big = "x" * 100_000_000
print("it is large")

assert big, "it came to its end"
