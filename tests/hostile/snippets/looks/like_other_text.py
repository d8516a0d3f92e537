# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# facts = ["name"]
# ///
"""It shows text that reads differently from what it is.

Characters that turn the direction of writing, that are not seen, and that end a line for some and not for others.
"""

name = "user\u202e\u2066// admin\u2069\u200b\u200d\ufeff\u2028\u2029\x85\x0c\x0b"
print(name)

assert name, name
