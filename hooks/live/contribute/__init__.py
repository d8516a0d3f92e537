"""What helps to add a page or a snippet: make one that passes, check what was changed, mend what can be mended."""
