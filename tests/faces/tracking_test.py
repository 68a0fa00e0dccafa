import json

import jax.numpy as jnp
import numpy as np
import pytest

from aujax.faces import mtcnn, tracking

SIDE = 10.0


def _faces(places):
  """Square faces whose left edges are at the places."""
  left = np.array(places, float).reshape(-1, 1)
  boxes = np.concatenate([left, 0 * left, left + SIDE, 0 * left + SIDE], 1)
  return mtcnn.Faces(boxes, np.ones(len(boxes)), np.zeros((len(boxes), 5, 2)))


class Scene:
  """Frames whose first pixel is their number, and faces that are known."""

  def __init__(self, places):
    self.places, self.searched, self.looked_at = places, [], []
    self.images = [
      np.full((2, 2, 3), number, np.uint8) for number in range(len(places))
    ]

  def detect(self, images):
    numbers = images[:, 0, 0, 0].tolist()
    self.searched += numbers
    return [_faces(self.places[number]) for number in numbers]

  def confirm(self, images, boxes):
    numbers = images[:, 0, 0, 0].tolist()
    self.looked_at += numbers
    left = np.full(boxes.shape[:2], np.nan)
    for row, number in enumerate(numbers):
      for slot, guess in enumerate(boxes[row, :, 0]):
        near = [x for x in self.places[number] if abs(x - guess) < SIDE / 4]
        left[row, slot] = near[0] if near else np.nan
    boxes = jnp.asarray([_faces(row).boxes for row in left])
    return mtcnn.Detections(
      boxes,
      jnp.ones(left.shape),
      jnp.zeros((*left.shape, 5, 2)),
      jnp.asarray(~np.isnan(left)),
      jnp.zeros(len(left), int),
    )

  def follow(self, *, every, before=None):
    found = []
    for start in range(0, len(self.images), every):
      images = np.stack(self.images[start : start + every])
      found += tracking.follow(images, before, self.detect, self.confirm)
      before = found[-1]
    return found


def _left(found):
  return [faces.boxes[:, 0].tolist() for faces in found]


def approx(places):
  return [pytest.approx(row, abs=1e-5) for row in places]


def test_faces_that_move_are_found_by_looking_where_they_should_be():
  places = [[5 + 0.6 * t + 0.3 * (t % 3), 40 - 0.5 * t] for t in range(17)]
  scene = Scene(places)
  assert _left(scene.follow(every=4)) == approx(places)
  # The first frames have no key frame before them.
  assert sorted(scene.searched) == [0, 1, 2, 3, 7, 11, 15, 16]
  assert sorted(scene.looked_at) == [4, 5, 6, 8, 9, 10, 12, 13, 14]


@pytest.mark.parametrize(
  "places",
  [
    [[5.0]] * 6 + [[5.0, 40.0]] * 6,  # One comes.
    [[5.0, 40.0]] * 6 + [[40.0]] * 6,  # One goes.
    [[5.0]] * 5 + [[30.0]] + [[5.0]] * 6,  # One is elsewhere for a frame.
    [[5.0]] * 5 + [[]] * 7,
  ],
)
def test_all_frames_are_searched_where_faces_change(places):
  scene = Scene(places)
  assert _left(scene.follow(every=4)) == approx(places)
  assert {4, 5, 6} <= set(scene.searched)


def test_nothing_is_looked_at_where_nobody_is():
  scene = Scene([[]] * 9)
  assert _left(scene.follow(every=3)) == [[]] * 9
  assert not scene.looked_at and sorted(scene.searched) == [0, 1, 2, 5, 8]


def test_every_frame_is_searched_if_asked():
  scene = Scene([[float(t)] for t in range(5)])
  assert len(scene.follow(every=1)) == 5
  assert scene.searched == [0, 1, 2, 3, 4]


def test_goes_on_behind_a_key_frame():
  places = [[5 + 0.5 * t] for t in range(12)]
  whole, first, rest = Scene(places), Scene(places), Scene(places)
  first.images = first.images[:4]
  key = first.follow(every=4)[-1]
  rest.images = rest.images[4:]
  assert _left(rest.follow(every=4, before=key)) == approx(places[4:])
  whole.follow(every=4)
  assert [n for n in whole.searched if n > 3] == rest.searched


def test_numbers_stay_with_faces():
  tracker = tracking.Tracker()
  numbers = [
    tracker.number(_faces(places).boxes).tolist()
    for places in ([5, 40], [41, 6], [7], [], [42, 8], [42, 8, 80])
  ]
  assert numbers == [[0, 1], [1, 0], [0], [], [1, 0], [1, 0, 2]]


def test_a_face_that_was_gone_for_long_is_a_new_one():
  tracker = tracking.Tracker()
  tracker.number(_faces([5]).boxes)
  for _ in range(25):
    tracker.number(_faces([]).boxes)
  assert tracker.number(_faces([5]).boxes) == [0]
  for _ in range(26):
    tracker.number(_faces([]).boxes)
  assert tracker.number(_faces([5]).boxes) == [1]


def test_the_state_is_json_and_all_there_is():
  one = tracking.Tracker()
  one.number(_faces([5, 40]).boxes)
  one.number(_faces([40]).boxes)
  other = tracking.Tracker(json.loads(json.dumps(one.state)))
  for places in ([6, 41], [90], [41, 6]):
    boxes = _faces(places).boxes
    np.testing.assert_array_equal(one.number(boxes), other.number(boxes))


def test_boxes_are_matched_so_that_all_share_the_most():
  # The nearest pair first would leave the others alone.
  one, other = _faces([0, 4]).boxes, _faces([3, 9]).boxes
  assert tracking.match(one, other) == [(0, 0), (1, 1)]
  assert tracking.match(one, _faces([50]).boxes) == []
  assert tracking.match(one[:0], other) == []
