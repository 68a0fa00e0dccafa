"""How a filmed head moves: slow pose and gaze, blinks, one camera per video."""

import dataclasses
import math

import numpy as np
from jaxtyping import Float

from aujax.synthetic import capture as capture_lib

_STREAM = 7002
_LIMIT = math.radians(15.0)
_BLINK_EVERY_SECONDS = 4.0
_BLINK_SECONDS = (0.15, 0.35)
# Standard deviation and time constant in seconds of what drifts around the
# clip's own mean: radians, shares of the eye's range, IOD.
_DRIFTS = {
  "yaw": (math.radians(3.5), 2.0),
  "pitch": (math.radians(2.5), 2.0),
  "roll": (math.radians(1.8), 3.0),
  "gaze_x": (0.22, 0.5),
  "gaze_y": (0.15, 0.5),
  "shift_x": (0.015, 4.0),
  "shift_y": (0.015, 4.0),
}
_LIMITS = {"yaw": _LIMIT, "pitch": _LIMIT, "roll": _LIMIT}


def captures(
  *, seed: int, subject: int, num_frames: int, fps: float = 20.0
) -> list[capture_lib.Capture]:
  """Draws the conditions of each frame of a subject's video.

  Light, background, optics and distance stay; pose and gaze drift around the
  video's own mean within 15 degrees and the eye's range; the eyes blink.

  Args:
    seed: Seed of the dataset.
    subject: The subject's number.
    num_frames: Frames of the video.
    fps: Frames per second.

  Returns:
    One capture for each frame.

  Example:
    >>> video = captures(seed=0, subject=3, num_frames=40)
    >>> len(video), len({capture.background for capture in video})
    (40, 1)
  """
  rng = np.random.default_rng([seed, subject, _STREAM])
  clip = capture_lib.sample(rng)
  tracks = {"blink": _blinks(rng, num_frames, fps)}
  for name, (spread, seconds) in _DRIFTS.items():
    limit = _LIMITS.get(name, 1.0)
    path = spread * drift(rng, (num_frames,), seconds=seconds, fps=fps)
    tracks[name] = np.clip(getattr(clip, name) + path, -limit, limit)
  columns = [track.tolist() for track in tracks.values()]
  return [
    dataclasses.replace(clip, **dict(zip(tracks, values, strict=True)))
    for values in zip(*columns, strict=True)
  ]


def drift(
  rng: np.random.Generator,
  shape: tuple[int, ...],
  *,
  seconds: float,
  fps: float,
) -> Float[np.ndarray, "..."]:
  """Draws smooth stationary noise along the last axis.

  It is an Ornstein-Uhlenbeck process smoothed by its own time constant: two
  equal poles, so that velocity is finite and nothing trembles.

  Args:
    rng: Source of randomness.
    shape: Of the result; the last axis is time in frames.
    seconds: Time constant.
    fps: Frames per second.

  Returns:
    Noise of mean 0 and standard deviation 1.

  Example:
    >>> rng = np.random.default_rng(0)
    >>> drift(rng, (2, 5), seconds=1.0, fps=20.0).shape
    (2, 5)
  """
  pole = math.exp(-1.0 / (seconds * fps))
  lead = math.ceil(10 * seconds * fps)
  noise = rng.standard_normal((lead + shape[-1], *shape[:-1]))
  path = np.empty_like(noise)
  once = twice = np.zeros(shape[:-1])
  for frame, kick in enumerate(noise):
    once = pole * once + kick
    twice = pole * twice + once
    path[frame] = twice
  # Variance of the process with the double pole p: (1 + p^2) / (1 - p^2)^3.
  deviation = math.sqrt((1 + pole**2) / (1 - pole**2) ** 3)
  return np.moveaxis(path[lead:], 0, -1) / deviation


def _blinks(
  rng: np.random.Generator, num_frames: int, fps: float
) -> Float[np.ndarray, "frames"]:
  """Returns how far the eyes are closed, in [0, 1]."""
  time = np.arange(num_frames) / fps
  closed = np.zeros(num_frames)
  moment = rng.exponential(_BLINK_EVERY_SECONDS)
  while moment < num_frames / fps:
    half = rng.uniform(*_BLINK_SECONDS) / 2
    depth = 1 - (np.abs(time - moment) / half) ** 2
    closed = np.maximum(closed, depth)
    moment += 2 * half + rng.exponential(_BLINK_EVERY_SECONDS)
  return closed
