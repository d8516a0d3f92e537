"""Run small programs safely, keep what they gave, and show it in a page.

A plain library: it knows Markdown, but nothing of the site generator that calls it.
Capturing (`capture`) runs snippets and fills a bundle of JSON files; rendering (`markdown`) only reads that bundle.
"""
