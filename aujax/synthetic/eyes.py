"""Eyes: lids as curves over the columns, with iris, lashes and crease."""

import math

import numpy as np
from jaxtyping import Float

from aujax.synthetic import canvas as canvas_lib
from aujax.synthetic import capture as capture_lib
from aujax.synthetic import expression as expression_lib
from aujax.synthetic import identity as identity_lib

_IRIS, _PUPIL, _GLINT = 0.096, 0.042, 0.020
_GAZE = 0.085
_SCLERA = np.float32([0.56, 0.53, 0.505])
_LASH = np.float32([0.020, 0.014, 0.012])
_NARROWEST = 0.012


class Eyes:
  """The eyes of one subject."""

  def __init__(
    self, canvas: canvas_lib.Canvas, identity: identity_lib.Identity
  ):
    self._pixels = np.float32(canvas.pixels)
    self._who = identity
    self._windows = [
      canvas.window(0.5 * side - 0.40, -0.30, 0.5 * side + 0.40, 0.24)
      for side in (-1.0, 1.0)
    ]
    # Both eyes at once: [2, 1, w] and [h, 1].
    side = np.float32([-1.0, 1.0])[:, None, None]
    columns = [canvas.x[:1, window[1]] for window in self._windows]
    self._x = np.stack(columns) - 0.5 * side
    self._u = self._x * side / np.float32(identity.eye_width)
    self._y = canvas.y[self._windows[0][0], :1]

  def paint(
    self,
    lit: Float[np.ndarray, "h w 3"],
    expression: expression_lib.Expression,
    capture: capture_lib.Capture,
    brightness: float,
  ) -> None:
    """Paints both eyes over the lit skin, in place."""
    u, y = self._u, self._y
    upper, lower = self._lids(u, expression, capture.blink)
    target = np.stack([lit[window] for window in self._windows])
    self._crease(target, u, y, upper, expression, capture.blink)
    ball = self._ball(self._x, y, u, upper, capture) * np.float32(brightness)
    opening = self._band(y, upper, lower) * (np.abs(u) < 1.0)
    target += opening[..., None] * (ball - target)
    self._lashes(target, u, y, upper, lower)
    for window, painted in zip(self._windows, target, strict=True):
      lit[window] = painted

  def _lids(
    self,
    u: np.ndarray,
    expression: expression_lib.Expression,
    blink: float,
  ) -> tuple[np.ndarray, np.ndarray]:
    """Returns the heights of the two lids' edges over the columns."""
    who = self._who
    inside = np.clip(np.abs(u), 0.0, 1.0)
    axis = 0.012 + (who.eye_tilt - 0.012) * 0.5 * (np.clip(u, -1, 1) + 1.0)
    # The upper lid is highest a little inward, the lower deepest outward.
    arch = (1.0 - inside**2.3) * (1.0 - 0.12 * u)
    cup = (1.0 - inside**2.0) * (1.0 + 0.12 * u)
    up = who.eye_upper - expression.upper_lid
    down = who.eye_lower + expression.lower_lid
    up = max(up, _NARROWEST - down)
    up -= blink * (up + down - _NARROWEST)
    return axis - up * arch, axis + down * cup

  def _crease(
    self,
    target: np.ndarray,
    u: np.ndarray,
    y: np.ndarray,
    upper: np.ndarray,
    expression: expression_lib.Expression,
    blink: float,
  ) -> None:
    gap = self._who.crease * (1.0 - expression.crease) * (1.0 + 1.5 * blink)
    place = upper - gap * (1.0 - 0.25 * u) - 0.012
    ends = np.clip((1.15 - np.abs(u)) / 0.4, 0.0, 1.0)
    lost = 0.42 * ends * np.exp(-0.5 * ((y - place) / 0.016) ** 2)
    target *= (1.0 - lost)[..., None]

  def _ball(
    self,
    x: np.ndarray,
    y: np.ndarray,
    u: np.ndarray,
    upper: np.ndarray,
    capture: capture_lib.Capture,
  ) -> np.ndarray:
    """Returns the colours of the eyeball."""
    round_ = 1.0 - 0.30 * np.clip(np.abs(u), 0, 1) ** 2
    shade = (0.50 + 0.50 * np.clip((y - upper) / 0.075, 0.0, 1.0)) * round_
    colour = _SCLERA * shade[..., None]
    pink = np.clip((-0.78 - u) / 0.2, 0.0, 1.0)
    colour *= 1.0 - pink[..., None] * np.float32([0.12, 0.42, 0.42])
    dx = x - _GAZE * capture.gaze_x
    dy = y + 0.008 - 0.6 * _GAZE * capture.gaze_y
    radius = np.sqrt(dx * dx + dy * dy)
    ring = canvas_lib.smoothstep(0.72, 1.0, radius / _IRIS)
    bright = (1.15 - 0.85 * ring) * (0.75 + 2.2 * np.clip(dy + 0.05, 0, 0.15))
    iris = np.float32(self._who.iris) ** 2 * bright[..., None]
    iris *= (0.35 + 0.65 * shade)[..., None]
    iris *= np.clip((radius - _PUPIL) * self._pixels + 0.5, 0.06, 1)[..., None]
    inside = np.clip((_IRIS - radius) * self._pixels * 0.8 + 0.5, 0.0, 1.0)
    colour += inside[..., None] * (iris - colour)
    glint_x = dx - 0.045 * math.sin(capture.light_azimuth)
    glint_y = dy + 0.020 + 0.030 * math.sin(capture.light_elevation)
    glint = np.exp(-0.5 * (glint_x**2 + glint_y**2) / (0.55 * _GLINT) ** 2)
    return colour + 0.8 * glint[..., None]

  def _lashes(
    self,
    target: np.ndarray,
    u: np.ndarray,
    y: np.ndarray,
    upper: np.ndarray,
    lower: np.ndarray,
  ) -> None:
    ends = np.clip((1.06 - np.abs(u)) / 0.15, 0.0, 1.0)
    thick = 0.013 + 0.006 * np.clip(u, -0.5, 1.0)
    above = 0.90 * ends * np.exp(-0.5 * ((y - upper + 0.004) / thick) ** 2)
    below = 0.38 * ends * np.exp(-0.5 * ((y - lower) / 0.012) ** 2)
    dark = np.maximum(above, below)[..., None]
    target += dark * (_LASH - target)

  def _band(
    self, y: np.ndarray, above: np.ndarray, below: np.ndarray
  ) -> np.ndarray:
    start = np.clip((y - above) * self._pixels + 0.5, 0.0, 1.0)
    return start * np.clip((below - y) * self._pixels + 0.5, 0.0, 1.0)
