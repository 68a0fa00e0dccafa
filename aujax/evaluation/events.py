"""Grading of events, runs of frames that show an AU, instead of frames.

F1-event of Ding, Chu, De la Torre, Cohn & Wang 2013, "Facial Action Unit Event
Detection by Cascade of Tasks". How it is read here:

- An event is a run of consecutive rows in which the AU is present (labels) or
  predicted. It ends where the sequence's name changes and at a frame that is
  unknown, be it by label or by mask, where a prediction is as good as none:
  the rest of it is another event. Unknown frames are thus not cut out, which
  would join what lies on both sides.
- The overlap of an event is the share of its own frames that are positive in
  the other array, in whichever events.
- Recall is the share of labelled events, precision that of predicted events,
  with an overlap of at least the threshold. F1 is their harmonic mean, 0 if
  both are 0 or if only one side has events, nan if neither has.
- At threshold 0 every event counts, so F1 is 1 where both sides have some.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Array, Bool, Float, Num

from aujax.evaluation import inputs


def event_f1(
  predictions: Num[Array | np.ndarray, "N T"] | Bool[np.ndarray, "N T"],
  labels: Num[Array | np.ndarray, "N T"] | Bool[np.ndarray, "N T"],
  mask: Bool[Array | np.ndarray, "N T"] | None = None,
  *,
  sequences: Sequence[Any] | np.ndarray,
  thresholds: Sequence[float | int] | Num[np.ndarray, " K"],
) -> Float[np.ndarray, "K T"]:
  """F1 of events whose overlap reaches a threshold; the module says how.

  Args:
    predictions: `[N, T]`, 1 or True where the AU is predicted, else 0; rows
      are frames in the order of their video.
    labels: `[N, T]`: 1 present, 0 absent, -1 unknown.
    mask: `[N, T]`, True where annotated. Everything by default.
    sequences: `[N]`, a name or number of the video a frame is of. Only where
      it changes matters: videos that follow each other need other names.
    thresholds: `[K]` least overlaps, each in [0, 1].

  Returns:
    `[K, T]`, nan where an AU has no event at all.

  Raises:
    ValueError: If shapes differ, a label is none of 1, 0 and -1, an annotated
      frame's prediction is neither 0 nor 1, or a threshold is out of [0, 1].

  Example:
    >>> labels = np.array([[1, 1, 1, 0, 0, 1, 1, 0]]).T
    >>> predictions = np.array([[0, 1, 1, 0, 0, 0, 0, 1]]).T
    >>> event_f1(
    ...   predictions, labels, sequences=["a"] * 8, thresholds=[0.5, 0.75]
    ... ).tolist()
    [[0.5], [0.0]]
  """
  thresholds = _checked(thresholds)
  overlaps = _overlaps(predictions, labels, mask, sequences)
  values = [au.f1(thresholds) for au in overlaps]
  shape = (len(overlaps), len(thresholds))
  return np.array(values, np.float64).reshape(shape).T


def event_f1_area(
  predictions: Num[Array | np.ndarray, "N T"] | Bool[np.ndarray, "N T"],
  labels: Num[Array | np.ndarray, "N T"] | Bool[np.ndarray, "N T"],
  mask: Bool[Array | np.ndarray, "N T"] | None = None,
  *,
  sequences: Sequence[Any] | np.ndarray,
) -> Float[np.ndarray, " T"]:
  """Area under F1-event over thresholds from 0 to 1, exactly.

  F1 is a step that falls only where the threshold passes some event's
  overlap, so its integral is a sum over the different overlaps. Ding et al.
  take the trapezoidal rule over a grid of thresholds. As F1 never rises, that
  differs by at most h / 2 for steps of h: 0.005 for steps of 0.01, and less
  the more F1 is left at threshold 1.

  Args:
    predictions: `[N, T]`, 1 or True where the AU is predicted, else 0; rows
      are frames in the order of their video.
    labels: `[N, T]`: 1 present, 0 absent, -1 unknown.
    mask: `[N, T]`, True where annotated. Everything by default.
    sequences: `[N]`, a name or number of the video a frame is of. Only where
      it changes matters: videos that follow each other need other names.

  Returns:
    `[T]` in [0, 1], nan where an AU has no event at all.

  Raises:
    ValueError: If shapes differ, a label is none of 1, 0 and -1, or an
      annotated frame's prediction is neither 0 nor 1.

  Example:
    >>> labels = np.array([[1, 1, 1, 1, 0, 0, 0]]).T
    >>> predictions = np.array([[0, 0, 1, 1, 0, 0, 0]]).T
    >>> event_f1_area(predictions, labels, sequences=[3] * 7).tolist()
    [0.5]
  """
  overlaps = _overlaps(predictions, labels, mask, sequences)
  return np.array([au.area() for au in overlaps], np.float64)


@dataclasses.dataclass(frozen=True, eq=False)
class _Overlaps:
  """One AU's overlaps of labelled and of predicted events, each sorted."""

  labelled: np.ndarray
  predicted: np.ndarray

  def f1(self, thresholds):
    """F1 at each threshold: 2 r p / (r + p) with the shares multiplied out."""
    num_labelled, num_predicted = len(self.labelled), len(self.predicted)
    if not (num_labelled or num_predicted):
      return np.full(len(thresholds), np.nan)
    found = num_labelled - np.searchsorted(self.labelled, thresholds)
    right = num_predicted - np.searchsorted(self.predicted, thresholds)
    weight = found * num_predicted + right * num_labelled
    return 2 * found * right / np.maximum(weight, 1)

  def area(self):
    """Integral of F1, which is constant up to each overlap and at it."""
    ends = np.union1d(self.labelled, self.predicted)
    if not ends.size:
      return np.nan
    return float((np.diff(ends, prepend=0) * self.f1(ends)).sum())


def _checked(thresholds):
  thresholds = np.asarray(thresholds, np.float64)
  if thresholds.ndim != 1:
    raise ValueError(
      "expected thresholds of shape [K], got shape "
      f"{list(thresholds.shape)}; put a single one into a list"
    )
  wrong = thresholds[~((thresholds >= 0) & (thresholds <= 1))]
  if wrong.size:
    raise ValueError(
      f"expected thresholds between 0 and 1, shares of an event, got {wrong[0]}"
    )
  return thresholds


def _overlaps(predictions, labels, mask, sequences):
  """Checks the input and finds the overlaps of every AU."""
  sequences = np.asarray(sequences)
  if np.ndim(predictions) != 2:
    raise ValueError(
      "expected predictions of shape [N, T], got shape "
      f"{list(np.shape(predictions))}; events need frames in one row of time"
    )
  predictions, labels, mask = inputs.rows(predictions, labels, mask)
  if sequences.shape != predictions.shape[:1]:
    raise ValueError(
      f"expected a sequence for each of {len(predictions)} frames, got shape "
      f"{list(sequences.shape)}"
    )
  # Whether a sequence begins before a frame, and after the last one.
  begins = np.ones(len(sequences) + 1, bool)
  np.not_equal(sequences[1:], sequences[:-1], out=begins[1:-1])

  def of_one(predictions, present, absent):
    return _of_one(predictions, present, absent, begins)

  return inputs.by_au(of_one, predictions, labels, mask)


def _of_one(values, present, absent, begins):
  """Overlaps of one AU's events."""
  known, predicted = present | absent, values == 1
  wrong = known & ~predicted & (values != 0)
  if wrong.any():
    raise ValueError(
      f"expected predictions 0 or 1, got {values[wrong][0]}; compare scores "
      "with a threshold first"
    )
  predicted &= known
  both = _runs(present & predicted, begins)
  return _Overlaps(
    labelled=_shares(_runs(present, begins), both),
    predicted=_shares(_runs(predicted, begins), both),
  )


def _runs(active, begins):
  """First frames of the events, and the frames after their last ones."""
  padded = np.zeros(len(active) + 2, bool)
  padded[1:-1] = active
  before, after = padded[:-1], padded[1:]
  is_edge = (before != after) | begins
  return np.flatnonzero(after & is_edge), np.flatnonzero(before & is_edge)


def _shares(events, both):
  """The share of each event that runs of both arrays cover, sorted."""
  starts, ends = events
  both_starts, both_ends = both
  owners = np.searchsorted(starts, both_starts, "right") - 1
  covered = np.bincount(
    owners, weights=both_ends - both_starts, minlength=len(starts)
  )
  return np.sort(covered / (ends - starts))
