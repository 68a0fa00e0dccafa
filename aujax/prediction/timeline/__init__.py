"""A table of predictions as a page: scores over time, events and frames.

`write` makes one HTML file that needs no network.
"""

from aujax.prediction.timeline.page import write

__all__ = ["write"]
