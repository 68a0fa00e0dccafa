"""From scores to a page: results that one can check.

`write` makes index.html, results.md, results.tex and results.parquet of an
experiment, `write_systems` the same of any system's scores; both return the
main table for a terminal. `load` reads an experiment's trials and counts them
anew.
"""

from aujax.report.numbers.results import Results, load
from aujax.report.page import write, write_systems

__all__ = ["Results", "load", "write", "write_systems"]
