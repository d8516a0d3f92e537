# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# facts = ["number"]
# ///
"""It measures a number with a hundred thousand digits.

Python refuses to write it; a reader of JSON might not.
"""

number = 10**100_000
print("it is large")

assert number, "it came to its end"
