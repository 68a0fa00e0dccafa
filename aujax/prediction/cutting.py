"""The faces of frames, cut out as those were that a model was trained on."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from aujax.data import images as images_lib
from aujax.faces import finder, mtcnn, tracking
from aujax.models import folder


@dataclasses.dataclass(frozen=True, eq=False)
class Cut:
  """The faces of one frame.

  Attributes:
    numbers: `[n]`, rising; who has one keeps it in the frames that follow.
    boxes: `[n, 4]`, x, y, width and height in pixels of the frame.
    confidence: `[n]`, how sure the detector is; None if none was asked.
    crops: `[n, size, size, 3]`, RGB.
  """

  numbers: Int[np.ndarray, " n"]
  boxes: Float[np.ndarray, "n 4"]
  confidence: Float[np.ndarray, " n"] | None
  crops: UInt8[np.ndarray, "n size size 3"]


class Squares:
  """Takes a frame's largest centred square for its one face.

  Args:
    size: Height and width of the crops, in pixels.
  """

  # As many frames are read at once; each is by itself.
  every = 8

  def __init__(self, size: int):
    self._size = size

  def __call__(
    self,
    pictures: Sequence[UInt8[np.ndarray, "height width 3"]],
    state: None = None,
    *,
    is_video: bool,
  ) -> tuple[list[Cut], None]:
    """Cuts; arguments and results are those of `Aligned`."""
    del state, is_video
    return [self._cut(picture) for picture in pictures], None

  def _cut(self, picture):
    height, width = picture.shape[:2]
    side = min(height, width)
    box = [(width - side) // 2, (height - side) // 2, side, side]
    crop = images_lib.square(picture, self._size)
    return Cut(np.zeros(1, int), np.array([box], float), None, crop[None])


class Aligned:
  """Finds faces, follows them through a video and cuts them out upright.

  Args:
    size: Height and width of the crops, in pixels.
    margin: As for `align.template`.
    every: As for `finder.Finder`; that many frames are to be given at once.
    min_face: As for `finder.Finder`.

  Raises:
    ModuleNotFoundError: If the package with the weights is not installed.
    ValueError: If `every` or `min_face` is out of range.
  """

  def __init__(
    self,
    size: int,
    *,
    margin: float,
    every: int = 8,
    min_face: float | None = None,
  ):
    self.every = every
    self._finder = finder.Finder(every=every, min_face=min_face)
    self._size, self._margin = size, margin

  def __call__(
    self,
    pictures: Sequence[UInt8[np.ndarray, "height width 3"]],
    state: dict[str, Any] | None = None,
    *,
    is_video: bool,
  ) -> tuple[list[Cut], dict[str, Any] | None]:
    """Cuts the faces of frames that follow each other.

    Args:
      pictures: The frames, of one size.
      state: What the call before returned; None at a video's start.
      is_video: Whether they are of a video; if not, it is a single picture.

    Returns:
      The faces of each frame, and what the next call needs, as JSON values.
    """
    fitted = [finder.fit(p, on_canvas=not is_video) for p in pictures]
    images = np.stack([each.image for each in fitted])
    before, tracker = _restore(state) if state else (None, tracking.Tracker())
    if is_video:
      found = self._finder.follow(images, before)
    else:
      found = self._finder.find(images)
    numbers, faces, boxes = zip(
      *map(functools.partial(_number, tracker), found, pictures, fitted),
      strict=True,
    )
    crops = self._finder.cut(
      images, list(faces), size=self._size, margin=self._margin
    )
    crops = np.split(crops, np.cumsum([len(n) for n in numbers])[:-1])
    scores = [each.scores for each in faces]
    return list(map(Cut, numbers, boxes, scores, crops)), {
      "faces": _listed(found[-1]),
      "tracker": tracker.state,
    }


def create(
  ensemble: folder.Ensemble, *, every: int = 8, min_face: float | None = None
) -> Squares | Aligned:
  """Returns what cuts faces out as a model needs them.

  Args:
    ensemble: Of `folder.load`.
    every: As for `finder.Finder`.
    min_face: As for `finder.Finder`.

  Returns:
    A function from frames to faces, for `pipeline.run`.

  Raises:
    ModuleNotFoundError: If the package with the detector is not installed.
    ValueError: If the members were trained on faces cut in several ways, or
      one is not known, or an option is out of range.
  """
  said = [member.description for member in ensemble.members]
  kinds = list(dict.fromkeys((each.alignment, each.margin) for each in said))
  if len(kinds) > 1:
    described = " and ".join(f"{kind}, margin {m:g}" for kind, m in kinds[:2])
    raise ValueError(
      "expected an ensemble of models whose faces were cut out alike, got "
      f"alignment {described}; name a folder with models of one kind"
    )
  ((alignment, margin),) = kinds
  size = max(each.stored_size for each in said)
  if alignment == "none":
    return Squares(size)
  # Landmarks of a dataset's own files lead to the same template; of new
  # pictures there are only those that the detector finds.
  if alignment not in ("mtcnn", "landmarks"):
    raise ValueError(
      "expected a model of alignment none, mtcnn or landmarks, got "
      f"{alignment!r}; use the aujax that wrote it"
    )
  return Aligned(size, margin=margin, every=every, min_face=min_face)


def _number(
  tracker: tracking.Tracker,
  faces: mtcnn.Faces,
  picture: np.ndarray,
  fitted: finder.Fitted,
) -> tuple[np.ndarray, mtcnn.Faces, np.ndarray]:
  """Numbers of a frame's faces, these in their order, and boxes for people."""
  width_height = np.array(picture.shape[1::-1])
  boxes = faces.boxes.reshape(-1, 2, 2) / fitted.scale
  # Where the picture was made larger at its edges, nobody is.
  inside = np.flatnonzero((boxes.mean(1) < width_height).all(1))
  numbers = tracker.number(faces.boxes[inside])
  order = np.argsort(numbers)
  numbers, places = numbers[order], inside[order]
  ends = np.clip(boxes[places], 0, width_height)
  boxes = np.concatenate([ends[:, 0], ends[:, 1] - ends[:, 0]], 1)
  values = (faces.boxes, faces.scores, faces.landmarks)
  return numbers, mtcnn.Faces(*(value[places] for value in values)), boxes


def _listed(faces: mtcnn.Faces) -> dict[str, Any]:
  """Faces as JSON values."""
  return {name: value.tolist() for name, value in vars(faces).items()}


def _restore(state: dict[str, Any]) -> tuple[mtcnn.Faces, tracking.Tracker]:
  """The inverse of what a call returns."""
  shapes = {"boxes": (-1, 4), "scores": (-1,), "landmarks": (-1, 5, 2)}
  faces = mtcnn.Faces(
    **{
      name: np.array(state["faces"][name], np.float32).reshape(shape)
      for name, shape in shapes.items()
    }
  )
  return faces, tracking.Tracker(state["tracker"])
