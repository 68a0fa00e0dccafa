"""Skin: its colour, its shadows that no light reaches, its shine, its age."""

import cv2
import numpy as np
from jaxtyping import Float

from aujax.synthetic import anatomy, forehead, strokes
from aujax.synthetic import canvas as canvas_lib
from aujax.synthetic import identity as identity_lib

# Six skin tones from light to dark, gamma-2 RGB.
_TONES = np.array(
  [
    [0.945, 0.800, 0.720],
    [0.890, 0.715, 0.605],
    [0.780, 0.605, 0.490],
    [0.645, 0.470, 0.362],
    [0.495, 0.350, 0.268],
    [0.368, 0.258, 0.204],
  ]
)
# Lines of age: anchored path, depth and darkness at full age.
_AGE_LINES = (
  ((("wing", 0.03, -0.10), ("wing", 0.14, 0.08), ("corner", 0.09, -0.06)), 1.0),
  ((("eye", -0.18, 0.15), ("eye", 0.0, 0.21), ("eye", 0.16, 0.17)), 0.8),
  ((("outer", 0.06, 0.03), ("outer", 0.15, 0.05), ("outer", 0.24, 0.08)), 0.5),
  (
    (("corner", 0.02, 0.08), ("corner", 0.05, 0.18), ("corner", 0.04, 0.28)),
    0.6,
  ),
)


def tone(identity: identity_lib.Identity) -> Float[np.ndarray, "3"]:
  """Returns the skin's mean colour, linear RGB."""
  place = identity.tone * (len(_TONES) - 1)
  steps = np.arange(len(_TONES))
  colour = np.array([np.interp(place, steps, c) for c in _TONES.T])
  colour *= 1.0 + 0.025 * identity.undertone * np.array([-1.0, 0.5, -1.0])
  return (colour**2).astype(np.float32)


def albedo(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> Float[np.ndarray, "h w 3"]:
  """Returns the skin's colour at every place, linear RGB."""
  rng = identity.texture_rng(0)
  blotches = canvas.noise(rng, 0.16) + 0.6 * canvas.noise(rng, 0.07)
  pores = canvas.noise(rng, 0.022)
  shade = 1.0 + 0.022 * blotches + 0.030 * pores
  red = _redness(canvas, identity) + 0.02 * canvas.noise(rng, 0.10)
  colour = tone(identity) * shade[..., None]
  colour *= 1.0 + red[..., None] * np.float32([0.16, -0.22, -0.20])
  dark = _lids(canvas, identity) + _spots(canvas, identity)
  colour *= 1.0 - dark[..., None] * np.float32([0.75, 0.95, 0.90])
  return np.maximum(colour, 0.003).astype(np.float32)


def shadows(
  canvas: canvas_lib.Canvas,
  identity: identity_lib.Identity,
  height: Float[np.ndarray, "h w"],
) -> tuple[Float[np.ndarray, "h w"], Float[np.ndarray, "h w"]]:
  """Returns the share of light that reaches each place, and the lines' relief.

  Args:
    canvas: The grid.
    identity: The subject.
    height: The head's height without lines.

  Returns:
    Light in [0, 1], and a relief to add to the height.
  """
  hollow = np.maximum(canvas.blur(height, 0.10) - height, 0.0)
  light = np.exp(-2.4 * hollow)
  for amount, hill in _dark_places(canvas, identity):
    light *= 1.0 - np.float32(amount) * hill
  relief, lost = _lines(canvas, identity)
  return light * (1.0 - lost), relief


def gloss(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> Float[np.ndarray, "h w"]:
  """Returns the strength of the skin's highlights."""
  bump, nose = canvas.bump, identity.nose_y
  oily = 0.5 + 0.5 * bump(0.0, nose - 0.18, 0.10, 0.30)
  oily += 0.4 * bump(0.0, identity.brow_y - 0.3, 0.45, 0.22)
  oily += 0.35 * bump(0.55, 0.32, 0.20, 0.14)
  pores = canvas.noise(identity.texture_rng(1), 0.03)
  return np.float32(0.16 * identity.gloss) * oily * (1.0 + 0.15 * pores)


def pebbles(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> Float[np.ndarray, "h w"]:
  """Returns the orange-peel relief of a raised chin, of height about 1."""
  rough = canvas.noise(identity.texture_rng(2), 0.052)
  rough = np.tanh(1.4 * canvas.blur(rough, 0.012))
  return rough * canvas.bump(0.0, identity.chin - 0.28, 0.15, 0.12)


def puckers(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> Float[np.ndarray, "h w"]:
  """Returns the relief of lines around tightened lips, of height about -1."""
  rough = canvas.noise(identity.texture_rng(11), 0.075)
  drawn = cv2.GaussianBlur(
    rough, (0, 0), sigmaX=0.012 * canvas.pixels, sigmaY=0.05 * canvas.pixels
  )
  lines = np.clip(1.6 * drawn, -0.3, 1.2)
  mouth = identity.mouth_y
  upper = canvas.bump(0.0, mouth - 0.11, 0.15, 0.050)
  return -lines * (upper + 0.9 * canvas.bump(0.0, mouth + 0.14, 0.14, 0.050))


def _redness(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> np.ndarray:
  bump = canvas.bump
  red = 0.55 * bump(0.60, 0.48, 0.22, 0.20)
  red += 0.60 * bump(0.0, identity.nose_y - 0.10, 0.16, 0.12)
  red += 0.25 * bump(0.0, identity.chin - 0.2, 0.25, 0.15)
  red += 0.30 * bump(identity.face_width + 0.05, 0.30, 0.12, 0.30)
  return np.float32(identity.redness * (1.0 - 0.55 * identity.tone)) * red


def _lids(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> np.ndarray:
  under = canvas.bump(0.47, 0.16, 0.17, 0.06) * (0.06 + 0.10 * identity.age)
  over = canvas.bump(0.5, -0.11, 0.20, 0.06) * 0.08
  return under + over


def _spots(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> np.ndarray:
  """Freckles over nose and cheeks, and moles."""
  rng = identity.texture_rng(3)
  grain = canvas.noise(rng, 0.035)
  where = canvas.bump(0.42, 0.40, 0.32, 0.20)
  spots = identity.freckles * 0.22 * where * np.clip(grain - 0.6, 0.0, 1.0)
  for x, y, size in rng.uniform(
    [-0.8, -0.7, 0.011], [0.8, 1.6, 0.022], (identity.moles, 3)
  ):
    square = (canvas.x - x) ** 2 + (canvas.y - y) ** 2
    spots = np.maximum(spots, 0.6 * np.exp(-square / (2 * size**2)))
  return spots.astype(np.float32)


def _dark_places(canvas: canvas_lib.Canvas, identity: identity_lib.Identity):
  """Yields (share of light lost, where) of nostrils and hollows."""
  bump, nose, mouth = canvas.bump, identity.nose_y, identity.mouth_y
  wing = identity.nose_wing
  yield 0.78, bump(wing * 0.44, nose - 0.004, 0.050, 0.022)
  yield 0.20, bump(0.0, nose + 0.03, wing * 0.75, 0.035)
  yield 0.30, bump(wing + 0.012, nose - 0.05, 0.024, 0.065)
  yield 0.28, bump(0.0, mouth + 0.5 * identity.lower_lip + 0.14, 0.22, 0.05)
  yield 0.22, bump(0.24, -0.06, 0.07, 0.10)
  yield 0.20, bump(0.52, -0.15, 0.22, 0.06)
  yield 0.05, bump(0.0, mouth - 0.22, 0.03, 0.08)


def _lines(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> tuple[np.ndarray, np.ndarray]:
  relief = np.zeros(canvas.shape, np.float32)
  lost = np.zeros(canvas.shape, np.float32)
  places = anatomy.anchors(identity)
  rng = identity.texture_rng(4)
  for path, share in _AGE_LINES:
    strength = share * identity.age * rng.uniform(0.3, 1.0)
    points = np.array([np.add(places[k], (dx, dy)) for k, dx, dy in path])
    strokes.draw(
      canvas,
      points + rng.normal(0.0, 0.012, points.shape),
      width=rng.uniform(0.025, 0.034),
      depth=0.035 * strength,
      dark=0.32 * strength,
      relief=relief,
      shadow=lost,
    )
  strength = identity.age**1.3 * rng.uniform(0.25, 0.80)
  forehead.deepen(
    canvas,
    forehead.lines(canvas, identity),
    share=(strength, 0.7 * strength),
    depth=0.026,
    dark=0.20,
    relief=relief,
    shadow=lost,
  )
  return relief, lost


def stubble(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> Float[np.ndarray, "h w"]:
  """Returns the share of skin that the beard hides, in [0, 1]."""
  if identity.beard == "none":
    return np.zeros(canvas.shape, np.float32)
  mouth, bump = identity.mouth_y, canvas.bump
  lip = bump(0.0, mouth - 0.20, 0.26, 0.065)
  lip = np.maximum(lip, bump(identity.mouth_width + 0.08, mouth, 0.05, 0.22))
  area = lip
  if identity.beard != "moustache":
    line = mouth - 0.42 + 0.45 * (1.0 - np.abs(canvas.x) / 1.05) ** 2
    line = np.maximum(line, mouth + 0.20 - 2.2 * np.abs(canvas.x) ** 3)
    below = canvas_lib.smoothstep(-0.14, 0.16, canvas.y - line)
    area = np.maximum(area, below)
  area *= 1.0 - bump(0.0, mouth + 0.03, identity.mouth_width * 0.9, 0.06)
  strength = {"stubble": 0.34, "moustache": 0.85, "full": 0.88}[identity.beard]
  hairs = _hairs(canvas, identity)
  return np.clip(strength * area * (0.92 + 0.25 * hairs), 0.0, 0.95)


def _hairs(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> np.ndarray:
  """Noise drawn out downward, as the hairs of a beard lie."""
  noise = canvas.noise(identity.texture_rng(5), 0.016)
  return cv2.GaussianBlur(
    noise, (0, 0), sigmaX=0.25, sigmaY=0.022 * canvas.pixels
  )
