"""What every grade takes, (scores, labels, mask), checked in one place."""

import concurrent.futures
import os
from collections.abc import Callable
from typing import Any

import numpy as np

# AUs that are worked on at a time; with each goes memory for its frames.
_THREADS = 4


def rows(
  scores: Any, labels: Any, mask: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
  """Brings arrays to the host and to one row per frame.

  Args:
    scores: `[..., T]`.
    labels: `[..., T]`.
    mask: `[..., T]`, or None.

  Returns:
    The three as `[N, T]`; the mask stays None.

  Raises:
    ValueError: If shapes differ or there is none.

  Example:
    >>> clips = np.zeros((2, 5, 3))
    >>> scores, labels, mask = rows(clips, clips, None)
    >>> scores.shape, labels.shape, mask
    ((10, 3), (10, 3), None)
  """
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


def classes(
  labels: np.ndarray, mask: np.ndarray | None, *, first_au: int = 0
) -> tuple[np.ndarray, np.ndarray]:
  """Tells where AUs are present and where absent; unknown is neither.

  Args:
    labels: `[N, T]`: 1 present, 0 absent, -1 unknown.
    mask: `[N, T]`, True where annotated; None for everywhere.
    first_au: The index that the first column has for the caller.

  Returns:
    Present and absent, each bool `[N, T]`.

  Raises:
    ValueError: If an annotated label has another value; it is named.

  Example:
    >>> present, absent = classes(np.array([[1, 0, -1]]), None)
    >>> present.tolist(), absent.tolist()
    ([[True, False, False]], [[False, True, False]])
  """
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
      f"{labels[row, column]} for the AU with index {column + first_au}"
    )
  return positive, negative


def nan_error(
  scores: np.ndarray, labels: np.ndarray, mask: np.ndarray | None
) -> ValueError:
  """Makes the error about scores that are missing, counted over all frames.

  Args:
    scores: `[N, T]` with NaN on an annotated frame.
    labels: `[N, T]`.
    mask: `[N, T]`, or None.

  Returns:
    The error, to be raised. It names the first AU that has some.

  Example:
    >>> print(nan_error(np.array([[0.5, np.nan]]), np.array([[1, 0]]), None))
    expected a score for every annotated frame, got 1 NaN for the AU with \
index 1; mask frames that were not scored
  """
  annotated = (labels == 1) | (labels == 0)
  if mask is not None:
    annotated &= mask
  numbers = (np.isnan(scores) & annotated).sum(0)
  column = int(np.argmax(numbers > 0))
  return ValueError(
    f"expected a score for every annotated frame, got {numbers[column]} NaN "
    f"for the AU with index {column}; mask frames that were not scored"
  )


def by_au(
  function: Callable[[np.ndarray, np.ndarray, np.ndarray], Any],
  scores: np.ndarray,
  labels: np.ndarray,
  mask: np.ndarray | None,
) -> list[Any]:
  """Checks one AU after the other and calls a function for each, in threads.

  NumPy sorts and compares outside of Python's lock, so AUs share the cores.
  Memory does not grow with the number of AUs.

  Args:
    function: Called as `function(scores, present, absent)`, each `[N]`, the
      last two bool; an unknown frame is neither.
    scores: `[N, T]`.
    labels: `[N, T]`.
    mask: `[N, T]`, or None.

  Returns:
    What the function returned, `[T]`.

  Raises:
    ValueError: If a label is none of 1, 0 and -1, or a score that counts is
      NaN.

  Example:
    >>> scores, labels = np.array([[0.9, 0.2]]), np.array([[1, -1]])
    >>> by_au(lambda s, present, absent: s[present].sum(), scores, labels, None)
    [np.float64(0.9), np.float64(0.0)]
  """

  def call(au):
    # Columns are read once: what lies apart is slow to compare.
    values, truth, annotated = (
      None if array is None else np.ascontiguousarray(array[:, au : au + 1])
      for array in (scores, labels, mask)
    )
    present, absent = classes(truth, annotated, first_au=au)
    if (np.isnan(values) & (present | absent)).any():
      raise nan_error(scores, labels, mask)
    return function(values[:, 0], present[:, 0], absent[:, 0])

  threads = min(_THREADS, os.cpu_count() or 1)
  with concurrent.futures.ThreadPoolExecutor(threads) as pool:
    return list(pool.map(call, range(scores.shape[1])))
