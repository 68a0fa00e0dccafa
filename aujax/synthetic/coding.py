"""From continuous intensity to what FACS writes down: whole steps 0 to 5.

A step is written once the intensity has passed half way to it by `MARGIN`, and
kept until it has fallen as far below, so that no label flickers.
"""

import numpy as np
from jaxtyping import Bool, Float, Int8

MAX_STEP = 5
PRESENT = 2
MARGIN = 0.15


def steps(
  intensities: Float[np.ndarray, "... frames"],
) -> Int8[np.ndarray, "... frames"]:
  """Rounds intensities, with hysteresis along the frames.

  Args:
    intensities: `[..., frames]` 0 to 5.

  Returns:
    `[..., frames]` whole steps 0 to 5.

  Example:
    >>> steps(np.array([0.4, 1.6, 1.7, 1.4, 1.3, 4.9])).tolist()
    [0, 1, 2, 2, 1, 5]
  """
  reached = [at_least(intensities, step) for step in range(1, MAX_STEP + 1)]
  return np.sum(reached, axis=0).astype(np.int8)


def at_least(
  intensities: Float[np.ndarray, "... frames"], step: int = PRESENT
) -> Bool[np.ndarray, "... frames"]:
  """Tells where `steps` is at least `step`, without computing the others.

  Args:
    intensities: `[..., frames]` 0 to 5.
    step: 1 to 5.

  Returns:
    `[..., frames]`.

  Example:
    >>> at_least(np.array([1.6, 1.7, 1.4, 1.3])).tolist()
    [False, True, True, False]
  """
  above = intensities >= step - 0.5 + MARGIN
  below = intensities < step - 0.5 - MARGIN
  # Each frame takes the state of the last frame that was clearly in or out.
  frames = np.arange(intensities.shape[-1])
  last = np.maximum.accumulate(np.where(above | below, frames, 0), axis=-1)
  return np.take_along_axis(above, last, axis=-1)
