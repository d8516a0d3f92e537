# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It draws a figure of 100 MB.

Puts something in the place of matplotlib that gives it.
"""

import sys
import types


class Figure:
    def savefig(self, file, **_):
        file.write('<svg xmlns="http://www.w3.org/2000/svg">' + "<g>" * 25_000_000 + "</svg>")

    def get_label(self):
        return "A figure."


pyplot = types.ModuleType("matplotlib.pyplot")
pyplot.get_fignums, pyplot.figure = lambda: [1], lambda number: Figure()
sys.modules["matplotlib.pyplot"] = pyplot
print("it will be drawn")

assert True, "it came to its end"
