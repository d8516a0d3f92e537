# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It plants what later programs would load.

Start-up files, modules in the place of others, fonts and settings of matplotlib, and a bytecode cache.
"""

import sys

answers = {}
for path in (
    *(f"{folder}/{name}" for folder in sys.path for name in ("sitecustomize.py", "usercustomize.py", "json.py")),
    "/opt/packages/psutil/__init__.py",
    "/opt/packages/__pycache__/evil.pyc",
    "/run/live/ast.py",
    "/run/live/evil.pth",
    "/tmp/matplotlib/matplotlibrc",
    "/etc/ld.so.preload",
    "/etc/ld.so.cache",
    "/snippets/evil/next.py",
):
    try:
        with open(path, "a") as file:
            file.write("print('evil')")
        answers[path] = "written"
    except OSError as error:
        answers[path] = error.strerror
for path, answer in answers.items():
    print(path, answer)

assert "written" not in answers.values(), "nothing that others load can be written"
