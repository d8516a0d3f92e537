# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It prints without end.

Lines of a thousand letters.
"""

while True:
    print("x" * 1000)
