# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It draws a figure that acts.

Puts something in the place of matplotlib that gives script, links, frames and entities.
"""

import sys
import types


class Figure:
    def savefig(self, file, **_):
        file.write(
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="alert(1)"'
            ' viewBox="0 0 9 9"><script>alert(1)</script><a xlink:href="javascript:alert(1)"><text>x</text></a>'
            '<foreignObject><iframe src="//evil"/></foreignObject><feImage href="http://evil/x.png"/>'
            '<use href="http://evil/x.svg#x"/><style>@import "//evil"</style><path style="fill: url(http://evil)"/>'
            '<animate attributeName="href" to="javascript:alert(1)"/></svg>'
        )

    def get_label(self):
        return 'A figure." onmouseover="alert(1)'


pyplot = types.ModuleType("matplotlib.pyplot")
pyplot.get_fignums, pyplot.figure = lambda: [1], lambda number: Figure()
sys.modules["matplotlib.pyplot"] = pyplot
print("it will be drawn")

assert True, "it came to its end"
