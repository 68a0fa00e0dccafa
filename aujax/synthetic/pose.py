"""Turning the frontal layers: from canonical places to pixels and back.

A place (x, y) of the canvas has the smooth height of `anatomy.depth_at`; it
is turned about a pivot inside the head, tilted, scaled and shifted.
"""

import functools
import math

import cv2
import numpy as np
from jaxtyping import Float

from aujax.synthetic import anatomy
from aujax.synthetic import canvas as canvas_lib
from aujax.synthetic import capture as capture_lib

# Share of the picture between the pupils, and where their middle lies.
EYES_APART = 0.285
EYES_Y = 0.43
_PIVOT_Y, _PIVOT_Z = 0.55, -0.35
_STEPS = 4
_COARSE = 2


@functools.lru_cache(maxsize=8)
def rotation(capture: capture_lib.Capture) -> Float[np.ndarray, "3 3"]:
  """Returns the matrix that turns the head: yaw, pitch, roll; do not write."""
  yaw, pitch, roll = capture.yaw, capture.pitch, capture.roll
  cy, sy = math.cos(yaw), math.sin(yaw)
  cp, sp = math.cos(pitch), math.sin(pitch)
  cr, sr = math.cos(roll), math.sin(roll)
  turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
  nod = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
  tilt = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
  return tilt @ nod @ turn


def project(
  points: Float[np.ndarray, "n 2"],
  capture: capture_lib.Capture,
  *,
  size: int,
  asymmetry: float = 0.0,
) -> Float[np.ndarray, "n 2"]:
  """Returns the pixels at which canonical places appear.

  Args:
    points: Places x, y in IOD.
    capture: Pose, shift and scale.
    size: Side of the picture in pixels.
    asymmetry: The subject's skew.

  Returns:
    x and y in pixels; whole numbers are pixel centres.
  """
  x = points[:, 0] + _skew(points[:, 1], asymmetry)
  y = points[:, 1]
  depth = anatomy.depth_at(points[:, 0], y)
  place = np.stack([x, y - _PIVOT_Y, depth - _PIVOT_Z], axis=1)
  turned = (place @ rotation(capture).T)[:, :2] + [0.0, _PIVOT_Y]
  pixels, origin = _camera(capture, size)
  return (turned * pixels + origin).astype(np.float32)


def inverse_maps(
  capture: capture_lib.Capture,
  canvas: canvas_lib.Canvas,
  *,
  size: int,
  asymmetry: float = 0.0,
) -> tuple[Float[np.ndarray, "h w"], Float[np.ndarray, "h w"]]:
  """Returns the canvas pixel that appears at each picture pixel.

  The equations are solved by fixed point: the smooth height changes slowly
  enough for each step to shrink the error.
  """
  pixels, (left, top) = _camera(capture, size)
  u, v = _rays(size)
  u = (u - np.float32(left)) * np.float32(1.0 / pixels)
  v = (v - np.float32(top)) * np.float32(1.0 / pixels) - np.float32(_PIVOT_Y)
  turn = rotation(capture)
  flat = np.linalg.inv(turn[:2, :2])
  lean = (flat @ turn[:2, 2]).tolist()
  (a, b), (c, d) = flat.tolist()
  x0 = a * u + b * v
  y0 = c * u + d * v + _PIVOT_Y
  x, y = x0, y0
  for _ in range(_STEPS):
    depth = _depth(x, y)
    x, y = x0 - lean[0] * depth, y0 - lean[1] * depth
    x = x - _skew(y, asymmetry)
  rows, columns = canvas.shape
  across = x * canvas.pixels + (columns / 2 - 0.5)
  down = (y - canvas_lib.TOP) * canvas.pixels - 0.5
  across = cv2.resize(across, (size, size), interpolation=cv2.INTER_LINEAR)
  return across, cv2.resize(down, (size, size), interpolation=cv2.INTER_LINEAR)


def plane(
  capture: capture_lib.Capture, canvas: canvas_lib.Canvas, *, size: int
) -> Float[np.ndarray, "2 3"]:
  """Returns the affine map from canvas to picture for what is not turned."""
  pixels, (left, top) = _camera(capture, size)
  scale = pixels / canvas.pixels
  turn = rotation(capture)
  shift_x = -0.45 * pixels * turn[0, 2] * _PIVOT_Z
  roll = 0.3 * capture.roll
  cos, sin = math.cos(roll) * scale, math.sin(roll) * scale
  middle = canvas.shape[1] / 2 - 0.5
  pivot = (1.9 - canvas_lib.TOP) * canvas.pixels
  x = left + shift_x - cos * middle + sin * pivot
  y = top + 1.9 * pixels - sin * middle - cos * pivot
  return np.array([[cos, -sin, x], [sin, cos, y]], np.float32)


def _camera(
  capture: capture_lib.Capture, size: int
) -> tuple[float, tuple[float, float]]:
  """Returns pixels per IOD and the pixel of the origin."""
  pixels = EYES_APART * size * capture.scale
  x = size / 2 - 0.5 + capture.shift_x * pixels
  y = size * EYES_Y - 0.5 + capture.shift_y * pixels
  return pixels, (x, y)


def _skew(y: np.ndarray, asymmetry: float) -> np.ndarray:
  """Sideways bend of the face's midline."""
  return np.float32(0.022 * asymmetry) * np.sin(np.float32(2.0) * y)


def _depth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
  return anatomy.depth_at(x, y) - np.float32(_PIVOT_Z)


@functools.lru_cache(maxsize=8)
def _rays(size: int) -> tuple[np.ndarray, np.ndarray]:
  """Pixel positions of a grid of half the picture's resolution."""
  small = (size + 1) // _COARSE
  step = size / small
  line = (np.arange(small, dtype=np.float32) + 0.5) * step - 0.5
  u, v = np.meshgrid(line, line)
  return u.astype(np.float32), v.astype(np.float32)
