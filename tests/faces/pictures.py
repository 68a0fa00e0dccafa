"""Frames with synthetic faces at known places."""

import cv2
import numpy as np

from aujax.synthetic import capture, face, identity

HEIGHT, WIDTH = 240, 320


def frame(seed, sizes=(160,)):
  """A frame with a face in squares of these sizes, side by side.

  Returns uint8 `[HEIGHT, WIDTH, 3]` and the true points `[faces, 5, 2]`, in
  the order of `mtcnn.LANDMARKS`.
  """
  rng = np.random.default_rng(seed)
  picture = background(rng)
  points = []
  room = WIDTH // len(sizes)
  for number, size in enumerate(sizes):
    head = face.Face(identity.sample(0, 10 * seed + number), size=size)
    taken, intensities = capture.sample(rng), rng.uniform(0, 3, 18)
    x = number * room + int(rng.integers(room - size + 1))
    y = int(rng.integers(HEIGHT - size + 1))
    shown = head.render(intensities, taken, rng=rng)
    picture[y : y + size, x : x + size] = shown
    points.append(head.landmarks(intensities, taken)[:5] + [x, y])
  return picture, np.array(points)


def background(rng):
  coarse = rng.normal(130, 40, (HEIGHT // 16, WIDTH // 16, 3))
  smooth = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
  noisy = smooth + rng.normal(0, 5, smooth.shape)
  return np.clip(noisy, 0, 255).astype(np.uint8)
