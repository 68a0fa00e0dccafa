"""Eyebrows: a row of hairs along a curve that five points control."""

import cv2
import numpy as np
from jaxtyping import Float

from aujax.synthetic import canvas as canvas_lib
from aujax.synthetic import expression as expression_lib
from aujax.synthetic import identity as identity_lib

_PLACES = np.linspace(0.0, 1.0, 5)
_THICKNESS = (0.80, 1.0, 0.95, 0.70, 0.22)
_UP, _DOWN = 0.36, 0.22


class Brows:
  """The eyebrows of one subject."""

  def __init__(
    self, canvas: canvas_lib.Canvas, identity: identity_lib.Identity
  ):
    self._canvas = canvas
    who = identity
    self._inner, self._outer = who.brow_inner, who.brow_outer
    edge = who.brow_outer + 0.06
    self._window = canvas.window(
      -edge, who.brow_y - _UP, edge, who.brow_y + _DOWN
    )
    self._x = canvas.x[0, self._window[1]]
    self._y = canvas.y[self._window[0], :1]
    self._shape = who.brow_y + np.float32(
      [
        0.020,
        -0.010 - 0.35 * who.brow_arch,
        -0.022 - 0.85 * who.brow_arch,
        -0.018 - who.brow_arch,
        0.030 + who.brow_tilt,
      ]
    )
    self._thickness = 0.5 * who.brow_thickness * np.float32(_THICKNESS)
    self._density = np.float32(who.brow_density)
    self._colour = np.float32(who.brow_colour) ** 2
    rng = identity.texture_rng(7)
    hairs = rng.uniform(0.62, 1.22, (12, 2, 60)).astype(np.float32)
    hairs = hairs.reshape(12, 120)
    self._hairs = cv2.resize(hairs, (480, 24), interpolation=cv2.INTER_LINEAR)

  def paint(
    self,
    surface: Float[np.ndarray, "h w 4"],
    cover: Float[np.ndarray, "h w 3"],
    expression: expression_lib.Expression,
  ) -> None:
    """Paints the eyebrows over the skin, in place, not over hair."""
    alpha = self._alpha(expression)
    target = surface[self._window][..., :3]
    target += alpha[..., None] * (self._colour - target)
    gloss = cover[self._window][..., 1]
    gloss *= 1.0 - 0.8 * alpha

  def _alpha(self, expression: expression_lib.Expression) -> np.ndarray:
    inner = self._inner - expression.knit
    t = (np.abs(self._x) - inner) / (self._outer - inner)
    weights = _spline(t)
    centre = weights @ (self._shape + expression.brow)
    half = weights @ self._thickness
    away = self._y - centre
    pixels = np.float32(self._canvas.pixels)
    soft = np.float32(0.020)
    body = np.clip((half - np.abs(away)) / soft * 0.8 + 0.5, 0.0, 1.0)
    # Hairs lean outward, the more so the farther out they grow.
    along = (t + 0.9 * away * np.sign(0.75 - t)) * 110 + 180
    along = along + 120 * (self._x > 0)
    across = 12 + away * 240
    hairs = cv2.remap(
      self._hairs,
      along.astype(np.float32),
      across.astype(np.float32),
      cv2.INTER_LINEAR,
      borderMode=cv2.BORDER_REFLECT,
    )
    ends = np.clip(t / 0.10 + 0.6, 0, 1) * np.clip((1.04 - t) / 0.12, 0, 1)
    sharp = min(1.0, pixels / 60.0)
    hairs = 1.0 + sharp * (hairs - 0.85)
    return np.clip(body * hairs * ends * self._density, 0.0, 0.96)


def _spline(t: np.ndarray) -> np.ndarray:
  """Returns weights `[columns, 5]` of a cubic through the five points."""
  t = np.clip(t, 0.0, 1.0)[:, None]
  weights = []
  for i, place in enumerate(_PLACES):
    others = np.delete(_PLACES, i)
    weights.append(np.prod((t - others) / (place - others), axis=1))
  return np.stack(weights, axis=1).astype(np.float32)
