"""Histograms of scores: positives up, negatives down from a common line.

Tallec et al. 2023, Fig. 4, draw such histograms of one AU's scores by method.
"""

import dataclasses

import numpy as np
from jaxtyping import Int

from aujax.report.numbers import results as results_lib
from aujax.report.text import cells
from aujax.report.web import shown

# Bins of a histogram, each as wide as so many steps of the slider.
_WIDTH = 2


@dataclasses.dataclass(frozen=True)
class Histogram:
  """Shares and numbers of positives (up) and negatives (down) by score.

  Attributes:
    series: Which method.
    name: Its name.
    shares: Paths of positives and negatives, each its share of the class.
    counts: The same as numbers of frames, on a logarithmic axis.
  """

  series: int
  name: str
  shares: tuple[str, str]
  counts: tuple[str, str]


@dataclasses.dataclass(frozen=True)
class Histograms:
  """Histograms of several methods on common axes.

  Attributes:
    rows: By method.
    share_tops: Shares of negatives and of positives, in percent, that reach
      the bottom and the top.
    count_top: Number of frames that does.
  """

  rows: tuple[Histogram, ...]
  share_tops: tuple[str, str]
  count_top: str


def histograms(
  results: results_lib.Results, totals: dict[str, Int[np.ndarray, "2 101"]]
) -> Histograms:
  """Draws the scores of one AU.

  Args:
    results: The trials, for the colours of their methods.
    totals: By method, its bins summed over trials.

  Returns:
    The histograms. Each class has a scale of its own, or the rare one would
    be flat; a score of 1 shares the last bin.
  """
  counts = {
    name: np.c_[total[:, :-2], total[:, -2:].sum(1)]
    .reshape(2, -1, _WIDTH)
    .sum(2)
    for name, total in totals.items()
  }
  shares = {
    name: count / np.maximum(count.sum(1, keepdims=True), 1)
    for name, count in counts.items()
  }
  tops = np.max([share.max(1) for share in shares.values()], axis=0)
  most = max(int(count.max()) for count in counts.values()) or 1
  rows = tuple(
    Histogram(
      shown.series(results, name),
      name,
      _mirrored(shares[name] / np.where(tops > 0, tops, 1)[:, None]),
      _mirrored(np.log1p(count) / np.log1p(most)),
    )
    for name, count in counts.items()
  )
  return Histograms(rows, tuple(map(cells.number, tops)), f"{most:,}")


def _mirrored(heights):
  """Paths up for positives and down for negatives from the middle."""
  negatives, positives = heights
  return _steps(50 - 50 * positives), _steps(50 + 50 * negatives)


def _steps(levels):
  """A closed path of steps from 0 to 100 in percent, back along the middle."""
  width = 100 // len(levels)
  parts, last = ["M0 50"], 50
  for number, level in enumerate(np.rint(levels).astype(int).tolist()):
    if level != last:
      parts.append(f"H{number * width}V{level}")
      last = level
  return "".join(parts) + "H100V50z"
