"""From a working directory to a page: results that one can check.

`write` makes index.html and results.md of an experiment and returns its main
table for a terminal; `load` reads the trials and counts them anew.
"""

from aujax.report.page import write
from aujax.report.results import Results, load

__all__ = ["Results", "load", "write"]
