"""Glasses: a frame before the eyes that no expression moves."""

import cv2
import numpy as np
from jaxtyping import Float

from aujax.synthetic import canvas as canvas_lib
from aujax.synthetic import identity as identity_lib

_THICKNESS = {"thin": 0.020, "thick": 0.052}
_SUPERSAMPLING = 4


class Glasses:
  """The frame of one subject's glasses."""

  def __init__(
    self, canvas: canvas_lib.Canvas, identity: identity_lib.Identity
  ):
    self._window = canvas.window(-1.25, -0.40, 1.25, 0.50)
    mask = _frame(canvas, identity)
    self._alpha = (0.94 * mask[self._window])[..., None]
    shadow = np.roll(canvas.blur(mask, 0.03), int(0.05 * canvas.pixels), 0)
    self._light = (1.0 - 0.45 * shadow[self._window])[..., None]
    self._colour = np.float32(identity.glasses_colour) ** 2

  def paint(self, lit: Float[np.ndarray, "h w 3"], brightness: float) -> None:
    """Paints the frame and its shadow over the lit face, in place."""
    target = lit[self._window]
    target *= self._light
    colour = self._colour * np.float32(brightness) + np.float32(0.01)
    target += self._alpha * (colour - target)


def _frame(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> np.ndarray:
  rng = identity.texture_rng(10)
  half_x, half_y = rng.uniform([0.33, 0.21], [0.38, 0.29])
  power = rng.uniform(2.0, 4.5)
  t = np.linspace(0, 2 * np.pi, 90)
  x = half_x * np.sign(np.cos(t)) * np.abs(np.cos(t)) ** (2 / power)
  y = half_y * np.sign(np.sin(t)) * np.abs(np.sin(t)) ** (2 / power)
  rim = np.c_[0.5 + x, 0.06 + y]
  gap = np.linspace(-1.0, 1.0, 20)
  bridge = np.c_[gap * (0.5 - half_x), -0.015 - 0.045 * (1 - gap**2)]
  edge = 0.5 + half_x
  temple = np.array([[edge, 0.0], [identity.face_width + 0.02, -0.02]])
  lines = [rim, rim * [-1, 1], bridge, temple, temple * [-1, 1]]
  return _draw(canvas, lines, _THICKNESS[identity.glasses])


def _draw(
  canvas: canvas_lib.Canvas, lines: list[np.ndarray], thickness: float
) -> np.ndarray:
  rows, columns = canvas.shape
  scale = canvas.pixels * _SUPERSAMPLING
  mask = np.zeros((rows * _SUPERSAMPLING, columns * _SUPERSAMPLING), np.uint8)
  origin = np.array([columns / 2 / canvas.pixels, -canvas_lib.TOP])
  pixels = [((p + origin) * scale).round().astype(np.int32) for p in lines]
  cv2.polylines(mask, pixels, False, 255, max(1, round(thickness * scale)))
  mask = cv2.resize(mask, (columns, rows), interpolation=cv2.INTER_AREA)
  return mask.astype(np.float32) / 255
