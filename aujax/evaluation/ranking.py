"""How well scores rank frames, whatever the threshold.

Scores count only by their order; equal scores count as equal, never as the
order in which frames happen to stand. An AU whose labels are all 1 or all 0
has nothing to be ranked and is nan.
"""

import numpy as np
from jaxtyping import Array, Bool, Float, Num

from aujax.evaluation import inputs, metrics, ordering


def roc_auc(
  scores: Num[Array | np.ndarray, "*N T"] | Bool[np.ndarray, "*N T"],
  labels: Num[Array | np.ndarray, "*N T"] | Bool[np.ndarray, "*N T"],
  mask: Bool[Array | np.ndarray, "*N T"] | None = None,
) -> Float[np.ndarray, " T"]:
  """Area under the receiver operating characteristic.

  The share of pairs of a frame that shows the AU and one that does not in
  which the first has the higher score; a pair of equal scores counts half
  (Hanley & McNeil 1982). Pairs are counted in integers.

  Args:
    scores: `[..., T]`, any score that grows with the AU's presence.
    labels: `[..., T]`: 1 present, 0 absent, -1 unknown. Unknown is left out.
    mask: `[..., T]`, True where annotated. Everything by default.

  Returns:
    `[T]`, nan where the AU is never present or never absent.

  Raises:
    ValueError: If shapes differ, a label is none of 1, 0 and -1, or a score
      that counts is NaN.

  Example:
    >>> scores = np.array([[0.9], [0.4], [0.4], [0.1]])
    >>> roc_auc(scores, np.array([[1], [1], [0], [0]])).tolist()
    [0.875]
  """
  return _by_au(_roc_auc, scores, labels, mask)


def average_precision(
  scores: Num[Array | np.ndarray, "*N T"] | Bool[np.ndarray, "*N T"],
  labels: Num[Array | np.ndarray, "*N T"] | Bool[np.ndarray, "*N T"],
  mask: Bool[Array | np.ndarray, "*N T"] | None = None,
) -> Float[np.ndarray, " T"]:
  """Precision averaged over recall, in steps as in scikit-learn.

  AP = sum_n (R_n - R_(n-1)) P_n over the different scores as thresholds,
  with no interpolation between them. Chance reaches the base rate.

  Args:
    scores: `[..., T]`, any score that grows with the AU's presence.
    labels: `[..., T]`: 1 present, 0 absent, -1 unknown. Unknown is left out.
    mask: `[..., T]`, True where annotated. Everything by default.

  Returns:
    `[T]`, nan where the AU is never present or, unlike scikit-learn, never
    absent.

  Raises:
    ValueError: If shapes differ, a label is none of 1, 0 and -1, or a score
      that counts is NaN.

  Example:
    >>> scores = np.array([[0.9], [0.4], [0.4], [0.1]])
    >>> average_precision(scores, np.array([[1], [1], [0], [0]])).round(4)
    array([0.8333])
  """
  return _by_au(_average_precision, scores, labels, mask)


def _by_au(function, scores, labels, mask):
  def defined(values, present, absent):
    if not (present.any() and absent.any()):
      return np.nan
    return function(ordering.ascending(values, present, absent))

  values = inputs.by_au(defined, *inputs.rows(scores, labels, mask))
  return np.array(values, np.float64)


def _roc_auc(ordered):
  places = np.flatnonzero(ordered.present)
  positives, negatives = len(places), len(ordered.scores) - len(places)
  # Before the k-th present frame stand k present ones and, as of equal scores
  # these come first, just the absent ones of a lower score.
  lower = int(places.sum()) - positives * (positives - 1) // 2
  return (2 * lower + _equal_pairs(ordered)) / (2 * positives * negatives)


def _equal_pairs(ordered):
  """Pairs of a present and an absent frame with the same score."""
  scores, present = ordered.scores, ordered.present
  meets = (scores[1:] == scores[:-1]) & (present[:-1] & ~present[1:])
  last_present = np.flatnonzero(meets)
  shared, middle = scores[last_present], last_present + 1
  numbers_present = middle - np.searchsorted(scores, shared, "left")
  numbers_absent = np.searchsorted(scores, shared, "right") - middle
  return int(numbers_present @ numbers_absent)


def _average_precision(ordered):
  _, counts = ordering.steps(ordered)
  found = counts.tp - np.append(counts.tp[1:], 0)
  return (found * metrics.precision(counts)).sum() / counts.positives[0]
