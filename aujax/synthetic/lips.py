"""Lips: four curves over the columns of the mouth, and what is between them."""

import dataclasses

import numpy as np
from jaxtyping import Float

from aujax.synthetic import canvas as canvas_lib
from aujax.synthetic import expression as expression_lib
from aujax.synthetic import identity as identity_lib
from aujax.synthetic import skin

_THINNEST = 0.010
# Width over which the red of the lips fades into the skin.
_SOFT = 0.035
# Fixed to the skull: lower edge of the upper teeth below the closed line.
_TEETH_EDGE = 0.020
# Fixed to the jaw: upper edge of the lower teeth, which a lower lip hides that
# AU 16 does not draw down.
_LOWER_TEETH = 0.120


@dataclasses.dataclass(frozen=True)
class Curves:
  """Heights of the lips' edges over the columns of the mouth's window.

  Attributes:
    top: Upper edge of the upper lip.
    inner_top: Lower edge of the upper lip.
    inner_bottom: Upper edge of the lower lip.
    bottom: Lower edge of the lower lip.
    across: Place in the mouth, -1 and 1 at its corners.
    half: Half the width of the mouth in IOD.
  """

  top: Float[np.ndarray, "w"]
  inner_top: Float[np.ndarray, "w"]
  inner_bottom: Float[np.ndarray, "w"]
  bottom: Float[np.ndarray, "w"]
  across: Float[np.ndarray, "w"]
  half: float


class Lips:
  """The mouth of one subject."""

  def __init__(
    self, canvas: canvas_lib.Canvas, identity: identity_lib.Identity
  ):
    self._pixels = np.float32(canvas.pixels)
    self._who = identity
    middle = identity.mouth_y
    self._window = canvas.window(-0.72, middle - 0.36, 0.72, middle + 0.66)
    self._x = canvas.x[0, self._window[1]]
    self._y = canvas.y[self._window[0], :1]
    self._colour = _colour(identity)
    rng = identity.texture_rng(8)
    grain = canvas.noise(rng, 0.03)[self._window]
    self._grain = np.float32(1.0) + np.float32(0.05) * grain

  def curves(self, expression: expression_lib.Expression) -> Curves:
    """Returns the lips' edges of an expression."""
    who, move = self._who, expression
    half = max(who.mouth_width + move.widen, 0.18)
    u = np.clip(np.abs(self._x) / np.float32(half), 0.0, 1.0)
    ends = u**2.2
    wave = 0.010 * np.cos(np.minimum(2.2 * u, 1.0) * np.pi) * (1 - ends)
    line = who.mouth_y + move.corner * ends + move.line * (1 - ends) + wave
    # The wider the mouth opens, the rounder it gets.
    round_ = 0.8 - 0.3 * min(1.0, move.gap_down / 0.3)
    open_ = (1.0 - u ** (2.0 + move.square)) ** round_
    upper = (1.0 - u**1.7) ** 0.9
    upper -= who.lip_bow * np.exp(-0.5 * (u / 0.13) ** 2)
    lower = (1.0 - u ** (2.2 + 2.0 * move.square)) ** 0.9
    thick = who.upper_lip * move.upper, who.lower_lip * move.lower
    inner_top = line - max(move.gap_up, 0.0) * open_
    inner_bottom = line + max(move.gap_down, 0.0) * open_
    top = inner_top - (thick[0] - move.top) * upper
    bottom = inner_bottom + (thick[1] + move.bottom) * lower
    thin = _THINNEST * (1 - ends)
    return Curves(
      top=np.minimum(top, inner_top - thin),
      inner_top=inner_top,
      inner_bottom=inner_bottom,
      bottom=np.maximum(bottom, inner_bottom + thin),
      across=np.minimum(np.abs(self._x) / np.float32(half), 1.5),
      half=half,
    )

  def paint(
    self,
    surface: Float[np.ndarray, "h w 4"],
    cover: Float[np.ndarray, "h w 3"],
    curves: Curves,
    expression: expression_lib.Expression,
  ) -> None:
    """Paints the red of the lips and raises them, in place."""
    inside = np.clip((1.0 - curves.across) * curves.half * self._pixels, 0, 1)
    upper = self._band(curves.top, curves.inner_top, start=_SOFT) * inside
    lower = self._band(curves.inner_bottom, curves.bottom, end=_SOFT) * inside
    red = np.minimum(upper + lower, 1.0)
    part, light = surface[self._window], cover[self._window]
    colour = self._colour * self._grain[..., None]
    part[..., :3] += red[..., None] * (colour - part[..., :3])
    rise = _arch(self._y, curves.top, curves.inner_top) * upper * 0.055
    rise += _arch(self._y, curves.inner_bottom, curves.bottom) * lower * 0.085
    part[..., 3] += rise
    light[..., 1] += red * (0.12 * self._who.gloss + 0.05 - light[..., 1])
    self._shade(light, curves, expression)

  def _shade(
    self,
    light: np.ndarray,
    curves: Curves,
    expression: expression_lib.Expression,
  ) -> None:
    """Darkens the line between the lips, their corners and what is below."""
    line = 0.5 * (curves.inner_top + curves.inner_bottom)
    away = self._y - line
    ends = np.clip((1.06 - curves.across) / 0.12, 0.0, 1.0)
    thin = 0.017 + 0.010 * expression.press
    dark = (0.62 + 0.30 * expression.press) * ends
    lost = dark * np.exp(-0.5 * (away / thin) ** 2)
    corner = ((curves.across - 1.0) * curves.half) ** 2 + away**2
    lost = np.maximum(lost, 0.45 * np.exp(-0.5 * corner / 0.028**2))
    below = self._y - curves.bottom
    under = (below > 0) * np.exp(-0.5 * (below / 0.05) ** 2)
    middle = np.clip(1.0 - curves.across**2, 0.0, 1.0)
    light[..., 2] *= (1.0 - lost) * (1.0 - 0.18 * under * middle)

  def open(
    self,
    lit: Float[np.ndarray, "h w 3"],
    curves: Curves,
    expression: expression_lib.Expression,
    brightness: float,
  ) -> None:
    """Shows what lies between parted lips, in place, after lighting."""
    if float((curves.inner_bottom - curves.inner_top).max()) < 2e-3:
      return
    inside = np.clip((1.0 - curves.across) * curves.half * self._pixels, 0, 1)
    hole = self._band(curves.inner_top, curves.inner_bottom) * inside
    inner = self._cavity(curves, expression) * np.float32(brightness)
    depth = np.clip((self._y - curves.inner_top) / 0.05, 0.0, 1.0)
    inner *= (0.60 + 0.40 * depth)[..., None]
    target = lit[self._window]
    target += hole[..., None] * (inner - target)

  def _cavity(
    self, curves: Curves, expression: expression_lib.Expression
  ) -> np.ndarray:
    """Throat, tongue and teeth."""
    y, middle = self._y, self._who.mouth_y
    u = self._x / np.float32(curves.half)
    out = np.full((*np.broadcast_shapes(y.shape, u.shape), 3), 0.0, np.float32)
    out += np.float32([0.045, 0.012, 0.012])
    floor = curves.inner_bottom
    tongue = np.exp(-0.5 * ((y - floor) / 0.09) ** 2 - 0.5 * (u / 0.5) ** 2)
    # Behind lips that part a little it is dark.
    seen = min(max(expression.gap_down - 0.08, 0.0) / 0.2, 1.0)
    out += tongue[..., None] * np.float32([0.24, 0.075, 0.075]) * seen
    white = np.float32([0.76, 0.70, 0.60])
    gaps = 1.0 - 0.22 * np.exp(
      -0.5 * ((self._x / 0.105 % 1.0 - 0.5) / 0.07) ** 2
    )
    fall = np.clip(1.05 - 0.75 * u * u, 0.0, 1.0) * gaps
    edge = middle + _TEETH_EDGE - 0.02 * u * u
    upper = np.clip((edge - y) * self._pixels + 0.5, 0.0, 1.0)
    lower_edge = middle + _LOWER_TEETH + 0.95 * expression.jaw + 0.02 * u * u
    lower = np.clip((y - lower_edge) * self._pixels + 0.5, 0.0, 1.0)
    lower = lower * (np.abs(u) < 0.75) * 0.8
    teeth = np.maximum(upper, lower)[..., None]
    return out + teeth * (fall[:, None] * white - out)

  def _band(
    self,
    above: np.ndarray,
    below: np.ndarray,
    *,
    start: float = 0.0,
    end: float = 0.0,
  ) -> np.ndarray:
    """Returns the share of each pixel between two curves, with soft edges."""
    rise = np.float32(1.0 / max(start, 1.0 / self._pixels))
    fall = np.float32(1.0 / max(end, 1.0 / self._pixels))
    inside = np.clip((self._y - above) * rise + 0.5, 0.0, 1.0)
    return inside * np.clip((below - self._y) * fall + 0.5, 0.0, 1.0)


def _arch(y: np.ndarray, above: np.ndarray, below: np.ndarray) -> np.ndarray:
  t = np.clip((y - above) / np.maximum(below - above, 1e-3), 0.0, 1.0)
  return 4.0 * t * (1.0 - t)


def _colour(identity: identity_lib.Identity) -> np.ndarray:
  base = skin.tone(identity)
  strong = np.float32([0.78, 0.44, 0.45])
  pale = np.float32([0.92, 0.64, 0.62])
  share = np.float32(0.25 + 0.75 * identity.lip_colour)
  return base * (pale + share * (strong - pale))
