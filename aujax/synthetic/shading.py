"""Light on the head: wrapped diffuse, ambient and a soft highlight."""

import functools
import math

import cv2
import numpy as np
from jaxtyping import Float

from aujax.synthetic import capture as capture_lib
from aujax.synthetic import pose

# Light that bleeds past the terminator in red, green, blue: what scatters
# under the skin, at the price of three additions.
_WRAP = (0.36, 0.22, 0.16)


def light(
  surface: Float[np.ndarray, "h w 4"],
  cover: Float[np.ndarray, "h w 3"],
  capture: capture_lib.Capture,
  *,
  pixels: float,
  out: Float[np.ndarray, "h w 4"],
) -> None:
  """Writes the colour of the lit surface, premultiplied linear RGBA.

  Args:
    surface: Linear RGB and height in IOD.
    cover: Opacity, gloss and the share of light that arrives.
    capture: Pose and light; the light stays where it is when the head turns.
    pixels: Pixels per IOD.
    out: Where the result goes.
  """
  *colours, height = cv2.split(surface)
  alpha, gloss, arriving = cv2.split(cover)
  scale = pixels / 8.0
  across = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=scale)
  down = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=scale)
  length = 1.0 / np.sqrt(across * across + down * down + 1.0)
  x, y, z = direction(capture)
  leaning = -x * across - y * down
  facing = (z + leaning) * length
  power = float(capture.light_strength)
  shine = _highlight(leaning, length, z) * gloss * arriving * power
  # More of what comes from everywhere comes from above.
  sky = (1.0 + 0.22 * down * length) * (capture.ambient * power)
  # Red light survives more bounces, so deep folds of skin are warm.
  warm = arriving * (1.45 - 0.45 * arriving)
  key = (1.0 - capture.ambient) * power * 1.25
  for colour, wrap, light_in in zip(
    colours, _WRAP, (warm, arriving, arriving), strict=True
  ):
    diffuse = np.maximum(facing + wrap, 0.0)
    diffuse *= key / (1.0 + wrap)
    diffuse += sky
    diffuse *= light_in
    colour *= diffuse
    colour += shine
    colour *= alpha
  cv2.merge([*colours, alpha], out)


def _highlight(leaning: np.ndarray, length: np.ndarray, z: float) -> np.ndarray:
  """Returns Blinn's highlight for a light of unit length and height z."""
  half = (leaning + (z + 1.0)) * length
  half *= 1.0 / math.sqrt(2.0 + 2.0 * z)
  square = np.square(np.maximum(half, 0.0))
  fourth = np.square(square)
  # The 14th power, as a product of squares.
  return np.square(fourth) * fourth * square


@functools.lru_cache(maxsize=8)
def direction(capture: capture_lib.Capture) -> tuple[float, float, float]:
  """Returns where the light comes from, in the head's own frame."""
  flat = math.cos(capture.light_elevation)
  towards = np.array(
    [
      flat * math.sin(capture.light_azimuth),
      -math.sin(capture.light_elevation),
      flat * math.cos(capture.light_azimuth),
    ]
  )
  x, y, z = (pose.rotation(capture).T @ towards).tolist()
  return x, y, z


def brightness(capture: capture_lib.Capture) -> float:
  """Returns the light on a place that faces the camera."""
  facing = max(direction(capture)[2] + 0.2, 0.0) / 1.2
  key = 1.25 * (1.0 - capture.ambient) * facing
  return capture.light_strength * (capture.ambient + key)
