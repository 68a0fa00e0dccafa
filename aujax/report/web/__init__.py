"""The page's template, styles and scripts: files, no code."""
