"""The forehead's lines: each subject has its own, drawn out by AU 1 and 2.

The same lines show faintly at rest with age; AU 1 deepens them above the nose
and AU 2 above the outer brows, where the raised skin carries them.
"""

import dataclasses

import cv2
import numpy as np
from jaxtyping import Float

from aujax.synthetic import canvas as canvas_lib
from aujax.synthetic import identity as identity_lib

_FLANK_AT, _FLANK_WIDTH, _FLANK_HEIGHT = 2.3, 1.1, 0.45


@dataclasses.dataclass(frozen=True)
class Line:
  """One line across the forehead, over the columns of the canvas.

  Attributes:
    centre: Its height in IOD.
    strength: How deep it is at most, about 1, and 0 beyond its ends.
    width: Standard deviation of its profile in IOD.
  """

  centre: Float[np.ndarray, "w"]
  strength: Float[np.ndarray, "w"]
  width: float


def lines(
  canvas: canvas_lib.Canvas, identity: identity_lib.Identity
) -> list[Line]:
  """Returns two to four lines that differ in height, length and waviness."""
  rng = identity.texture_rng(10)
  x = canvas.x[0]
  count = 2 + int(rng.uniform() * (1.4 + 1.6 * identity.age))
  low = identity.brow_y - rng.uniform(0.25, 0.32)
  gap = rng.uniform(0.12, 0.155)
  bend = rng.uniform(-0.02, 0.09)
  wavy = rng.uniform(0.004, 0.014)
  personal = rng.uniform(0.80, 1.20) * (0.75 + 0.5 * identity.age)
  out = []
  for i in range(count):
    centre = low - gap * (i + rng.uniform(-0.18, 0.18)) + bend * x**2
    centre = centre + wavy * _waves(rng, x, 1.00)
    reach = rng.uniform(0.80, 0.93) - 0.11 * i * rng.uniform(0.3, 1.0)
    away = np.abs(x - rng.uniform(-0.07, 0.07))
    strength = canvas_lib.smoothstep(reach, reach - 0.34, away)
    strength = strength * np.clip(0.80 + 0.30 * _waves(rng, x, 0.62), 0.25, 1.0)
    strength = strength * personal * rng.uniform(0.70, 1.0) * 0.96**count
    width = rng.uniform(0.024, 0.030) + 0.005 * (1.0 - identity.age)
    out.append(Line(centre, strength, width))
  return out


def deepen(
  canvas: canvas_lib.Canvas,
  drawn: list[Line],
  *,
  share: tuple[float, float],
  depth: float,
  dark: float,
  relief: Float[np.ndarray, "h w"],
  shadow: Float[np.ndarray, "h w"],
  lift: Float[np.ndarray, "h w"] | None = None,
) -> None:
  """Presses lines into the skin.

  Args:
    canvas: The grid.
    drawn: The subject's lines.
    share: How much of each line shows above the nose and above the outer
      brows, in [0, 1].
    depth: Depth in IOD at strength 1.
    dark: Share of light lost at the bottom at strength 1.
    relief: Height map, added to in place.
    shadow: Share of light lost, raised in place.
    lift: Movement down of the skin in IOD that carries the lines, if any.
  """
  side = canvas_lib.smoothstep(0.20, 0.52, np.abs(canvas.x[0]))
  shown = share[0] + (share[1] - share[0]) * side
  for line in drawn:
    centre = line.centre
    if lift is not None:
      centre = centre + _at(canvas, lift, centre)
    strength = line.strength * shown
    # Where a line is weak it is narrow too, so that its ends run out.
    width = line.width * (0.60 + 0.40 * np.minimum(strength, 1.0))
    scaled = (canvas.y - centre) / width
    flank = np.exp(-0.5 * ((np.abs(scaled) - _FLANK_AT) / _FLANK_WIDTH) ** 2)
    groove = np.exp(-0.5 * scaled**2)
    relief += depth * strength * (_FLANK_HEIGHT * flank - groove)
    np.maximum(shadow, dark * strength * groove, out=shadow)


def _waves(
  rng: np.random.Generator, x: np.ndarray, length: float
) -> np.ndarray:
  """Returns a smooth random curve of values about 1."""
  out = np.zeros_like(x)
  for factor in (1.0, 0.58):
    turn, phase = rng.uniform(0.85, 1.2), rng.uniform(0, 2 * np.pi)
    out += np.sqrt(factor) * np.sin(
      2 * np.pi / (length * factor) * turn * x + phase
    )
  return out


def _at(
  canvas: canvas_lib.Canvas, field: np.ndarray, height: np.ndarray
) -> np.ndarray:
  """Returns the field's value in every column at a height."""
  rows = (height - canvas_lib.TOP) * canvas.pixels - 0.5
  columns = np.arange(len(rows), dtype=np.float32)[None]
  rows = rows.astype(np.float32)[None]
  return cv2.remap(field, columns, rows, cv2.INTER_LINEAR)[0]
