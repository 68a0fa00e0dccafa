"""How a synthetic face is photographed: pose, light, optics, background."""

import dataclasses
import math

import numpy as np

MAX_ANGLE = math.radians(15.0)


@dataclasses.dataclass(frozen=True)
class Capture:
  """The conditions of one frame; the default is a plain frontal portrait.

  Attributes:
    yaw: Turn of the head in radians, positive towards the picture's right.
    pitch: Nod of the head in radians, positive down.
    roll: Tilt of the head in radians, positive clockwise in the picture.
    light_azimuth: Direction of the light in radians, 0 from the camera,
      positive from the picture's right.
    light_elevation: Height of the light in radians.
    light_strength: Brightness of the light, 1 is well exposed.
    ambient: Share of light that comes from everywhere, in [0, 1].
    warmth: White balance, positive is warmer; within about 0.1.
    blur: Standard deviation of the blur in pixels of a 112 px picture.
    noise: Standard deviation of the sensor noise, as a share of white.
    background: Seed of the background.
    gaze_x: Where the eyes look, -1 picture left to 1 right.
    gaze_y: -1 up to 1 down.
    blink: 0 open to 1 closed eyes.
    shift_x: Shift of the face in IOD, positive right.
    shift_y: Shift of the face in IOD, positive down.
    scale: Size of the face, 1 puts 0.285 of the picture between the pupils.
  """

  yaw: float = 0.0
  pitch: float = 0.0
  roll: float = 0.0
  light_azimuth: float = 0.45
  light_elevation: float = 0.6
  light_strength: float = 1.0
  ambient: float = 0.42
  warmth: float = 0.0
  blur: float = 0.0
  noise: float = 0.0
  background: int = 0
  gaze_x: float = 0.0
  gaze_y: float = 0.0
  blink: float = 0.0
  shift_x: float = 0.0
  shift_y: float = 0.0
  scale: float = 1.0

  def __post_init__(self):
    for name in ("yaw", "pitch", "roll"):
      angle = getattr(self, name)
      if not abs(angle) <= MAX_ANGLE + 1e-6:
        raise ValueError(
          f"expected {name} within {MAX_ANGLE:.4f} radians (15 degrees), got "
          f"{angle}; the head model has no side or back to show"
        )
    if not 0.0 <= self.blink <= 1.0:
      raise ValueError(f"expected blink in [0, 1], got {self.blink}")


def sample(rng: np.random.Generator) -> Capture:
  """Draws the conditions of a still picture.

  Args:
    rng: Source of randomness; a fixed number of draws is taken from it.

  Returns:
    A `Capture` with open eyes.

  Example:
    >>> sample(np.random.default_rng(0)).blink
    0.0
  """
  return Capture(
    yaw=_angle(rng, 6.5),
    pitch=_angle(rng, 5.0),
    roll=_angle(rng, 4.0),
    light_azimuth=float(rng.uniform(-1.1, 1.1)),
    light_elevation=float(rng.uniform(0.1, 0.95)),
    light_strength=float(rng.uniform(0.75, 1.2)),
    ambient=float(rng.uniform(0.28, 0.60)),
    warmth=_normal(rng, 0.03, 0.08),
    blur=float(rng.uniform(0.0, 0.7)),
    noise=float(rng.uniform(0.003, 0.015)),
    background=int(rng.integers(2**31)),
    gaze_x=_normal(rng, 0.3, 1),
    gaze_y=_normal(rng, 0.2, 1),
    shift_x=_normal(rng, 0.06, 0.15),
    shift_y=_normal(rng, 0.06, 0.15),
    scale=float(rng.uniform(0.94, 1.04)),
  )


def _angle(rng: np.random.Generator, degrees: float) -> float:
  return _normal(rng, math.radians(degrees), MAX_ANGLE)


def _normal(rng: np.random.Generator, spread: float, limit: float) -> float:
  return min(max(spread * float(rng.normal()), -limit), limit)
