"""The shape of a neutral head: places, outline and height field, in IOD."""

import functools

import cv2
import numpy as np
from jaxtyping import Float

from aujax.synthetic import canvas as canvas_lib
from aujax.synthetic import identity as identity_lib

# The height at which the head is widest.
WIDEST = 0.05
_SUPERSAMPLING = 4
# Less than 1, so that the slope stays finite where the head turns away.
_RIM = 0.94


def anchors(
  identity: identity_lib.Identity,
) -> dict[str, tuple[float, float]]:
  """Returns the named places of a face, on the side of positive x."""
  return {
    "brow": (0.0, identity.brow_y),
    "eye": (0.5, 0.0),
    "inner": (0.5 - identity.eye_width, 0.01),
    "outer": (0.5 + identity.eye_width, identity.eye_tilt),
    "nose": (0.0, identity.nose_y),
    "wing": (identity.nose_wing, identity.nose_y),
    "mouth": (0.0, identity.mouth_y),
    "corner": (identity.mouth_width, identity.mouth_y),
    "chin": (0.0, identity.chin),
  }


def half_width(
  identity: identity_lib.Identity, y: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
  """Returns half the width of the skull's outline at given heights."""
  up = np.clip((WIDEST - y) / (WIDEST - identity.crown), 0.0, 1.0)
  down = np.clip((y - WIDEST) / (identity.chin - WIDEST), 0.0, 1.0)
  skull = np.sqrt(1.0 - up**3.2)
  jaw = np.sqrt(1.0 - down**identity.jaw_bend)
  jaw *= 1.0 - identity.jaw_taper * down**2
  return np.float32(identity.face_width) * np.where(y < WIDEST, skull, jaw)


def outline(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> Float[np.ndarray, "h w"]:
  """Returns the share of each pixel that the skull covers."""
  y = np.linspace(identity.crown, identity.chin, 400)
  x = half_width(identity, y)
  points = np.concatenate([np.c_[x, y], np.c_[-x, y][::-1]])
  return polygon(canvas, points)


def polygon(
  canvas: canvas_lib.Canvas, points: Float[np.ndarray, "n 2"]
) -> Float[np.ndarray, "h w"]:
  """Returns the share of each pixel that a polygon covers."""
  rows, columns = canvas.shape
  scale = canvas.pixels * _SUPERSAMPLING
  mask = np.zeros((rows * _SUPERSAMPLING, columns * _SUPERSAMPLING), np.uint8)
  origin = np.array([columns / 2 / canvas.pixels, -canvas_lib.TOP])
  pixels = ((points + origin) * scale - 0.5).round().astype(np.int32)
  cv2.fillPoly(mask, [pixels], 255)
  mask = cv2.resize(mask, (columns, rows), interpolation=cv2.INTER_AREA)
  return mask.astype(np.float32) / 255


def height(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> Float[np.ndarray, "h w"]:
  """Returns the head's height towards the viewer."""
  return _dome(canvas, identity) + _features(canvas, identity)


def _dome(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> np.ndarray:
  y = canvas.y[:, :1]
  width = np.maximum(half_width(identity, y), 1e-3)
  across = np.minimum(np.abs(canvas.x) / width, 1.0)
  up = np.clip((WIDEST - y) / (WIDEST - identity.crown), 0.0, 1.0)
  down = np.clip((y - WIDEST) / (identity.chin - WIDEST), 0.0, 1.0)
  slope = 1.0 - 0.30 * up**2.2 - 0.12 * down**3
  slope *= np.sqrt(1.0 - 0.85 * down**12 - 0.85 * up**12)
  return (0.95 * slope * np.sqrt(1.0 - _RIM * across**2.4)).astype(np.float32)


def _features(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> np.ndarray:
  who, bump = identity, canvas.bump
  nose, mouth, wing = who.nose_y, who.mouth_y, who.nose_wing
  hills = (
    (0.055, bump(0.30, who.brow_y + 0.06, 0.26, 0.10)),
    (-who.socket, bump(0.50, 0.0, 0.24, 0.15)),
    (-0.07, bump(0.23, -0.02, 0.08, 0.12)),
    (0.095, bump(0.50, 0.0, 0.17, 0.13)),
    (-0.02, bump(0.50, 0.20, 0.20, 0.05)),
    (who.cheekbone, bump(0.66, 0.36, 0.24, 0.20)),
    (0.05, bump(0.45, 0.52, 0.22, 0.22)),
    (-0.05, bump(0.97, -0.35, 0.14, 0.25)),
    (who.nose_tip, bump(0.0, nose - 0.13, 0.11, 0.10)),
    (0.10, bump(wing - 0.075, nose - 0.075, 0.070, 0.070)),
    (0.11, bump(0.0, mouth, 0.42, 0.30)),
    (-0.022, bump(0.0, mouth - 0.20, 0.040, 0.09)),
    (0.014, bump(0.085, mouth - 0.20, 0.03, 0.09)),
    (0.10, bump(0.0, who.chin - 0.22, 0.24, 0.15)),
    (-0.060, bump(0.0, mouth + 0.28, 0.26, 0.07)),
    (-0.03, bump(who.mouth_width + 0.06, mouth + 0.02, 0.05, 0.07)),
  )
  total = _nose_ridge(canvas, identity)
  for amount, hill in hills:
    total += np.float32(amount) * hill
  return total


def _nose_ridge(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> np.ndarray:
  nose = identity.nose_y
  y = canvas.y[:, :1]
  along = np.clip((y + 0.20) / (nose + 0.06), 0.0, 1.0)
  profile = identity.nose_bridge * (0.25 + 0.95 * along)
  profile *= canvas_lib.smoothstep(-0.42, -0.05, y)
  profile *= canvas_lib.smoothstep(nose + 0.05, nose - 0.10, y)
  width = 0.075 + 0.055 * along
  return profile * np.exp(-0.5 * (np.abs(canvas.x) / width) ** 2.2)


@functools.lru_cache(maxsize=4)
def rough_height(
  canvas: canvas_lib.Canvas,
) -> Float[np.ndarray, "h w"]:
  """Returns a smooth height that all heads share, by which they are turned."""
  return depth_at(canvas.x, canvas.y)


def depth_at(
  x: Float[np.ndarray, "..."], y: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
  """Returns the smooth height at given places."""
  nose = np.exp(-0.5 * ((x / 0.17) ** 2 + ((y - 0.52) / 0.20) ** 2))
  return 0.42 - 0.42 * x * x - 0.13 * (y - 0.3) ** 2 + 0.30 * nose
