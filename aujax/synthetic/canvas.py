"""The frontal grid on which a face is drawn before it is turned.

Coordinates are in IOD: the origin lies between the pupils, x to the picture's
right, y down. Arrays are float32 `[height, width]`, symmetric in x.
"""

import functools

import cv2
import numpy as np
from jaxtyping import Float

HALF_WIDTH = 1.6
TOP, BOTTOM = -2.0, 2.2


class Canvas:
  """A grid of a given resolution.

  Attributes:
    pixels: Pixels per IOD.
    shape: Height and width.
    x: Coordinate of every pixel in IOD.
    y: Likewise.
  """

  def __init__(self, pixels: float):
    self.pixels = float(pixels)
    half = round(HALF_WIDTH * pixels)
    rows = round((BOTTOM - TOP) * pixels)
    self.shape = (rows, 2 * half)
    columns = (np.arange(2 * half, dtype=np.float32) + 0.5 - half) / pixels
    lines = np.float32(TOP) + (np.arange(rows, dtype=np.float32) + 0.5) / pixels
    self.x, self.y = np.meshgrid(columns, lines)

  def window(
    self, left: float, top: float, right: float, bottom: float
  ) -> tuple[slice, slice]:
    """Returns the rows and columns of a rectangle, cut to the grid."""
    rows, columns = self.shape
    middle = columns / 2
    first = max(0, int(np.floor((top - TOP) * self.pixels)))
    last = min(rows, int(np.ceil((bottom - TOP) * self.pixels)))
    start = max(0, int(np.floor(middle + left * self.pixels)))
    stop = min(columns, int(np.ceil(middle + right * self.pixels)))
    return slice(first, last), slice(start, stop)

  def bump(
    self, x: float, y: float, width: float, height: float
  ) -> Float[np.ndarray, "h w"]:
    """Returns a Gaussian hill of height 1 and, for x > 0, its mirror image."""
    across = np.exp(-0.5 * ((np.abs(self.x[0]) - x) / width) ** 2)
    down = np.exp(-0.5 * ((self.y[:, 0] - y) / height) ** 2)
    return np.outer(down, across)

  def blur(
    self, image: Float[np.ndarray, "h w"], sigma: float
  ) -> Float[np.ndarray, "h w"]:
    """Returns the image blurred by a Gaussian of sigma IOD."""
    return cv2.GaussianBlur(image, (0, 0), sigma * self.pixels)

  def noise(
    self, rng: np.random.Generator, cell: float
  ) -> Float[np.ndarray, "h w"]:
    """Returns smooth noise whose grains measure about one cell in IOD.

    The draws depend on the cell alone, so every resolution shows the same.
    """
    cells = (int((BOTTOM - TOP) / cell) + 1, int(2 * HALF_WIDTH / cell) + 1)
    draws = rng.standard_normal(cells, dtype=np.float32)
    fine = cells[1] > self.shape[1]
    how = cv2.INTER_AREA if fine else cv2.INTER_CUBIC
    return cv2.resize(draws, self.shape[::-1], interpolation=how)


def smoothstep(
  low: float, high: float, value: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
  """Rises from 0 at `low` to 1 at `high`, smoothly; falls if low > high."""
  t = np.clip((value - low) / (high - low), 0.0, 1.0)
  return t * t * (3.0 - 2.0 * t)


@functools.lru_cache(maxsize=4)
def of(pixels: float) -> Canvas:
  """Returns the canvas of a resolution, shared by all faces; do not write."""
  return Canvas(pixels)
