"""Thresholds chosen per AU on validation frames, never on those graded."""

import functools

import numpy as np
from jaxtyping import Array, Bool, Float, Num

from aujax.evaluation import counts as counts_lib
from aujax.evaluation import inputs, metrics, ordering

_DEFAULT = 0.5
# Narrower bins leave fewer frames to be sorted, but are themselves graded.
_FRAMES_PER_BIN = 16
_MOST_BINS = 1 << 16


def best_thresholds(
  scores: Num[Array | np.ndarray, "*N T"] | Bool[np.ndarray, "*N T"],
  labels: Num[Array | np.ndarray, "*N T"] | Bool[np.ndarray, "*N T"],
  mask: Bool[Array | np.ndarray, "*N T"] | None = None,
  *,
  objective: str = "f1",
) -> tuple[Float[np.ndarray, " T"], Float[np.ndarray, " T"]]:
  """Finds the threshold of each AU that grades these frames best.

  Every different score is tried; there is no grid. A threshold is put in the
  middle between the best score and the next lower one, which predicts the
  same frames here and is the safest from a small shift elsewhere. It is a
  number of the scores' own precision, so that `count` with this threshold
  gives exactly the value that is returned. Of scores that are equally good
  the one with the widest gap below it is taken, then the lowest.

  An AU that is never present has no best threshold: its own is 0.5, and the
  value is what 0.5 gives (F1 is 0 where it is predicted at all, otherwise
  nan). So it is for an AU without an annotated frame, whose value is nan. To
  predict nothing is not tried: at least one frame reaches the threshold.

  Args:
    scores: `[..., T]`, probabilities or any other score.
    labels: `[..., T]`: 1 present, 0 absent, -1 unknown. Unknown is left out.
    mask: `[..., T]`, True where annotated. Everything by default.
    objective: What is to be large: "f1", or "mean" for the mean of an AU's
      accuracy and F1.

  Returns:
    Thresholds `[T]` and the values they reach `[T]`, both float64.

  Raises:
    ValueError: If the objective is another, shapes differ, a label is none of
      1, 0 and -1, or a score that counts is NaN.

  Example:
    >>> scores = np.array([[0.9], [0.5], [0.25], [0.1]])
    >>> thresholds, values = best_thresholds(scores, np.array([[1, 1, 0, 0]]).T)
    >>> thresholds.tolist(), values.tolist()
    ([0.375], [1.0])
  """
  if objective not in _OBJECTIVES:
    raise ValueError(
      f"expected an objective among {', '.join(_OBJECTIVES)}, got {objective!r}"
    )
  best = functools.partial(_best, objective=_OBJECTIVES[objective])
  found = inputs.by_au(best, *inputs.rows(scores, labels, mask))
  thresholds, values = np.array(found, np.float64).reshape(-1, 2).T
  return thresholds, values


def _mean(counts):
  return (metrics.accuracy(counts) + metrics.f1(counts)) / 2


_OBJECTIVES = {"f1": metrics.f1, "mean": _mean}


def _best(scores, present, absent, *, objective):
  """The threshold of one AU, and its value."""
  if not present.any():
    columns = (scores, present.astype(np.int8), absent)
    counts = counts_lib.count(
      *(column[:, None] for column in columns), threshold=_DEFAULT
    )
    return _DEFAULT, objective(counts)[0]
  known = present | absent
  values, present = ordering.floats(scores[known]), present[known]
  totals = np.count_nonzero(present), np.count_nonzero(~present)
  nearby, higher = _promising(values, present, totals, objective)
  present = present[nearby]
  ordered = ordering.ascending(values[nearby], present, ~present)
  starts, counts = _candidates(ordered, higher, totals)
  reached = objective(counts)
  best = np.flatnonzero(reached == reached.max())
  low, high = _gaps(ordered.scores, starts[best])
  widths = np.subtract(high, low, out=np.zeros_like(high), where=low < high)
  widest = np.argmax(widths)
  threshold = _middle(float(low[widest]), float(high[widest]), scores.dtype)
  return threshold, reached[best[0]]


def _promising(values, present, totals, objective):
  """Leaves out frames whose scores cannot be best, so that few are sorted.

  Scores are counted in bins. A threshold in a bin finds at most what lies in
  it and above, and invents at least what lies above; at the bin's lowest score
  it reaches what both give. Objectives grow with what is found and fall with
  what is invented, in floating point too, so no tie is lost. Nor is the score
  below a best one: if it is in another bin, that bin may give as much.

  Returns:
    Where frames may matter, and how many present and absent ones score higher
    than all of these.
  """
  bins = min(_MOST_BINS, len(values) // _FRAMES_PER_BIN + 1)
  codes = _codes(values, bins)
  counted = np.bincount(2 * codes + present, minlength=2 * bins)
  absent_in, present_in = counted.reshape(bins, 2).T
  found, invented = (
    np.cumsum(numbers[::-1])[::-1] for numbers in (present_in, absent_in)
  )
  least = objective(_counts(found, invented, totals))
  most = objective(_counts(found, invented - absent_in, totals))
  filled = np.flatnonzero(absent_in + present_in)
  good = np.flatnonzero(most[filled] >= least[filled].max())
  first, last = filled[good[0]], filled[good[-1]]
  higher = found[last] - present_in[last], invented[last] - absent_in[last]
  return (codes >= first) & (codes <= last), higher


def _codes(values, bins):
  """The bin of each score; bins are of one width and in order."""
  low, high = float(values.min()), float(values.max())
  # Outside of these, widths are no longer numbers that float32 holds.
  if not 1e-30 < high - low < 1e30:
    return np.zeros(len(values), np.int32)
  scale = (bins - 1) / (high - low)
  return ((values - values.dtype.type(low)) * scale).astype(np.int32)


def _candidates(ordered, higher, totals):
  """Places and counts of the thresholds among which the best one is."""
  starts, counts = ordering.steps(ordered)
  found, invented = counts.tp, counts.fp
  top = np.searchsorted(ordered.scores, ordered.scores[-1])
  if not ordered.present[top]:
    # Above all present frames accuracy may still be best at the highest score.
    starts, found = np.append(starts, top), np.append(found, 0)
    invented = np.append(invented, len(ordered.scores) - top)
  return starts, _counts(found + higher[0], invented + higher[1], totals)


def _counts(found, invented, totals):
  positives, negatives = totals
  return counts_lib.Counts(
    found, invented, positives - found, negatives - invented
  )


def _gaps(scores, starts):
  """The score before each place and the one at it; the same at the start."""
  high = scores[starts].astype(np.float64)
  return np.where(starts > 0, scores[starts - 1], high), high


def _middle(low, high, dtype):
  """A number above `low`, at most `high`, that the dtype can hold."""
  middle = low / 2 + high / 2
  if dtype.kind not in "biu":
    middle = float(np.asarray(middle).astype(dtype))
  # Neighbours have nothing between them, and infinity has no middle.
  return middle if low < middle <= high else high
