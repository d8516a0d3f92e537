# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It claims without end.

One assert that never holds, caught each time.
"""

while True:
    try:
        assert 0, "x" * 2000
    except AssertionError:
        pass
