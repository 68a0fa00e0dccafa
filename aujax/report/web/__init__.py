"""The page: what it shows, its templates, styles and scripts."""
