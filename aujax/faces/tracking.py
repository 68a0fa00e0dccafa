"""Faces followed through a video, without looking for them in every frame.

Every few frames the detector looks for faces. What two such key frames have in
common is taken to move straight from one to the other, and the detector's last
stage alone decides in the frames between where it really is. If a face comes,
goes or is not where it should be, all these frames are searched as well.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8
from scipy import optimize

from aujax.faces import mtcnn

# Least share of their union that boxes of one face have in common from a frame
# to the next one, or from a key frame to the next one.
_SAME = 0.3
# Frames for which a face that is gone is remembered.
_MEMORY = 25


class Tracker:
  """Gives faces of frames that follow each other numbers that stay.

  Args:
    state: `state` of another one, to go on from there.
  """

  def __init__(self, state: dict[str, Any] | None = None):
    state = state or {"next": 0, "known": []}
    self._next = state["next"]
    # Number, box and how many frames ago it was seen.
    self._known = [
      (number, np.array(box), ago) for number, box, ago in state["known"]
    ]

  @property
  def state(self) -> dict[str, Any]:
    """All that it knows, as JSON values."""
    known = [(number, box.tolist(), ago) for number, box, ago in self._known]
    return {"next": self._next, "known": known}

  def number(self, boxes: Float[np.ndarray, "n 4"]) -> Int[np.ndarray, " n"]:
    """Numbers the faces of the next frame.

    Args:
      boxes: `[n, 4]`, (x1, y1, x2, y2).

    Returns:
      `[n]`; a face that is at about the place of one that was seen a short time
      ago has its number, others have new ones, the first the lowest.

    Example:
      >>> tracker = Tracker()
      >>> a, b = [0.0, 0.0, 9.0, 9.0], [20.0, 0.0, 29.0, 9.0]
      >>> tracker.number(np.array([a, b])), tracker.number(np.array([b]))
      (array([0, 1]), array([1]))
    """
    before = np.array([box for _, box, _ in self._known]).reshape(-1, 4)
    numbers = np.full(len(boxes), -1)
    for i, j in match(before, boxes):
      numbers[j] = self._known[i][0]
    new = numbers < 0
    numbers[new] = self._next + np.arange(new.sum())
    self._next += int(new.sum())
    seen = [(int(n), box, 0) for n, box in zip(numbers, boxes, strict=True)]
    gone = [
      (number, box, ago + 1)
      for number, box, ago in self._known
      if number not in numbers and ago < _MEMORY
    ]
    self._known = seen + gone
    return numbers


def match(
  one: Float[np.ndarray, "n 4"], other: Float[np.ndarray, "m 4"]
) -> list[tuple[int, int]]:
  """Finds which boxes of two frames belong to one face.

  Args:
    one: `[n, 4]`, (x1, y1, x2, y2).
    other: `[m, 4]`.

  Returns:
    Pairs of places in both, each place once, so that they share the most.

  Example:
    >>> one = np.array([[0.0, 0, 10, 10], [20, 0, 30, 10]])
    >>> match(one, one[::-1] + 1)
    [(0, 1), (1, 0)]
  """
  shares = _shares(one, other)
  # What does not touch enough is as bad as nothing at all.
  shares = np.where(shares >= _SAME, shares, 0)
  rows, columns = optimize.linear_sum_assignment(shares, maximize=True)
  return [
    (int(i), int(j)) for i, j in zip(rows, columns, strict=True) if shares[i, j]
  ]


def follow(
  images: UInt8[np.ndarray, "b h w 3"],
  before: mtcnn.Faces | None,
  detect: Callable[[np.ndarray], list[mtcnn.Faces]],
  confirm: Callable[[np.ndarray, np.ndarray], mtcnn.Detections],
) -> list[mtcnn.Faces]:
  """Finds the faces of frames that follow each other, the last a key frame.

  A face that comes and goes between two key frames is not seen.

  Args:
    images: `[b, h, w, 3]`, one frame or more.
    before: Faces of the frame before the first, if that was a key frame.
    detect: Finds the faces of frames `[b, h, w, 3]`.
    confirm: Looks at frames `[b, h, w, 3]` where boxes `[b, k, 4]` say, as
      `mtcnn.confirm` does.

  Returns:
    The faces of each frame; those of the last are `before` for the next ones.
  """
  (key,) = detect(images[-1:])
  between = images[:-1]
  if not len(between):
    return [key]
  return [*(_between(before, key, between, confirm) or detect(between)), key]


def _between(
  before: mtcnn.Faces | None,
  after: mtcnn.Faces,
  images: np.ndarray,
  confirm: Callable,
) -> list[mtcnn.Faces] | None:
  """Follows faces from key frame to key frame; None if one is not there."""
  if before is None:
    return None
  pairs = match(before.boxes, after.boxes)
  if not len(pairs) == len(before.boxes) == len(after.boxes):
    return None
  if not pairs:
    return [after] * len(images)
  one, other = (
    faces.boxes[list(places)]
    for faces, places in zip(
      (before, after), zip(*pairs, strict=True), strict=True
    )
  )
  share = np.arange(1, len(images) + 1) / (len(images) + 1)
  share = share[:, None, None]
  seen = confirm(images, ((1 - share) * one + share * other).astype(np.float32))
  if not seen.found.all():
    return None
  return mtcnn.per_frame(seen)


def _shares(
  one: Float[np.ndarray, "n 4"], other: Float[np.ndarray, "m 4"]
) -> Float[np.ndarray, "n m"]:
  """Intersection over union of all pairs."""
  one, other = one[:, None], other[None]
  upper = np.maximum(one[..., :2], other[..., :2])
  lower = np.minimum(one[..., 2:], other[..., 2:])
  common = np.prod(np.maximum(lower - upper, 0), -1)
  areas = [
    np.prod(boxes[..., 2:] - boxes[..., :2], -1) for boxes in (one, other)
  ]
  return common / np.maximum(sum(areas) - common, 1e-9)
