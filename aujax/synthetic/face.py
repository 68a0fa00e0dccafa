"""One subject's head, built once, and the pictures taken of it."""

import functools

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from aujax.synthetic import (
  backdrop,
  brows,
  eyes,
  glasses,
  lips,
  pose,
  shading,
)
from aujax.synthetic import canvas as canvas_lib
from aujax.synthetic import capture as capture_lib
from aujax.synthetic import expression as expression_lib
from aujax.synthetic import head as head_lib
from aujax.synthetic import identity as identity_lib

# The points of `Face.landmarks`; right and left are the subject's own, so
# the right eye is on the picture's left.
LANDMARKS = (
  "right_eye",
  "left_eye",
  "nose_tip",
  "right_mouth_corner",
  "left_mouth_corner",
  "chin",
)
_REFERENCE_SIZE = 112
_NOISE_BANK = 96


class Face:
  """A subject's head from which frames are rendered.

  Attributes:
    identity: The subject.
    size: Side of the pictures in pixels.

  Example:
    >>> from aujax.synthetic import identity
    >>> face = Face(identity.sample(0, 1))
    >>> neutral = np.zeros(18)
    >>> picture = face.render(
    ...   neutral, capture_lib.Capture(), rng=np.random.default_rng(0)
    ... )
    >>> picture.shape, picture.dtype
    ((112, 112, 3), dtype('uint8'))
  """

  def __init__(self, identity: identity_lib.Identity, *, size: int = 112):
    """Builds the layers.

    Args:
      identity: The subject.
      size: Side of the pictures in pixels, at least 32.

    Raises:
      ValueError: If the size is too small to show a face.
    """
    if size < 32:
      raise ValueError(f"expected a size of at least 32 pixels, got {size}")
    self.identity = identity
    self.size = size
    # 20 px per IOD and its multiples divide the canvas evenly.
    canvas = canvas_lib.of(20.0 * max(1, round(size / 56)))
    self._canvas = canvas
    self._head = head_lib.Head(canvas, identity)
    self._brows = brows.Brows(canvas, identity)
    self._lips = lips.Lips(canvas, identity)
    self._eyes = eyes.Eyes(canvas, identity)
    self._glasses = (
      None if identity.glasses == "none" else glasses.Glasses(canvas, identity)
    )
    self._body = backdrop.body(canvas, identity, self._head.back)

  def render(
    self,
    intensities: Float[np.ndarray, "18"],
    capture: capture_lib.Capture,
    *,
    rng: np.random.Generator,
  ) -> UInt8[np.ndarray, "size size 3"]:
    """Renders one frame.

    Args:
      intensities: 0 to 5 for each AU of `action_units.SYNTHETIC`.
      capture: Pose, light, optics and background.
      rng: Source of the sensor noise; a fixed number of draws is taken.

    Returns:
      The picture, RGB.

    Raises:
      ValueError: If an intensity lies outside [0, 5] or their number is wrong.
    """
    expression = expression_lib.read(intensities)
    picture = self._scene(self._layer(expression, capture), capture)
    return _expose(picture, capture, rng)

  def landmarks(
    self,
    intensities: Float[np.ndarray, "18"],
    capture: capture_lib.Capture,
  ) -> Float[np.ndarray, "6 2"]:
    """Returns where the points of `LANDMARKS` lie in a frame.

    Args:
      intensities: As for `render`.
      capture: As for `render`.

    Returns:
      x and y in pixels; whole numbers are pixel centres.

    Raises:
      ValueError: As for `render`.
    """
    expression = expression_lib.read(intensities)
    who = self.identity
    half = who.mouth_width + expression.widen
    corner = who.mouth_y + expression.corner
    skin_points = np.array([[0.0, who.nose_y - 0.13], [0.0, who.chin]])
    nose, chin = self._head.moved(expression.weights, skin_points)
    points = [[-0.5, 0.0], [0.5, 0.0], nose]
    points += [[-half, corner], [half, corner], chin]
    return pose.project(
      np.array(points), capture, size=self.size, asymmetry=who.asymmetry
    )

  def _layer(
    self,
    expression: expression_lib.Expression,
    capture: capture_lib.Capture,
  ) -> Float[np.ndarray, "h w 4"]:
    """Returns the lit frontal head, premultiplied linear RGBA."""
    surface, cover = self._head.deform(expression.weights)
    self._brows.paint(surface, cover, expression)
    curves = self._lips.curves(expression)
    self._lips.paint(surface, cover, curves, expression)
    lit = shading.light(surface, cover, capture, pixels=self._canvas.pixels)
    brightness = shading.brightness(capture)
    self._lips.open(lit, curves, expression, brightness)
    self._eyes.paint(lit, expression, capture, brightness)
    if self._glasses is not None:
      self._glasses.paint(lit, brightness)
    alpha = cover[..., 0].copy()
    return cv2.merge([plane * alpha for plane in cv2.split(lit)] + [alpha])

  def _scene(
    self, layer: Float[np.ndarray, "h w 4"], capture: capture_lib.Capture
  ) -> Float[np.ndarray, "size size 3"]:
    """Turns the head and puts it before body and background, linear RGB."""
    size = self.size
    maps = pose.inverse_maps(
      capture, self._canvas, size=size, asymmetry=self.identity.asymmetry
    )
    *head, in_head = cv2.split(cv2.remap(layer, *maps, cv2.INTER_LINEAR))
    affine = pose.plane(capture, self._canvas, size=size)
    torso = cv2.warpAffine(self._body, affine, (size, size))
    *torso, in_torso = cv2.split(torso)
    room = backdrop.room(capture.background, size)
    behind = (1.0 - in_torso) * (0.4 + 0.6 * capture.light_strength)
    power = shading.brightness(capture)
    planes = []
    tints = 1.0 + capture.warmth, 1.0, 1.0 - capture.warmth
    for tint, far, middle, near in zip(tints, room, torso, head, strict=True):
      plane = far * behind
      middle *= power
      plane += middle
      plane *= 1.0 - in_head
      plane += near
      plane *= tint
      planes.append(plane)
    return cv2.merge(planes)


def _expose(
  picture: Float[np.ndarray, "size size 3"],
  capture: capture_lib.Capture,
  rng: np.random.Generator,
) -> UInt8[np.ndarray, "size size 3"]:
  """Applies blur, the camera's gamma of 2 and sensor noise."""
  size = len(picture)
  sigma = capture.blur * size / _REFERENCE_SIZE
  if sigma > 0.05:
    picture = cv2.GaussianBlur(picture, (0, 0), sigma)
  picture = cv2.sqrt(picture)
  x, y = rng.integers(_NOISE_BANK, size=2)
  if capture.noise:
    grain = _noise_bank(size)[y : y + size, x : x + size]
    picture = cv2.scaleAdd(np.ascontiguousarray(grain), capture.noise, picture)
  return cv2.convertScaleAbs(picture, alpha=255.0)


@functools.lru_cache(maxsize=4)
def _noise_bank(size: int) -> Float[np.ndarray, "n n 3"]:
  """Returns sensor noise from which each frame takes a window of its own."""
  side = size + _NOISE_BANK
  rng = np.random.default_rng(size)
  return rng.standard_normal((side, side, 3), dtype=np.float32)
