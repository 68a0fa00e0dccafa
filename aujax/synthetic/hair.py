"""Hair: strands that fall from the crown around the face."""

import dataclasses

import cv2
import numpy as np
from jaxtyping import Float

from aujax.synthetic import anatomy
from aujax.synthetic import canvas as canvas_lib
from aujax.synthetic import identity as identity_lib


@dataclasses.dataclass(frozen=True)
class _Style:
  """Lengths in IOD.

  Attributes:
    top: Height of the hair over the skull.
    side: Thickness of the hair beside the skull.
    end: Height at which the hair at the sides ends.
    fringe: How far hair falls below the hairline.
    curl: 0 strands, 1 curls.
    cropped: Whether it is too short to lie in strands.
    density: Opacity at the temples and sides.
    ragged: How far single strands stand out at the hairline.
    slant: How far hair is combed sideways over the forehead.
    parted: Whether it is combed from a parting to both sides.
  """

  top: float
  side: float
  end: float
  fringe: float = 0.0
  curl: float = 0.0
  cropped: bool = False
  density: float = 1.0
  ragged: float = 0.22
  slant: float = 0.0
  parted: bool = False


_STYLES = {
  "crop": _Style(top=0.06, side=0.015, end=0.16, cropped=True, density=0.80),
  "short": _Style(top=0.17, side=0.05, end=0.22, slant=0.8),
  "fringe": _Style(top=0.15, side=0.08, end=0.34, fringe=1.0, ragged=0.45),
  "tied": _Style(top=0.05, side=0.01, end=0.05, density=0.85),
  "long": _Style(top=0.13, side=0.15, end=9.0, parted=True, ragged=0.12),
  "curly": _Style(top=0.24, side=0.17, end=0.45, curl=1.0),
}


@dataclasses.dataclass(frozen=True)
class Hair:
  """The hair as layers on the canvas.

  Attributes:
    alpha: Opacity of what lies before skin and ears.
    colour: Linear RGB.
    height: Height towards the viewer.
    back: Opacity of what hangs behind the neck.
  """

  alpha: Float[np.ndarray, "h w"]
  colour: Float[np.ndarray, "h w 3"]
  height: Float[np.ndarray, "h w"]
  back: Float[np.ndarray, "h w"]


def grow(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> Hair | None:
  """Returns the subject's hair, or None for a bald one."""
  if identity.hair == "bald":
    return None
  style = _STYLES[identity.hair]
  width = _outer_width(identity, style, canvas.y[:, :1])
  strands, fine = _strands(canvas, identity, style, width)
  # Curls end in round tufts, strands in tips.
  tips = 0.9 * strands if style.curl else fine
  outer = _soften(canvas, _outer(canvas, identity, style), 0.035, tips, 0.25)
  face = _soften(
    canvas, _window(canvas, identity, style), 0.06, tips, style.ragged
  )
  side = canvas_lib.smoothstep(0.55, 0.95, np.abs(canvas.x))
  alpha = outer * (1.0 - face) * (1.0 - (1.0 - style.density) * side)
  if style.end < 2.0:
    ragged = canvas.y + 0.05 * tips
    alpha *= canvas_lib.smoothstep(style.end + 0.06, style.end - 0.30, ragged)
  return Hair(
    alpha=np.clip(alpha, 0.0, 1.0),
    colour=_colour(canvas, identity, style, strands, fine, face, width),
    height=_height(canvas, width, strands),
    back=_back(canvas, identity, outer),
  )


def _outer_width(
  identity: identity_lib.Identity, style: _Style, y: np.ndarray
) -> np.ndarray:
  """Half the width of the hair's outline; it hangs straight below the ears."""
  volume = 0.75 + 0.5 * identity.hair_volume
  top = identity.crown - style.top * volume
  up = np.clip((anatomy.WIDEST - y) / (anatomy.WIDEST - top), 0.0, 1.0)
  dome = np.sqrt(1.0 - up**3.1)
  flare = 0.06 * canvas_lib.smoothstep(0.2, 1.6, y) * identity.hair_volume
  return (identity.face_width + style.side * volume) * dome + flare


def _outer(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity, style: _Style
) -> np.ndarray:
  y = np.linspace(-1.98, 2.4, 300)
  x = _outer_width(identity, style, y)
  y, x = y[x > 0.02], x[x > 0.02]
  wave = 0.035 * identity.hair_wave * np.sin(5.0 * y)
  x = x + wave * canvas_lib.smoothstep(-0.2, 0.8, y)
  return anatomy.polygon(
    canvas, np.concatenate([np.c_[x, y], np.c_[-x, y][::-1]])
  )


def _window(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity, style: _Style
) -> np.ndarray:
  """The part of the head before which no hair lies."""
  line = identity.hairline
  low = style.fringe * (identity.brow_y - 0.10 - line)
  recede = 0.20 * max(identity.age - 0.4, 0.0) * (style.density < 1.0)
  points = [
    (0.00, line + low),
    (0.28, line + low + 0.02 - recede * 0.3),
    (0.50, line + 0.9 * low + 0.09 - recede),
    (0.68, max(line + 0.24 - recede, line + 0.8 * low)),
    (0.80, max(line + 0.46, line + 0.9 * low)),
    (0.88, -0.34),
    (0.925, -0.05),
    (0.95, 0.30),
  ]
  if style.end < 2.0:
    points += [(1.30, 0.45), (1.40, 2.4)]
  else:
    points += [(0.93, 0.8), (0.90, 1.2), (0.98, 1.7), (1.0, 2.4)]
  right = np.array(points)
  skew = 0.10 * identity.hair_part * np.array([[0.0, 1.0]])
  left = right * [-1.0, 1.0]
  top = (right[:, :1] < 0.7) * 1.0
  points = np.concatenate([right + skew * top, (left - skew * top)[::-1]])
  return anatomy.polygon(canvas, points)


def _soften(
  canvas: canvas_lib.Canvas,
  mask: np.ndarray,
  sigma: float,
  fine: np.ndarray,
  ragged: float,
) -> np.ndarray:
  """Gives a mask an edge of single strands."""
  edge = canvas.blur(mask, sigma)
  edge += ragged * fine * 4.0 * edge * (1.0 - edge)
  return canvas_lib.smoothstep(0.2, 0.8, edge)


def _strands(
  canvas: canvas_lib.Canvas,
  identity: identity_lib.Identity,
  style: _Style,
  width: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
  """Locks and single strands: noise that follows the fall of the hair."""
  rng = identity.texture_rng(6)
  if style.curl:
    curls = canvas.noise(rng, 0.085) + 0.6 * canvas.noise(rng, 0.055)
    curls = canvas.blur(curls, 0.022)
    return np.tanh(1.5 * curls), canvas.blur(canvas.noise(rng, 0.035), 0.012)
  if style.cropped:
    return 0.5 * canvas.noise(rng, 0.12), 0.8 * canvas.noise(rng, 0.02)
  if style.parted:
    return _parted_strands(canvas, identity, rng)
  part = identity.hair_part * canvas_lib.smoothstep(-0.7, -1.6, canvas.y)
  wave = 0.03 * identity.hair_wave * np.sin(5.0 * canvas.y)
  comb = style.slant * np.sign(identity.hair_part) * (canvas.y + 1.0)
  comb *= canvas_lib.smoothstep(-0.7, -1.0, canvas.y)
  across = (canvas.x + wave + comb - part) / np.maximum(width, 0.08)
  along = canvas.y * 0.5 + 0.25 * np.abs(across)
  coarse = _along(rng, across, along, 40)
  return coarse, _along(rng, across, along, 150)


def _parted_strands(
  canvas: canvas_lib.Canvas,
  identity: identity_lib.Identity,
  rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
  """Strands on ellipses around the face: out from the parting, then down."""
  away = canvas.x - 0.8 * identity.hair_part * canvas_lib.smoothstep(
    -0.4, -1.3, canvas.y
  )
  above = np.minimum(canvas.y - 0.2, 0.0) / 1.45
  wave = 0.03 * identity.hair_wave * np.sin(5.0 * canvas.y)
  across = np.sqrt(away**2 + above**2) + wave
  across *= np.where(away < 0, -1.0, 1.0)
  parting = 1.0 - 1.6 * np.exp(-0.5 * (away / 0.018) ** 2) * (canvas.y < -0.8)
  along = canvas.y * 0.5
  coarse = _along(rng, across, along, 50) * parting
  return coarse - (1.0 - parting), _along(rng, across, along, 190)


def _along(
  rng: np.random.Generator, across: np.ndarray, along: np.ndarray, count: int
) -> np.ndarray:
  texture = rng.standard_normal((10, count), dtype=np.float32)
  texture = cv2.resize(texture, None, fx=4, fy=8, interpolation=cv2.INTER_CUBIC)
  x = (across * 0.30 + 0.5) * texture.shape[1]
  y = (along * 0.5 + 0.5) * texture.shape[0]
  return cv2.remap(
    texture,
    x.astype(np.float32),
    y.astype(np.float32),
    cv2.INTER_LINEAR,
    borderMode=cv2.BORDER_REFLECT,
  )


def _colour(
  canvas: canvas_lib.Canvas,
  identity: identity_lib.Identity,
  style: _Style,
  strands: np.ndarray,
  fine: np.ndarray,
  face: np.ndarray,
  width: np.ndarray,
) -> np.ndarray:
  base = np.float32(identity.hair_colour) ** 2
  across = canvas.x / np.maximum(width, 0.1)
  band = canvas.y - (identity.crown + 0.42 + 0.35 * across**2)
  sheen = np.exp(-0.5 * (band / 0.16) ** 2) * (1.0 - style.curl)
  bright = 1.0 + 0.22 * strands + 0.20 * fine + 0.55 * sheen
  under = canvas.blur(face, 0.10) * canvas_lib.smoothstep(-0.6, 0.4, canvas.y)
  bright *= 1.0 - 0.55 * under
  colour = base * np.clip(bright, 0.25, 3.0)[..., None]
  return (colour + 0.012 * sheen[..., None]).astype(np.float32)


def _height(
  canvas: canvas_lib.Canvas, width: np.ndarray, strands: np.ndarray
) -> np.ndarray:
  across = np.minimum(np.abs(canvas.x) / np.maximum(width, 1e-3), 1.0)
  up = np.clip((anatomy.WIDEST - canvas.y) / 1.85, 0.0, 1.0)
  dome = 0.98 * (1.0 - 0.34 * up**2.2) * np.sqrt(1.0 - across**2.4)
  return (dome + 0.010 * strands).astype(np.float32)


def _back(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity, outer: np.ndarray
) -> np.ndarray:
  if identity.hair != "long":
    return np.zeros(canvas.shape, np.float32)
  return outer * canvas_lib.smoothstep(0.2, 0.6, canvas.y)
