import jax
import numpy as np
import pytest

from aujax.faces import mtcnn, weights
from tests.faces import pictures

# The last two frames have two faces and none.
COUNT = 8


@pytest.fixture(scope="module")
def params():
  return weights.load()


@pytest.fixture(scope="module")
def scenes():
  single = [pictures.frame(seed) for seed in range(COUNT - 2)]
  two = pictures.frame(90, sizes=(150, 130))
  none = pictures.background(np.random.default_rng(0)), np.zeros((0, 5, 2))
  frames, points = zip(*single, two, none, strict=True)
  return np.stack(frames), points


@pytest.fixture(scope="module")
def found(scenes, params):
  return mtcnn.detect(scenes[0], params)


def test_rendered_faces_are_found_where_they_are(scenes, found):
  _, truth = scenes
  errors = []
  for faces, points in zip(mtcnn.per_frame(found), truth, strict=True):
    assert len(faces.boxes) == len(points)
    # Which is surer is not known; the picture's left one comes first.
    order = np.argsort(faces.boxes[:, 0])
    low, high = faces.boxes[order, None, :2], faces.boxes[order, None, 2:]
    assert ((low < points) & (points < high)).all()
    apart = np.linalg.norm(points[:, 1] - points[:, 0], axis=-1)
    error = np.linalg.norm(faces.landmarks[order] - points, axis=-1)
    errors.extend((error[:, :2] / apart[:, None]).ravel())
  assert np.mean(errors) <= 0.06


def test_slots_hold_the_surest_face_first_and_zeros_at_the_end(found):
  host = jax.device_get(found)
  assert host.boxes.shape == (COUNT, 64, 4)
  assert host.landmarks.shape == (COUNT, 64, 5, 2)
  assert host.found.sum(1).tolist() == [1] * (COUNT - 2) + [2, 0]
  assert (np.diff(host.found.astype(int), axis=1) <= 0).all()
  assert (np.diff(host.scores, axis=1) <= 0).all()
  assert (host.scores[host.found] > 0.8).all()
  for values in (host.boxes, host.scores, host.landmarks):
    assert not values[~host.found].any()
  assert not host.dropped.any()


def test_frames_do_not_touch_each_other(scenes, params, found):
  order = np.random.default_rng(0).permutation(COUNT)
  shuffled = mtcnn.detect(scenes[0][order], params)
  for one, other in zip(
    jax.tree.leaves(shuffled), jax.tree.leaves(found), strict=True
  ):
    np.testing.assert_allclose(one, other[order], rtol=1e-4, atol=1e-3)


def test_boxes_end_at_the_frame(scenes, params, found):
  frames, _ = scenes
  left = int(found.boxes[0, 0, 0])
  cut = np.roll(frames, -left - 15, axis=2)
  faces = mtcnn.per_frame(mtcnn.detect(cut, params))[0]
  assert faces.boxes[0, 0] == 0 < faces.boxes[0, 2] < pictures.WIDTH - 1


def test_few_slots_keep_the_likeliest_and_say_so(scenes, params, found):
  few = mtcnn.detect(scenes[0], params, slots=(24, 2, 1))
  assert few.boxes.shape == (COUNT, 1, 4)
  assert (few.dropped[:-1] > 0).all()
  assert few.found[:-1, 0].sum() >= COUNT - 2


def test_confirm_sees_the_face_again_and_not_elsewhere(scenes, params, found):
  frames, _ = scenes
  # The first face of each frame, and the frame's upper left corner.
  boxes = np.asarray(found.boxes)[:, :2].copy()
  boxes[:, 1] = [0, 0, 40, 40]
  again = mtcnn.confirm(frames, boxes + 3, params)
  assert again.found[:-1, 0].all() and not again.found[-1].any()
  assert not again.found[:-2, 1].any()
  apart = np.ptp(np.asarray(found.boxes)[:-1, 0, ::2], axis=-1).min()
  moved = again.landmarks[:-1, 0] - found.landmarks[:-1, 0]
  assert abs(moved).max() < 0.06 * apart


def test_frames_of_another_kind_are_refused(params):
  with pytest.raises(ValueError, match="uint8 RGB frames .* got float32"):
    mtcnn.detect(np.zeros((1, 48, 48, 3), np.float32), params)
  with pytest.raises(ValueError, match=r"got uint8 of shape \[48, 48, 3\]"):
    mtcnn.detect(np.zeros((48, 48, 3), np.uint8), params)
  with pytest.raises(ValueError, match="a face of 20 pixels has room, got 16"):
    mtcnn.detect(np.zeros((1, 16, 400, 3), np.uint8), params)
