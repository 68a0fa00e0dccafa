"""Whether a score of 0.7 is right in 70 of 100 frames.

F1 at a threshold does not tell. Scores are probabilities that an AU is present;
a bin's frequency is the share of its frames in which it is.
"""

import dataclasses

import numpy as np
from jaxtyping import Array, Bool, Float, Int64, Num

from aujax.evaluation import inputs


@dataclasses.dataclass(frozen=True, eq=False)
class Reliability:
  """A reliability diagram per AU, as numbers.

  Attributes:
    edges: `[bins + 1]` borders of the bins. A score on a border belongs to the
      lower bin, as in Guo et al. 2017; 0 belongs to the first.
    counts: `[bins, T]` annotated frames in each bin.
    confidence: `[bins, T]` their mean score, nan in an empty bin.
    frequency: `[bins, T]` the share in which the AU is present, nan likewise.
  """

  edges: Float[np.ndarray, " edges"]
  counts: Int64[np.ndarray, "bins T"]
  confidence: Float[np.ndarray, "bins T"]
  frequency: Float[np.ndarray, "bins T"]

  @property
  def error(self) -> Float[np.ndarray, " T"]:
    """`[T]` as `expected_calibration_error` of these bins."""
    distance = np.abs(self.frequency - self.confidence)
    total = self.counts.sum(0)
    errors = np.where(self.counts > 0, self.counts * distance, 0).sum(0)
    return errors / np.where(total > 0, total, np.nan)


def reliability(
  scores: Num[Array | np.ndarray, "*N T"],
  labels: Num[Array | np.ndarray, "*N T"] | Bool[np.ndarray, "*N T"],
  mask: Bool[Array | np.ndarray, "*N T"] | None = None,
  *,
  num_bins: int = 10,
) -> Reliability:
  """Compares scores to how often they are right, in bins of equal width.

  Args:
    scores: `[..., T]`, probabilities.
    labels: `[..., T]`: 1 present, 0 absent, -1 unknown. Unknown is left out.
    mask: `[..., T]`, True where annotated; what it leaves out may hold any
      value. Everything by default.
    num_bins: Number of bins between 0 and 1.

  Returns:
    Counts, mean score and frequency per bin and AU.

  Raises:
    ValueError: If shapes differ, a label is none of 1, 0 and -1, or a score
      that counts lies outside [0, 1].

  Example:
    >>> scores = np.array([[0.2], [0.3], [0.9], [0.7]])
    >>> bins = reliability(scores, np.array([[0], [1], [1], [1]]), num_bins=2)
    >>> bins.counts.tolist(), bins.confidence.tolist(), bins.frequency.tolist()
    ([[2], [2]], [[0.25], [0.8]], [[0.5], [1.0]])
  """
  scores, labels, mask = inputs.rows(scores, labels, mask)
  if num_bins < 1:
    raise ValueError(f"expected 1 bin or more, got {num_bins}")
  edges = np.linspace(0, 1, num_bins + 1)
  # A float32 score written as 0.7 lies on the border 0.7, not beside it.
  borders = edges[1:-1].astype(scores.dtype)

  def sums(values, present, absent):
    known = present | absent
    values, present = values[known], present[known]
    if not ((values >= 0) & (values <= 1)).all():
      raise ValueError(
        f"expected scores in [0, 1], got {values.min():g} to "
        f"{values.max():g}; pass probabilities, not logits"
      )
    cell = np.searchsorted(borders, values)
    return [
      np.bincount(cell, weights, num_bins)
      for weights in (None, values, present)
    ]

  table = np.array(inputs.by_au(sums, scores, labels, mask), np.float64)
  counts, confidence, positives = table.reshape(-1, 3, num_bins).transpose(
    1, 2, 0
  )
  filled = np.where(counts > 0, counts, np.nan)
  return Reliability(
    edges, counts.astype(np.int64), confidence / filled, positives / filled
  )


def expected_calibration_error(
  scores: Num[Array | np.ndarray, "*N T"],
  labels: Num[Array | np.ndarray, "*N T"] | Bool[np.ndarray, "*N T"],
  mask: Bool[Array | np.ndarray, "*N T"] | None = None,
  *,
  num_bins: int = 10,
) -> Float[np.ndarray, " T"]:
  """Mean distance of score and frequency, bins weighing by their frames.

  Guo et al. 2017, eq. 3: sum_b n_b / n |frequency_b - confidence_b|. There the
  confidence is that of the predicted class; here, for each AU alone, the
  score itself is compared to the frequency of presence, so that scores of
  absent AUs count with their own errors.

  With few frames per bin it is biased upwards, and it depends on the bins: it
  compares systems on the same frames and bins.

  Args:
    scores: `[..., T]`, as in `reliability`.
    labels: `[..., T]`, as in `reliability`.
    mask: `[..., T]`, as in `reliability`.
    num_bins: Number of bins between 0 and 1.

  Returns:
    `[T]` in [0, 1], nan for an AU without annotated frames.

  Raises:
    ValueError: As `reliability`.

  Example:
    >>> scores = np.array([[0.25], [0.25], [1.0], [1.0]])
    >>> labels = np.array([[0], [1], [1], [1]])
    >>> expected_calibration_error(scores, labels, num_bins=2).tolist()
    [0.125]
  """
  return reliability(scores, labels, mask, num_bins=num_bins).error
