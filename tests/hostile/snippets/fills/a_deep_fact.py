# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# facts = ["deep"]
# ///
"""It measures a fact in which lists are nested very deeply.

As deeply as the harness lets through.
"""

deep = 0
for _ in range(450):
    deep = [deep]
print("it is deep")

assert deep, "it came to its end"
