"""Light on the head: wrapped diffuse, ambient and a soft highlight."""

import math

import cv2
import numpy as np
from jaxtyping import Float

from aujax.synthetic import capture as capture_lib
from aujax.synthetic import pose

# Light that bleeds past the terminator in red, green, blue: what scatters
# under the skin, at the price of three additions.
_WRAP = (0.36, 0.22, 0.16)
_SHININESS = 14


def light(
  surface: Float[np.ndarray, "h w 4"],
  cover: Float[np.ndarray, "h w 3"],
  capture: capture_lib.Capture,
  *,
  pixels: float,
) -> Float[np.ndarray, "h w 3"]:
  """Returns the colour of the lit surface, linear RGB.

  Args:
    surface: Linear RGB and height in IOD.
    cover: Opacity, gloss and the share of light that arrives.
    capture: Pose and light; the light stays where it is when the head turns.
    pixels: Pixels per IOD.

  Returns:
    The colour at every place, whether opaque or not.
  """
  height, open_ = surface[..., 3], cover[..., 2]
  scale = pixels / 8.0
  across = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=scale)
  down = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=scale)
  length = 1.0 / np.sqrt(across * across + down * down + 1.0)
  x, y, z = direction(capture)
  facing = (z - x * across - y * down) * length
  power = float(capture.light_strength)
  # More of what comes from everywhere comes from above.
  sky = (1.0 + 0.22 * down * length) * (capture.ambient * power)
  lit = np.empty((*height.shape, 3), np.float32)
  # Red light survives more bounces, so deep folds of skin are warm.
  warm_open = open_ * (1.45 - 0.45 * open_)
  key = (1.0 - capture.ambient) * power * 1.25
  for channel, wrap in enumerate(_WRAP):
    diffuse = np.maximum(facing + wrap, 0.0)
    diffuse *= key / (1.0 + wrap)
    diffuse += sky
    diffuse *= warm_open if channel == 0 else open_
    np.multiply(surface[..., channel], diffuse, out=lit[..., channel])
  norm = math.sqrt(x * x + y * y + (z + 1.0) ** 2)
  half = (z + 1.0 - x * across - y * down) * length * (1.0 / norm)
  shine = cv2.pow(np.maximum(half, 0.0), _SHININESS)
  shine *= cover[..., 1] * open_
  shine *= power
  lit += shine[..., None]
  return lit


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
