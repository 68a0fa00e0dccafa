"""The detector against the package mtcnn, which computes with TensorFlow.

Kept apart from the other tests because TensorFlow is no dependency of aujax.
"""

import numpy as np
import pytest

pytest.importorskip(
  "tensorflow",
  reason="TensorFlow, with which the package mtcnn computes, is not installed",
)
import mtcnn as package  # noqa: E402
from mtcnn.utils import bboxes  # noqa: E402

from aujax.faces import mtcnn, weights  # noqa: E402
from tests.faces import pictures  # noqa: E402

# Pixels. Both compute in float32 or better, in another order.
TOLERANCE = 0.01


def scenes():
  for seed in range(6):
    yield pictures.frame(seed)[0]
  for seed in range(90, 93):
    yield pictures.frame(seed, sizes=(140, 120))[0]
  yield pictures.background(np.random.default_rng(0))
  # Faces at the edges, upside down and of less contrast.
  yield np.roll(pictures.frame(0)[0], 90, axis=1)
  yield pictures.frame(1)[0][::-1]
  yield pictures.frame(2)[0] // 4 + 90


def stably_sorted(tensor, scores, ascending=True):
  """NumPy's own order of equal scores depends on the processor."""
  order = np.argsort(scores, kind="stable")
  return tensor[order if ascending else order[::-1]]


def test_the_same_faces_to_a_hundredth_of_a_pixel(monkeypatch):
  monkeypatch.setattr(bboxes, "sort_by_scores", stably_sorted)
  frames = np.stack(list(scenes()))
  found = mtcnn.per_frame(mtcnn.detect(frames, weights.load()))
  detector = package.MTCNN()
  total = 0
  for frame, faces in zip(frames, found, strict=True):
    rows = detector.detect_faces(frame, output_type="numpy", box_format="xyxy")
    # As the package's rows: the frame, then all x before all y of the points.
    mine = np.concatenate(
      [
        faces.boxes,
        faces.scores[:, None],
        faces.landmarks[..., 0],
        faces.landmarks[..., 1],
      ],
      axis=1,
    )
    assert len(mine) == len(rows)
    if len(mine):
      np.testing.assert_allclose(mine, rows[:, 1:], rtol=0, atol=TOLERANCE)
    total += len(rows)
  assert total >= 12
