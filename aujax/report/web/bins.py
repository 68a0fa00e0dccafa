"""Scores sorted into the bins between the 101 thresholds of a slider.

The thresholds are 0.00 to 1.00 by 0.01, in the precision of the scores, so
that what is counted at any of them is what `evaluation.count` counts.
"""

import numpy as np
from jaxtyping import Float, Int, Int8

from aujax import evaluation

# As evaluation.count casts a threshold to the precision of the scores.
THRESHOLDS = (np.arange(101) / 100).astype(np.float32)


def binned(
  scores: Float[np.ndarray, "N T"], labels: Int8[np.ndarray, "N T"]
) -> Int[np.ndarray, "T 2 101"]:
  """Sorts known frames by class and score.

  Args:
    scores: `[N, T]` float32 in [0, 1].
    labels: `[N, T]` 1 present, 0 absent, -1 unknown.

  Returns:
    `[T, 2, 101]` negatives and positives by bin; the sum from bin k on is
    how many reach threshold k.

  Example:
    >>> counts = binned(np.float32([[0.5], [0.495]]), np.int8([[1], [0]]))
    >>> counts[0, 1].argmax().item(), counts[0, 0].argmax().item()
    (50, 49)
  """
  num_aus = scores.shape[1]
  classes = 2 * np.arange(num_aus) + (labels == 1)
  places = len(THRESHOLDS) * classes + bin_of(scores)
  counts = np.bincount(
    places[labels >= 0], minlength=2 * num_aus * len(THRESHOLDS)
  )
  return counts.reshape(num_aus, 2, len(THRESHOLDS))


def bin_of(scores: Float[np.ndarray, "..."]) -> Int[np.ndarray, "..."]:
  """The last threshold that a score reaches.

  Args:
    scores: float32 in [0, 1].

  Returns:
    Its index, of the same shape.

  Example:
    >>> bin_of(np.float32([0.0, 0.29, 0.2899999, 1.0])).tolist()
    [0, 29, 28, 100]
  """
  scores = np.asarray(scores, np.float32)
  # A product may fall on the wrong side of a threshold by its rounding.
  index = np.minimum((100 * scores).astype(np.int64), 100)
  index -= scores < THRESHOLDS[index]
  return index + (scores >= THRESHOLDS[np.minimum(index + 1, 100)]) * (
    index < 100
  )


def reached(
  bins: Int[np.ndarray, "*T 2 101"],
) -> evaluation.Counts:
  """Counts at every threshold.

  Args:
    bins: As `binned` gives them.

  Returns:
    Counts, each `[101, T]`, the k-th at threshold k / 100.

  Example:
    >>> counts = reached(binned(np.float32([[0.5]]), np.int8([[1]])))
    >>> counts.tp[[50, 51], 0].tolist(), counts.fn[[50, 51], 0].tolist()
    ([1, 0], [0, 1])
  """
  above = bins[..., ::-1].cumsum(-1)[..., ::-1]
  total = bins.sum(-1)
  fp, tp = np.moveaxis(above, -1, 0)[..., 0], np.moveaxis(above, -1, 0)[..., 1]
  return evaluation.Counts(tp, fp, total[..., 1] - tp, total[..., 0] - fp)
