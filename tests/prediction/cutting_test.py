import dataclasses
import json

import cv2
import numpy as np
import pytest

from aujax.data import images as images_lib
from aujax.faces import align, finder, mtcnn
from aujax.models import folder
from aujax.prediction import cutting
from tests.faces import pictures
from tests.prediction import making


@pytest.fixture(scope="module")
def aligned():
  return cutting.Aligned(24, margin=0.1, every=4)


def _follow(cut, images):
  """Cuts a video in parts; what goes from part to part is made JSON of."""
  cuts, state = [], None
  for start in range(0, len(images), cut.every):
    part = images[start : start + cut.every]
    some, state = cut(part, json.loads(json.dumps(state)), is_video=True)
    cuts += some
  return cuts


@pytest.mark.parametrize(
  ("shape", "box"), [((48, 64), [8, 0, 48, 48]), ((64, 47), [0, 8, 47, 47])]
)
def test_the_square_in_the_middle_is_the_face(shape, box):
  picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
  (cut,), state = cutting.Squares(20)([picture], is_video=False)
  assert cut.boxes.tolist() == [box] and cut.numbers.tolist() == [0]
  assert cut.confidence is None and state is None
  np.testing.assert_array_equal(cut.crops[0], images_lib.square(picture, 20))


def test_two_faces_of_a_video_keep_their_numbers(aligned):
  images, centres = making.moving(10, seed=4, sizes=(130, 120))
  cuts = _follow(aligned, images)
  assert [cut.numbers.tolist() for cut in cuts] == [[0, 1]] * 10
  middles = np.stack([c.boxes[:, 0] + c.boxes[:, 2] / 2 for c in cuts])
  first = np.argmin(abs(centres - middles[0, 0]))
  expected = centres[[first, 1 - first]] + np.arange(10)[:, None]
  np.testing.assert_allclose(middles, expected, atol=12)


def test_who_leaves_and_returns_has_the_same_number(aligned):
  images, _ = making.moving(4)
  cuts = _follow(aligned, [*images, *[making.nobody()] * 6, *images[::-1]])
  numbers = [cut.numbers.tolist() for cut in cuts]
  assert numbers == [[0]] * 4 + [[]] * 6 + [[0]] * 4
  assert cuts[5].boxes.shape == (0, 4) and cuts[5].confidence.shape == (0,)
  assert cuts[5].crops.shape == (0, 24, 24, 3)


def test_a_face_is_cut_as_for_training(aligned):
  picture, _ = pictures.frame(2)
  (cut,), _ = aligned([picture], is_video=False)
  find = finder.Finder(every=4)
  image = finder.fit(picture, on_canvas=True).image
  (faces,) = find.find(image[None])
  expected = align.crop(image[None], faces.landmarks, size=24, margin=0.1)
  np.testing.assert_array_equal(cut.crops, expected)
  corners = cut.boxes.reshape(1, 2, 2)
  corners[:, 1] += corners[:, 0]
  np.testing.assert_allclose(corners.reshape(1, 4), faces.boxes, rtol=1e-6)
  np.testing.assert_array_equal(cut.confidence, faces.scores)


def test_boxes_are_in_pixels_of_a_very_large_photo(aligned):
  picture, points = pictures.frame(1)
  photo = cv2.resize(picture, None, fx=10, fy=10)
  photo = cv2.copyMakeBorder(photo, 800, 800, 1400, 1400, cv2.BORDER_REPLICATE)
  assert photo.shape == (4000, 6000, 3)
  (cut,), _ = aligned([photo], is_video=False)
  assert len(cut.boxes) == 1
  x, y, width, height = cut.boxes[0]
  inside = (10 * points[0] + [1400, 800] - [x, y]) / [width, height]
  assert ((inside > 0.1) & (inside < 0.95)).all()


def test_nobody_is_outside_a_tiny_picture(aligned, monkeypatch):
  tiny = np.full((8, 10, 3), 90, np.uint8)
  (cut,), _ = aligned([tiny], is_video=False)
  assert not len(cut.numbers)
  boxes = np.array([[1, 1, 15, 7], [60, 60, 90, 90]], np.float32)
  found = mtcnn.Faces(boxes, np.ones(2), np.zeros((2, 5, 2), np.float32))
  monkeypatch.setattr(aligned._finder, "find", lambda _: [found])
  (cut,), _ = aligned([tiny], is_video=False)
  assert cut.numbers.tolist() == [0]
  assert cut.boxes.tolist() == [[1, 1, 9, 6]]


def _ensemble(tmp_path, *changes):
  member = folder.read(making.write_model(tmp_path / "m"))
  members = [
    dataclasses.replace(
      member, description=dataclasses.replace(member.description, **change)
    )
    for change in changes
  ]
  return folder.Ensemble(tuple(members), "probabilities", None, (0.5,), "fixed")


def test_a_model_says_how_its_faces_are_cut(tmp_path):
  cut = cutting.create(_ensemble(tmp_path, {}, {"stored_size": 28}), every=3)
  assert isinstance(cut, cutting.Aligned) and cut.every == 3
  picture, _ = pictures.frame(2)
  (found,), _ = cut([picture], is_video=False)
  assert found.crops.shape == (1, 28, 28, 3)
  cut = cutting.create(_ensemble(tmp_path, {"alignment": "none"}))
  assert isinstance(cut, cutting.Squares)


@pytest.mark.parametrize(
  ("changes", "message"),
  [
    ([{}, {"alignment": "none"}], "mtcnn, margin 0.1 and none, margin 0.1;"),
    ([{}, {}, {"margin": 0.2}], "mtcnn, margin 0.1 and mtcnn, margin 0.2;"),
    ([{"alignment": "eyes"}], "mtcnn or landmarks, got 'eyes'"),
  ],
)
def test_what_cannot_be_cut_is_one_sentence(tmp_path, changes, message):
  with pytest.raises(ValueError, match=message):
    cutting.create(_ensemble(tmp_path, *changes))
