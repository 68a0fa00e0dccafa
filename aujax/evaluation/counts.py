"""True and false positives and negatives per AU: counts that add.

Batches, hosts and folds are counted apart and summed; every metric is
computed once, from the sum.
"""

import dataclasses

import numpy as np
from jaxtyping import Array, Bool, Int64, Num

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
  scores, labels, mask = _rows(scores, labels, mask)
  threshold = _threshold(threshold, scores)
  sums = np.zeros((4, scores.shape[-1]), np.int64)
  for start in range(0, len(scores), _BLOCK):
    block = slice(start, start + _BLOCK)
    known = None if mask is None else mask[block]
    positive, negative = _classes(labels[block], known)
    if (np.isnan(scores[block]) & (positive | negative)).any():
      raise _nan_error(scores, labels, mask)
    predicted = scores[block] >= threshold
    sums[0] += _column_sums(predicted & positive)
    sums[1] += _column_sums(predicted & negative)
    sums[2] += _column_sums(positive)
    sums[3] += _column_sums(negative)
  tp, fp, positives, negatives = sums
  return Counts(tp, fp, positives - tp, negatives - fp)


def _rows(scores, labels, mask):
  """Arrays on the host as `[N, T]`, checked to be of one shape."""
  scores, labels = np.asarray(scores), np.asarray(labels)
  mask = None if mask is None else np.asarray(mask, bool)
  for name, array in (("labels", labels), ("mask", mask)):
    if array is not None and array.shape != scores.shape:
      raise ValueError(
        f"expected {name} of the scores' shape {list(scores.shape)}, got "
        f"{list(array.shape)}"
      )
  if scores.ndim < 1:
    raise ValueError("expected scores of shape [..., T], got a single number")
  shape = (int(np.prod(scores.shape[:-1])), scores.shape[-1])
  scores, labels = scores.reshape(shape), labels.reshape(shape)
  return scores, labels, None if mask is None else mask.reshape(shape)


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


def _classes(labels, mask):
  """Where AUs are present and where absent; unknown is neither."""
  positive, negative = labels == 1, labels == 0
  if mask is not None:
    positive &= mask
    negative &= mask
  known = positive | negative | (labels == -1)
  if mask is not None:
    known |= ~mask
  if not known.all():
    row, column = np.argwhere(~known)[0]
    raise ValueError(
      "expected labels 1 (present), 0 (absent) or -1 (unknown), got "
      f"{labels[row, column]} for the AU with index {column}"
    )
  return positive, negative


def _nan_error(scores, labels, mask):
  """What to say when scores are missing, over all frames."""
  annotated = (labels == 1) | (labels == 0)
  if mask is not None:
    annotated &= mask
  numbers = (np.isnan(scores) & annotated).sum(0)
  column = int(np.argmax(numbers > 0))
  return ValueError(
    f"expected a score for every annotated frame, got {numbers[column]} NaN "
    f"for the AU with index {column}; mask frames that were not scored"
  )


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
