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
_NOISE_SPARE = 50_000
_BIG_BLOCK = 30 * 2**20


class Face:
  """A subject's head from which frames are rendered.

  It works in buffers of its own: render one frame at a time with it.

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
    _keep_freed_memory()
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
    # Kept, because they cost more to allocate than to fill.
    self._layer_buffer = np.empty((*canvas.shape, 4), np.float32)
    self._turned = np.empty((2, size, size, 4), np.float32)
    self._picture = np.empty((size, size, 3), np.float32)

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
    layer = self._layer_buffer
    pixels = self._canvas.pixels
    shading.light(surface, cover, capture, pixels=pixels, out=layer)
    # What is painted now lies where the head is opaque.
    lit = layer[..., :3]
    brightness = shading.brightness(capture)
    self._lips.open(lit, curves, expression, brightness)
    self._eyes.paint(lit, expression, capture, brightness)
    if self._glasses is not None:
      self._glasses.paint(lit, brightness)
    return layer

  def _scene(
    self, layer: Float[np.ndarray, "h w 4"], capture: capture_lib.Capture
  ) -> Float[np.ndarray, "size size 3"]:
    """Turns the head and puts it before body and background, linear RGB."""
    size = self.size
    maps = pose.inverse_maps(
      capture, self._canvas, size=size, asymmetry=self.identity.asymmetry
    )
    turned, torso = self._turned
    edge = cv2.BORDER_REPLICATE
    cv2.remap(layer, *maps, cv2.INTER_LINEAR, dst=turned, borderMode=edge)
    affine = pose.plane(capture, self._canvas, size=size)
    cv2.warpAffine(self._body, affine, (size, size), dst=torso, borderMode=edge)
    *head, in_head = cv2.split(turned)
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
    cv2.merge(planes, self._picture)
    return self._picture


@functools.cache
def _keep_freed_memory() -> None:
  """Makes frames two times faster where the C library is glibc.

  It gives memory back to the system when a frame's arrays are freed, and has
  to ask for it again at the next. Freeing one big block once raises that
  threshold to twice the block's size (mallopt(3), M_MMAP_THRESHOLD).
  """
  np.empty(_BIG_BLOCK, np.uint8)


def _expose(
  picture: Float[np.ndarray, "size size 3"],
  capture: capture_lib.Capture,
  rng: np.random.Generator,
) -> UInt8[np.ndarray, "size size 3"]:
  """Applies blur, the camera's gamma of 2 and sensor noise, in place."""
  sigma = capture.blur * len(picture) / _REFERENCE_SIZE
  if sigma > 0.05:
    cv2.GaussianBlur(picture, (0, 0), sigma, dst=picture)
  cv2.sqrt(picture, dst=picture)
  first = int(rng.integers(_NOISE_SPARE))
  if capture.noise:
    grain = _noise_bank(picture.size + _NOISE_SPARE)
    grain = grain[first : first + picture.size].reshape(picture.shape)
    cv2.scaleAdd(grain, capture.noise, picture, dst=picture)
  return cv2.convertScaleAbs(picture, alpha=255.0)


@functools.lru_cache(maxsize=4)
def _noise_bank(count: int) -> Float[np.ndarray, "n"]:
  """Returns sensor noise from which each frame takes a run of its own."""
  return np.random.default_rng(0).standard_normal(count, dtype=np.float32)
