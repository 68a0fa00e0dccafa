"""One subject's head, built once, and its pictures."""

import cv2
import numpy as np

from aujax import action_units
from aujax.synthetic import capture as capture_lib
from aujax.synthetic import identity as identity_lib

LANDMARKS = ("right_eye", "left_eye")


class Face:
  """A subject's head from which frames are rendered."""

  def __init__(self, identity: identity_lib.Identity, *, size: int = 112):
    self.identity = identity
    self.size = size

  def render(
    self,
    intensities: np.ndarray,
    capture: capture_lib.Capture,
    *,
    rng: np.random.Generator,
  ) -> np.ndarray:
    """Renders a frame, uint8 RGB `[size, size, 3]`."""
    a = np.asarray(intensities, np.float32)
    if a.shape != (len(action_units.SYNTHETIC),) or not np.all(
      (a >= 0) & (a <= 5)
    ):
      raise ValueError(
        f"expected {len(action_units.SYNTHETIC)} intensities in [0, 5]"
      )
    image = np.full((self.size, self.size, 3), 120, np.uint8)
    centre = (self.size // 2, self.size // 2)
    cv2.circle(image, centre, self.size // 3, (200, 150, 120), -1)
    for i, value in enumerate(a):
      cv2.circle(image, (6 * i + 5, 100), 2, (int(value * 50), 0, 0), -1)
    return image

  def landmarks(
    self, intensities: np.ndarray, capture: capture_lib.Capture
  ) -> np.ndarray:
    """Pixel positions `[len(LANDMARKS), 2]`, x and y."""
    return np.array([[0.36, 0.43], [0.64, 0.43]], np.float32) * self.size
