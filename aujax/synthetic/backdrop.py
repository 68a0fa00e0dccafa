"""What stands behind the head: neck, shirt, hanging hair and a blurred room."""

import functools

import cv2
import numpy as np
from jaxtyping import Float

from aujax.synthetic import anatomy, skin
from aujax.synthetic import canvas as canvas_lib
from aujax.synthetic import identity as identity_lib

# Walls and furniture, gamma-2 RGB.
_WALLS = np.float32(
  [
    [0.78, 0.76, 0.72],
    [0.62, 0.64, 0.66],
    [0.52, 0.55, 0.58],
    [0.70, 0.68, 0.62],
    [0.40, 0.42, 0.45],
    [0.58, 0.60, 0.55],
    [0.30, 0.31, 0.34],
  ]
)
_ROOM = 32


def body(
  canvas: canvas_lib.Canvas,
  identity: identity_lib.Identity,
  back: Float[np.ndarray, "h w"],
) -> Float[np.ndarray, "h w 4"]:
  """Returns neck, shoulders and hanging hair, premultiplied linear RGBA."""
  hair = np.float32(identity.hair_colour) ** 2 * np.float32(0.45)
  layer = np.dstack([np.broadcast_to(hair, (*back.shape, 3)), back])
  layer[..., :3] *= back[..., None]
  layer = _over(layer, *_neck(canvas, identity))
  return _over(layer, *_shirt(canvas, identity)).astype(np.float32)


@functools.lru_cache(maxsize=64)
def room(seed: int, size: int) -> tuple[Float[np.ndarray, "size size"], ...]:
  """Returns an out-of-focus room; shared, do not write.

  Args:
    seed: Seed of the room.
    size: Side of the picture in pixels.

  Returns:
    Red, green and blue, linear; the same at every size but for resolution.
  """
  rng = np.random.default_rng([seed, 20])
  wall = _WALLS[rng.integers(len(_WALLS))] * rng.uniform(0.8, 1.1)
  picture = np.empty((_ROOM, _ROOM, 3), np.float32)
  picture[:] = wall
  for _ in range(rng.integers(1, 5)):
    _furnish(picture, rng)
  slope = rng.uniform(-0.25, 0.25, 2)
  line = np.linspace(-1, 1, _ROOM)
  picture *= (1.0 + slope[0] * line + slope[1] * line[:, None])[..., None]
  blur = float(rng.uniform(0.8, 3.0))
  picture = cv2.GaussianBlur(picture, (0, 0), blur)
  picture = np.square(np.clip(picture, 0.02, 1.0))
  picture = cv2.resize(picture, (size, size), interpolation=cv2.INTER_CUBIC)
  return cv2.split(np.maximum(picture, 0.0))


def _furnish(picture: np.ndarray, rng: np.random.Generator) -> None:
  """Puts a muted rectangle into the room: a window, a shelf, a door."""
  x, y = rng.integers(-8, _ROOM - 4, 2)
  width, height = rng.integers(4, 26, 2)
  shade = _WALLS[rng.integers(len(_WALLS))] * rng.uniform(0.5, 1.25)
  tint = 1.0 + rng.uniform(-0.10, 0.10, 3)
  area = np.s_[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)]
  picture[area] = shade * tint


def _neck(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> tuple[np.ndarray, np.ndarray]:
  y = np.linspace(0.5, 2.4, 60)
  width = 0.66 * identity.face_width
  x = width + 0.55 * canvas_lib.smoothstep(1.65, 2.4, y) ** 2
  mask = anatomy.polygon(
    canvas, np.concatenate([np.c_[x, y], np.c_[-x, y][::-1]])
  )
  shade = 0.62 - 0.30 * (canvas.x / width) ** 2
  chin = 0.55 * canvas.bump(0.0, identity.chin - 0.1, 0.75, 0.20)
  colour = skin.tone(identity) * np.clip(shade * (1 - chin), 0.1, 1)[..., None]
  return colour, mask


def _shirt(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> tuple[np.ndarray, np.ndarray]:
  x = np.array([-1.8, -1.2, -0.80, -0.55, 0.0, 0.55, 0.80, 1.2, 1.8])
  y = np.array([2.12, 1.98, 1.84, 1.98, 2.14, 1.98, 1.84, 1.98, 2.12])
  points = np.concatenate([np.c_[x, y], [[1.8, 2.5], [-1.8, 2.5]]])
  mask = anatomy.polygon(canvas, points)
  # The picture's edge may show more shirt than the canvas holds: its last
  # rows are plain, so that they carry on without streaks.
  plain = canvas_lib.smoothstep(canvas_lib.BOTTOM - 0.03, 1.95, canvas.y)
  folds = 1.0 + 0.10 * canvas.noise(identity.texture_rng(9), 0.2) * plain
  colour = np.float32(identity.shirt) ** 2 * 0.75 * folds[..., None]
  return colour, mask


def _over(
  layer: np.ndarray, colour: np.ndarray, mask: np.ndarray
) -> np.ndarray:
  above = np.dstack([colour * mask[..., None], mask])
  return above + layer * (1.0 - mask)[..., None]
