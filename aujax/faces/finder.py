"""The faces of pictures and videos of any size: found, followed, cut out.

MTCNN is one program for each size of frames, which takes seconds to compile.
So pictures, of which each may have a size of its own, are put on canvases of
few sizes, and numbers of frames and faces are filled up to few numbers.
"""

import dataclasses
import functools

import cv2
import jax
import numpy as np
from jaxtyping import UInt8

from aujax.faces import align, mtcnn, tracking, weights

# Height and width of canvases, in pixels. What is larger is made smaller.
_SIDES = (128, 256, 512, 768, 1024, 1536, 2048)
# Where nothing else is said, faces are looked for from this share of the
# frame's shorter side on, and not below what MTCNN was trained for.
_SHARE, _SMALLEST = 0.04, 20.0


@dataclasses.dataclass(frozen=True, eq=False)
class Fitted:
  """A picture as the finder takes it.

  Attributes:
    image: uint8 `[h, w, 3]`.
    scale: By which places in the picture are multiplied to be in `image`.
  """

  image: UInt8[np.ndarray, "h w 3"]
  scale: float


def fit(
  picture: UInt8[np.ndarray, "height width 3"], *, on_canvas: bool = False
) -> Fitted:
  """Makes a picture smaller if it is very large, larger at its edges if tiny.

  Args:
    picture: RGB, any size.
    on_canvas: Also fill it up, at the right and below, by its last pixels, to
      one of few sizes: for pictures, as frames of a video have one size anyhow.

  Returns:
    The picture, its sides 128 to 2048 pixels long.

  Example:
    >>> photo = np.zeros((4000, 6000, 3), np.uint8)
    >>> fit(photo).image.shape, fit(photo, on_canvas=True).image.shape
    ((1365, 2048, 3), (1536, 2048, 3))
  """
  scale = min(1.0, _SIDES[-1] / max(picture.shape[:2]))
  if scale < 1:
    height, width = (max(1, round(n * scale)) for n in picture.shape[:2])
    picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
  height, width = (
    min(s for s in _SIDES if s >= n) if on_canvas else max(n, _SIDES[0])
    for n in picture.shape[:2]
  )
  below, right = height - picture.shape[0], width - picture.shape[1]
  if below or right:
    picture = cv2.copyMakeBorder(
      picture, 0, below, 0, right, cv2.BORDER_REPLICATE
    )
  return Fitted(picture, scale)


class Finder:
  """The detector with its weights.

  Args:
    every: Distance of the frames of a video that are searched; those between
      are looked at where faces should be. 1 searches every frame.
    min_face: Side of the smallest face to look for, in pixels of a picture
      that `fit` made; None is a twenty-fifth of its shorter side, at least 20.

  Raises:
    ModuleNotFoundError: If the package with the weights is not installed.
    ValueError: If `every` or `min_face` is out of range.
  """

  def __init__(self, *, every: int = 8, min_face: float | None = None):
    if every < 1:
      raise ValueError(
        f"expected key frames every 1 frame or more, got {every}"
      )
    if min_face is not None and not min_face >= mtcnn.WINDOW:
      raise ValueError(
        f"expected a smallest face of {mtcnn.WINDOW} pixels or more, what the "
        f"detector sees at once, got {min_face}"
      )
    self.every = every
    self._min_face = min_face
    self._weights = weights.load()
    # Frames searched at once: an accelerator has use for many, a CPU has not.
    self._at_once = 1 if jax.default_backend() == "cpu" else 8

  def find(self, images: UInt8[np.ndarray, "b h w 3"]) -> list[mtcnn.Faces]:
    """Searches every image.

    Args:
      images: `[b, h, w, 3]` RGB, as `fit` makes them.

    Returns:
      The faces of each, the surest first.
    """
    min_face = self._min_face
    if min_face is None:
      min_face = max(_SMALLEST, _SHARE * min(images.shape[1:3]))
    if min_face > min(images.shape[1:3]):
      return [mtcnn.NO_FACES] * len(images)
    found = []
    for start in range(0, len(images), self._at_once):
      some = _filled(images[start : start + self._at_once], self._at_once)
      found += mtcnn.per_frame(
        mtcnn.detect(some, self._weights, min_face=min_face)
      )
    return found[: len(images)]

  def follow(
    self,
    images: UInt8[np.ndarray, "b h w 3"],
    before: mtcnn.Faces | None = None,
  ) -> list[mtcnn.Faces]:
    """Finds the faces of frames of a video that follow each other.

    Args:
      images: `[b, h, w, 3]` RGB, as `fit` makes them; `every` frames, fewer
        at the video's end.
      before: Faces of the frame before them, None at the video's start.

    Returns:
      The faces of each frame; those of the last are `before` of the next.
    """
    return tracking.follow(images, before, self.find, self._confirm)

  def cut(
    self,
    images: UInt8[np.ndarray, "b h w 3"],
    faces: list[mtcnn.Faces],
    *,
    size: int,
    margin: float = 0.0,
  ) -> UInt8[np.ndarray, "n {size} {size} 3"]:
    """Cuts faces out, upright, of one size, as `align.crop` does.

    Args:
      images: `[b, h, w, 3]`.
      faces: Of each image.
      size: Height and width of the crops, in pixels.
      margin: As for `align.template`.

    Returns:
      All faces of the first image, of the second and so on.
    """
    counts = [len(f.boxes) for f in faces]
    total = sum(counts)
    if not total:
      return np.zeros((0, size, size, 3), np.uint8)
    landmarks = np.concatenate([f.landmarks for f in faces])
    frame = np.repeat(np.arange(len(images)), counts)
    images = _filled(images, max(len(images), self._full(images)))
    filled = _few(total)
    crops = align.crop(
      images,
      _filled(landmarks, filled),
      size=size,
      margin=margin,
      frame=_filled(frame, filled),
    )
    return np.asarray(crops)[:total]

  def _confirm(self, images, boxes):
    frames, faces = boxes.shape[:2]
    images = _filled(images, self.every - 1)
    boxes = _filled(boxes, self.every - 1)
    boxes = _filled(boxes.swapaxes(0, 1), _few(faces)).swapaxes(0, 1)
    seen = mtcnn.confirm(images, boxes, self._weights)
    cut = functools.partial(_first, frames=frames, faces=faces)
    return jax.tree.map(cut, jax.device_get(seen))

  def _full(self, images):
    """Frames of a whole part of a video; a picture comes alone."""
    return 1 if len(images) == 1 else self.every


def _first(values, *, frames, faces):
  return values[:frames, :faces] if values.ndim > 1 else values[:frames]


def _filled(values: np.ndarray, length: int) -> np.ndarray:
  """Repeats the last value until there are so many."""
  missing = length - len(values)
  if missing <= 0:
    return values
  return np.concatenate([values, np.repeat(values[-1:], missing, 0)])


def _few(count: int) -> int:
  """The next power of two, so that few numbers come up."""
  return 1 << (count - 1).bit_length()
