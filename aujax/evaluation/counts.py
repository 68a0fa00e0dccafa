"""True and false positives and negatives per AU: counts that add.

Batches, hosts and folds are counted apart and summed; every metric is
computed once, from the sum.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.sparse
from jaxtyping import Array, Bool, Int64, Num, Shaped

from aujax.evaluation import inputs

# Rows that are compared at a time, so that what lies between stays in cache,
# and how many of them an 8-bit sum can hold.
_BYTE = 255
_BLOCK = _BYTE * 256


@dataclasses.dataclass(frozen=True, eq=False)
class Counts:
  """How often each AU was found, missed, invented and rightly left out.

  Counts add with `+` and with `sum()`.

  Attributes:
    tp: `[T]` present and predicted.
    fp: `[T]` absent and predicted.
    fn: `[T]` present and not predicted.
    tn: `[T]` absent and not predicted.

  Example:
    >>> one = Counts(*np.array([[1], [0], [2], [3]]))
    >>> (one + one).fn.tolist(), sum([one, one, one]).annotated.tolist()
    ([4], [18])
  """

  tp: Int64[np.ndarray, "*T"]
  fp: Int64[np.ndarray, "*T"]
  fn: Int64[np.ndarray, "*T"]
  tn: Int64[np.ndarray, "*T"]

  def __add__(self, other: "Counts") -> "Counts":
    """Adds the counts of two sets of frames."""
    if not isinstance(other, Counts):
      return NotImplemented
    if self.tp.shape != other.tp.shape:
      raise ValueError(
        "expected counts of the same AUs to be added, got shapes "
        f"{list(self.tp.shape)} and {list(other.tp.shape)}"
      )
    return Counts(
      self.tp + other.tp,
      self.fp + other.fp,
      self.fn + other.fn,
      self.tn + other.tn,
    )

  def __radd__(self, other: int) -> "Counts":
    """Lets `sum()` begin at 0."""
    return self if isinstance(other, int) and other == 0 else NotImplemented

  def total(self) -> "Counts":
    """Sums over the first axis: `[G, T]` of G groups become `[T]`."""
    return Counts(
      self.tp.sum(0), self.fp.sum(0), self.fn.sum(0), self.tn.sum(0)
    )

  @property
  def positives(self) -> Int64[np.ndarray, "*T"]:
    """Frames in which the AU is present."""
    return self.tp + self.fn

  @property
  def predicted(self) -> Int64[np.ndarray, "*T"]:
    """Frames in which the AU is predicted."""
    return self.tp + self.fp

  @property
  def annotated(self) -> Int64[np.ndarray, "*T"]:
    """Frames in which it is known whether the AU is present."""
    return self.tp + self.fp + self.fn + self.tn


def count(
  scores: Num[Array | np.ndarray, "*N T"] | Bool[np.ndarray, "*N T"],
  labels: Num[Array | np.ndarray, "*N T"] | Bool[np.ndarray, "*N T"],
  mask: Bool[Array | np.ndarray, "*N T"] | None = None,
  *,
  threshold: float | int | Num[Array | np.ndarray, "..."] = 0.5,
) -> Counts:
  """Counts hits and misses per AU.

  Args:
    scores: `[..., T]`, probabilities or any other score.
    labels: `[..., T]`: 1 present, 0 absent, -1 unknown. Unknown is left out.
    mask: `[..., T]`, True where annotated; what it leaves out may hold any
      value. Everything by default.
    threshold: An AU is predicted where its score is at least this; one
      number, or one per AU. It is compared in the scores' own precision, so
      that a float32 score written as 0.7 reaches the threshold 0.7.

  Returns:
    The counts, each int64 `[T]`.

  Raises:
    ValueError: If shapes differ, a label is none of 1, 0 and -1, or a score
      that counts is NaN.

  Example:
    >>> scores = np.array([[0.9], [0.2], [0.7]])
    >>> counts = count(scores, np.array([[1], [1], [-1]]))
    >>> counts.tp.tolist(), counts.fn.tolist(), counts.fp.tolist()
    ([1], [1], [0])
  """
  scores, labels, mask = inputs.rows(scores, labels, mask)
  threshold = _threshold(threshold, scores)
  sums = np.zeros((4, scores.shape[-1]), np.int64)
  for _, columns in _blocks(scores, labels, mask, threshold):
    for total, column in zip(sums, columns, strict=True):
      total += _column_sums(column)
  return _of_sums(sums)


def count_by(
  scores: Num[Array | np.ndarray, "*N T"] | Bool[np.ndarray, "*N T"],
  labels: Num[Array | np.ndarray, "*N T"] | Bool[np.ndarray, "*N T"],
  mask: Bool[Array | np.ndarray, "*N T"] | None = None,
  *,
  groups: Shaped[np.ndarray, "*N"] | Sequence,
  threshold: float | int | Num[Array | np.ndarray, "..."] = 0.5,
) -> tuple[Shaped[np.ndarray, " G"], Counts]:
  """Counts hits and misses per AU in each group of frames.

  Args:
    scores: `[..., T]`, as in `count`.
    labels: `[..., T]`, as in `count`.
    mask: `[..., T]`, as in `count`.
    groups: `[...]`, the group of each frame, such as its subject or its
      sequence; names or numbers, in any order.
    threshold: As in `count`.

  Returns:
    names: `[G]` the groups, sorted.
    counts: The counts of each, int64 `[G, T]`. Their sum over G is what
      `count` returns.

  Raises:
    ValueError: If the groups are not one per frame, or as in `count`.

  Example:
    >>> scores = np.array([[0.9], [0.2], [0.7]])
    >>> names, counts = count_by(
    ...   scores, np.array([[1], [1], [0]]), groups=["b", "a", "b"]
    ... )
    >>> names.tolist(), counts.tp.tolist(), counts.fn.tolist()
    (['a', 'b'], [[0], [1]], [[1], [0]])
  """
  groups, shape = np.asarray(groups), np.shape(scores)[:-1]
  if groups.shape != shape:
    raise ValueError(
      f"expected a group for every frame, shape {list(shape)}, got "
      f"{list(groups.shape)}"
    )
  scores, labels, mask = inputs.rows(scores, labels, mask)
  threshold = _threshold(threshold, scores)
  names, codes = _codes(groups.reshape(-1))
  sums = np.zeros((len(names), 4, scores.shape[-1]), np.int64)
  for block, columns in _blocks(scores, labels, mask, threshold):
    # A matrix with a one per frame adds frames in any order, unsorted.
    size = len(columns[0])
    members = scipy.sparse.csc_array(
      (np.ones(size, np.int32), codes[block], np.arange(size + 1)),
      shape=(len(names), size),
    )
    for index, column in enumerate(columns):
      sums[:, index] += members @ column.astype(np.int32)
  return names, _of_sums(np.moveaxis(sums, 1, 0))


def _blocks(scores, labels, mask, threshold):
  """Some rows at a time: where they are tp, fp, present and absent."""
  for start in range(0, len(scores), _BLOCK):
    block = slice(start, start + _BLOCK)
    known = None if mask is None else mask[block]
    positive, negative = inputs.classes(labels[block], known)
    if (np.isnan(scores[block]) & (positive | negative)).any():
      raise inputs.nan_error(scores, labels, mask)
    predicted = scores[block] >= threshold
    tp, fp = predicted & positive, predicted & negative
    yield block, (tp, fp, positive, negative)


def _of_sums(sums):
  tp, fp, positives, negatives = sums
  return Counts(tp, fp, positives - tp, negatives - fp)


def _codes(groups):
  """Sorted names, and the index of each row's name among them."""
  if not len(groups):
    return groups, np.zeros(0, np.int64)
  # Frames of a group mostly follow one another: runs are fewer than frames,
  # and hashing names is faster than sorting them.
  starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
  codes, names = pd.factorize(groups[starts], sort=True, use_na_sentinel=False)
  codes = np.repeat(codes, np.diff(np.r_[starts, len(groups)]))
  return np.asarray(names, groups.dtype), codes


def _threshold(threshold, scores):
  """One threshold per AU, in the precision of the scores."""
  threshold = np.asarray(threshold)
  num_aus = scores.shape[-1]
  if threshold.shape not in ((), (num_aus,)):
    raise ValueError(
      f"expected one threshold, or one for each of {num_aus} AUs, got shape "
      f"{list(threshold.shape)}"
    )
  if scores.dtype.kind not in "biu":
    threshold = threshold.astype(scores.dtype)
  return threshold


def _column_sums(values):
  """Sums bool `[N, T]` over N, many rows at a time in 8-bit lanes."""
  height = len(values) // _BYTE
  whole = values[: height * _BYTE].view(np.uint8)
  lanes = np.add.reduce(
    whole.reshape(_BYTE, height * values.shape[1]), axis=0, dtype=np.uint8
  )
  rest = values[height * _BYTE :].sum(0, dtype=np.int64)
  return (
    rest + lanes.reshape(height, -1).sum(0, dtype=np.int64) if height else rest
  )
