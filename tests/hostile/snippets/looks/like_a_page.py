# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# facts = ["evil"]
# ///
"""It puts markup into the page.

HTML, Markdown, an inline fact, a template and a fence, as output, claim and fact.
"""

evil = (
    "</code></pre><script>alert(1)</script><img src=x onerror=alert(1)>[x](javascript:alert(1)) "
    "`#!fact a/b.c` {{ config }} \n```\n# x { #y }\n"
)
print(evil)

assert evil, evil
