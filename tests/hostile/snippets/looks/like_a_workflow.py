# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# exits = 1
# ///
"""It gives orders to the service that runs workflows.

Lines that such a service reads as commands, on every way that leads to a log.
"""

import sys

lines = [
    "::error file=README.md::owned",
    "::add-mask::e",
    "##[set-output name=x]owned",
    "::stop-commands::x",
    "##vso[task.setvariable variable=x]owned",
]
print(*lines, sep="\n")
print(*lines, sep="\n", file=sys.stderr, flush=True)
raise SystemExit("\n".join(lines)) if len(lines) > 9 else ValueError("\n" + "\n".join(lines))
assert True, "it is never reached"
