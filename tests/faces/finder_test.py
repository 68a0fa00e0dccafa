import numpy as np
import pytest

from aujax.faces import align, finder, mtcnn
from tests.faces import pictures


@pytest.fixture(scope="module")
def every_frame():
  return finder.Finder(every=1)


@pytest.mark.parametrize(
  "size, fitted, canvas",
  [
    ((480, 640), (480, 640), (512, 768)),
    ((4000, 6000), (1365, 2048), (1536, 2048)),
    ((5, 3), (128, 128), (128, 128)),
    ((3, 9000), (128, 2048), (128, 2048)),
    ((2048, 100), (2048, 128), (2048, 128)),
  ],
)
def test_pictures_are_brought_to_few_sizes(size, fitted, canvas):
  picture = np.zeros((*size, 3), np.uint8)
  assert finder.fit(picture).image.shape == (*fitted, 3)
  assert finder.fit(picture, on_canvas=True).image.shape == (*canvas, 3)


def test_what_fits_is_left_as_it_is():
  picture, _ = pictures.frame(0)
  fitted = finder.fit(picture)
  assert fitted.image is picture and fitted.scale == 1
  canvas = finder.fit(picture, on_canvas=True)
  assert canvas.scale == 1
  np.testing.assert_array_equal(
    canvas.image[: pictures.HEIGHT, : pictures.WIDTH], picture
  )


def test_a_face_is_where_it_is_in_the_picture(every_frame):
  picture, points = pictures.frame(1)
  large = np.kron(picture, np.ones((10, 10, 1), np.uint8))
  fitted = finder.fit(large, on_canvas=True)
  (faces,) = every_frame.find(fitted.image[None])
  assert len(faces.boxes) == 1 and fitted.scale == 0.64
  found = faces.landmarks[0, :2] / fitted.scale
  between = np.linalg.norm(10 * (points[0, 0] - points[0, 1]))
  wrong = np.linalg.norm(found - 10 * points[0, :2], axis=1).mean()
  assert wrong < 0.1 * between


def test_no_face_is_found_that_is_larger_than_the_picture():
  few = finder.Finder(min_face=300.0)
  picture, _ = pictures.frame(0)
  (faces,) = few.find(picture[None])
  assert len(faces.boxes) == 0 and faces.landmarks.shape == (0, 5, 2)


def test_following_finds_what_searching_every_frame_does(every_frame):
  still, _ = pictures.frame(2)
  images = np.stack([np.roll(still, t, 1) for t in range(7)])
  follows = finder.Finder(every=4)
  one = follows.follow(images[:4])
  found = [*one, *follows.follow(images[4:], one[-1])]
  searched = every_frame.find(images)
  assert [len(f.boxes) for f in found] == [1] * 7
  for some, all_ in zip(found, searched, strict=True):
    apart = np.linalg.norm(some.landmarks - all_.landmarks, axis=-1)
    eyes = np.linalg.norm(all_.landmarks[0, 0] - all_.landmarks[0, 1])
    assert apart.mean() < 0.04 * eyes


def test_faces_are_cut_as_alone(every_frame):
  one, points = pictures.frame(3, sizes=(120, 110))
  other, more = pictures.frame(4)
  faces = [
    mtcnn.Faces(np.zeros((len(p), 4)), np.ones(len(p)), p)
    for p in (points, points[:0], more)
  ]
  images = np.stack([one, one, other])
  crops = every_frame.cut(images, faces, size=64, margin=0.1)
  assert crops.shape == (3, 64, 64, 3)
  alone = align.crop(
    np.stack([one, one, other]),
    np.concatenate([points, more]).astype(np.float32),
    size=64,
    margin=0.1,
  )
  np.testing.assert_array_equal(crops, alone)
  nobody = [mtcnn.NO_FACES] * 3
  assert every_frame.cut(images, nobody, size=64).shape == (0, 64, 64, 3)


@pytest.mark.parametrize("options", [{"every": 0}, {"min_face": 5.0}])
def test_options_that_cannot_be_are_refused(options):
  with pytest.raises(ValueError, match="expected .* got [05]"):
    finder.Finder(**options)
