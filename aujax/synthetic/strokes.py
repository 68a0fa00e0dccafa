"""Furrows: curves pressed into the skin, with the fold they raise."""

import numpy as np
from jaxtyping import Float

from aujax.synthetic import canvas as canvas_lib

_SAMPLES = 28
# A furrow's flanks: where they rise, how wide and how high, in its own terms.
_FLANK_AT, _FLANK_WIDTH, _FLANK_HEIGHT = 2.4, 1.1, 0.45
_REACH = _FLANK_AT + 2.5 * _FLANK_WIDTH


def draw(
  canvas: canvas_lib.Canvas,
  path: Float[np.ndarray, "n 2"],
  *,
  width: float,
  depth: float,
  dark: float,
  relief: Float[np.ndarray, "h w"],
  shadow: Float[np.ndarray, "h w"],
) -> None:
  """Adds a furrow and its mirror image to a relief and a shadow map.

  Args:
    canvas: The grid.
    path: Points the curve passes through, in IOD, on the side of positive x.
      An end on the midline runs on into its mirror image; others fade out.
    width: Standard deviation of the groove's profile in IOD.
    depth: Depth of the groove in IOD, positive.
    dark: Share of light lost at the bottom, in [0, 1].
    relief: Height map, added to in place.
    shadow: Share of light lost, raised in place.
  """
  reach = _REACH * width
  rows, columns = canvas.window(
    max(path[:, 0].min() - reach, 0.0),
    path[:, 1].min() - reach,
    path[:, 0].max() + reach,
    path[:, 1].max() + reach,
  )
  distance, along = _nearest(canvas, _curve(path), rows, columns)
  fade = _fade(along, open_start=path[0, 0] == 0, open_end=path[-1, 0] == 0)
  # A furrow is narrower where it ends.
  scaled = distance / (width * (0.55 + 0.45 * fade))
  flank = np.exp(-0.5 * ((scaled - _FLANK_AT) / _FLANK_WIDTH) ** 2)
  groove = np.exp(-0.5 * scaled**2)
  height = depth * fade * (_FLANK_HEIGHT * flank - groove)
  lost = dark * fade * np.exp(-0.5 * (scaled / 0.85) ** 2)
  mirrored = slice(
    canvas.shape[1] - columns.stop, canvas.shape[1] - columns.start
  )
  relief[rows, columns] += height
  np.maximum(shadow[rows, columns], lost, out=shadow[rows, columns])
  relief[rows, mirrored] += height[:, ::-1]
  target = shadow[rows, mirrored]
  np.maximum(target, lost[:, ::-1], out=target)


def _curve(path: np.ndarray) -> np.ndarray:
  """Samples a Catmull-Rom spline evenly in its parameter."""
  padded = np.vstack([2 * path[0] - path[1], path, 2 * path[-1] - path[-2]])
  t = np.linspace(0, len(path) - 1, _SAMPLES)
  i = np.minimum(t.astype(int), len(path) - 2)
  f = (t - i)[:, None]
  a, b, c, d = (padded[i + k] for k in range(4))
  return 0.5 * (
    2 * b
    + (c - a) * f
    + (2 * a - 5 * b + 4 * c - d) * f**2
    + (3 * b - a - 3 * c + d) * f**3
  )


def _nearest(
  canvas: canvas_lib.Canvas, curve: np.ndarray, rows: slice, columns: slice
) -> tuple[np.ndarray, np.ndarray]:
  """Returns each pixel's distance from the curve and the place along it."""
  x = canvas.x[0, columns][None, :, None]
  y = canvas.y[rows, 0][:, None, None]
  start, step = curve[:-1], np.diff(curve, axis=0)
  from_start = x - start[:, 0], y - start[:, 1]
  along = from_start[0] * step[:, 0] + from_start[1] * step[:, 1]
  along = np.clip(along / (step**2).sum(axis=1), 0.0, 1.0)
  square = (from_start[0] - along * step[:, 0]) ** 2
  square = square + (from_start[1] - along * step[:, 1]) ** 2
  best = square.argmin(axis=2)[..., None]
  place = np.take_along_axis(along, best, axis=2) + best
  square = np.take_along_axis(square, best, axis=2)
  return np.sqrt(square[..., 0]), place[..., 0] / (len(curve) - 1)


def _fade(along: np.ndarray, *, open_start: bool, open_end: bool) -> np.ndarray:
  start = 1.0 if open_start else canvas_lib.smoothstep(0.0, 0.35, along)
  end = 1.0 if open_end else canvas_lib.smoothstep(1.0, 0.65, along)
  return start * end * np.ones_like(along)
