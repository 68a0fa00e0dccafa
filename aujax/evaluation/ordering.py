"""The frames of one AU by their score: what every threshold leaves.

All of it is exact: equal scores share a threshold, counts are integers.
"""

import dataclasses

import numpy as np
from jaxtyping import Bool, Float, Int64

from aujax.evaluation import counts as counts_lib


@dataclasses.dataclass(frozen=True, eq=False)
class Ordered:
  """Annotated frames from the lowest score to the highest.

  Attributes:
    scores: `[N]`, ascending.
    present: `[N]`, whether the AU is present; of frames with equal scores
      those that show it come first.
  """

  scores: Float[np.ndarray, " N"]
  present: Bool[np.ndarray, " N"]


def floats(values: np.ndarray) -> np.ndarray:
  """Turns scores of any kind into floats that hold them exactly.

  Args:
    values: `[N]`, floats of at most 64 bits, integers or decisions.

  Returns:
    `[N]` float32 where they were floats of 32 bits or fewer, else float64.

  Example:
    >>> floats(np.array([1, 0], np.float16)), floats(np.array([True]))
    (array([1., 0.], dtype=float32), array([1.]))
  """
  single = values.dtype.kind not in "biu" and values.dtype.itemsize <= 4
  return values.astype(np.float32 if single else np.float64, copy=False)


def ascending(
  values: np.ndarray, present: np.ndarray, absent: np.ndarray
) -> Ordered:
  """Sorts the annotated frames of one AU by score.

  Sorting the scores with the label as their lowest bit takes a third of the
  time of an argsort, and no gathering follows.

  Args:
    values: `[N]` scores of any kind, not NaN where annotated.
    present: `[N]`, bool.
    absent: `[N]`, bool; frames that are neither are left out.

  Returns:
    The frames in order; scores are float32 if they were of 32 bits or fewer.

  Example:
    >>> yes = np.array([False, True, True])
    >>> ordered = ascending(np.array([0.5, 0.5, -1.0]), yes, ~yes)
    >>> ordered.scores.tolist(), ordered.present.tolist()
    ([-1.0, 0.5, 0.5], [True, True, False])
  """
  known = present | absent
  if not known.all():
    values, present = values[known], present[known]
  values = floats(values)
  below_zero = values < 0
  if not below_zero.any():
    scores, is_absent = _by_magnitude(values, ~present)
    return Ordered(scores, ~is_absent)
  low, low_present = _by_magnitude(-values[below_zero], present[below_zero])
  high, high_absent = _by_magnitude(values[~below_zero], ~present[~below_zero])
  return Ordered(
    np.concatenate([-low[::-1], high]),
    np.concatenate([low_present[::-1], ~high_absent]),
  )


def steps(
  ordered: Ordered,
) -> tuple[Int64[np.ndarray, " G"], counts_lib.Counts]:
  """Counts at each score of a frame that shows the AU, taken as threshold.

  A score between these is no better a threshold: the next higher one of these
  finds as many and invents fewer.

  Args:
    ordered: Annotated frames of an AU.

  Returns:
    How many frames score lower than the threshold, which is the place of its
    score in the order, and the counts, each `[G]` for G different scores.

  Example:
    >>> yes = np.array([False, True, True])
    >>> starts, counts = steps(ascending(np.array([2, 2, 1]), yes, ~yes))
    >>> starts.tolist(), counts.tp.tolist(), counts.fp.tolist()
    ([0, 1], [2, 1], [1, 1])
  """
  places = np.flatnonzero(ordered.present)
  scores = ordered.scores[places]
  is_first = np.ones(len(scores), bool)
  np.not_equal(scores[1:], scores[:-1], out=is_first[1:])
  missed, starts = np.flatnonzero(is_first), places[is_first]
  return starts, counts_lib.Counts(
    tp=len(places) - missed,
    fp=len(ordered.scores) - starts - (len(places) - missed),
    fn=missed,
    tn=starts - missed,
  )


def _by_magnitude(values, flags):
  """Sorts scores that are not negative, those without the flag first.

  The bits of such floats grow with their value, and the sign's is free: it is
  shifted out for the flag, so that -0 and 0 are one.
  """
  bits = values.view(np.uint32 if values.itemsize == 4 else np.uint64)
  keys = bits << 1
  keys |= flags
  keys.sort()
  flags = (keys.astype(np.uint8) & 1).view(bool)
  keys >>= 1
  return keys.view(values.dtype), flags
