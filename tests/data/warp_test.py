import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aujax.data import warp


def smooth(b=4, h=40, w=50):
  """Pictures without sharp edges, 0 to 255."""
  small = (
    np.random.default_rng(5).uniform(0, 255, (b, 8, 8, 3)).astype(np.float32)
  )
  return np.stack([cv2.resize(image, (w, h)) for image in small])


def quadrilaterals(b, scale=0.25):
  inwards = np.random.default_rng(6).uniform(0, scale, (b, 4, 2))
  return abs(warp.CORNERS - inwards).astype(np.float32)


def test_equals_opencv():
  images = smooth()
  corners = quadrilaterals(4)
  result = warp.perspective(images, corners)
  last = np.array([49, 39], np.float32)
  for image, points, ours in zip(images, corners, result, strict=True):
    matrix = cv2.getPerspectiveTransform(points * last, warp.CORNERS * last)
    theirs = cv2.warpPerspective(
      image, matrix, (50, 40), borderMode=cv2.BORDER_REPLICATE
    )
    # OpenCV may round places to 1/32 pixel.
    slope = max(abs(np.diff(image, axis=i)).max() for i in (0, 1))
    assert abs(theirs - ours).max() < slope / 16 + 1e-2
    assert abs(theirs - image).max() > 5 * slope / 16


def test_corners_come_to_lie_on_corners():
  row, column = np.mgrid[:40.0, :50.0].astype(np.float32)
  places = np.stack([column / 49, row / 39], -1)[None]
  corners = quadrilaterals(1)
  result = warp.perspective(places, corners)[0]
  ends = result[np.array([0, 0, 39, 39]), np.array([0, 49, 49, 0])]
  np.testing.assert_allclose(ends, corners[0], atol=1e-5)


def test_a_parallelogram_is_an_affine_map():
  row, column = np.mgrid[:5.0, :5.0].astype(np.float32)
  places = np.stack([column, row], -1)[None] / 4
  corners = warp.CORNERS[None] * 0.5 + 0.25
  np.testing.assert_allclose(
    warp.perspective(places, corners), 0.5 * places + 0.25, atol=1e-6
  )


def test_the_whole_image_is_the_identity():
  images = np.random.default_rng(7).integers(0, 256, (2, 7, 9, 3), np.uint8)
  result = warp.perspective(images, np.stack([warp.CORNERS] * 2))
  assert result.dtype == jnp.float32
  np.testing.assert_allclose(result, images, atol=1e-3)


def test_a_turned_square_turns_the_image():
  image = np.arange(9.0, dtype=np.float32).reshape(1, 3, 3, 1)
  result = warp.perspective(image, np.roll(warp.CORNERS, 1, 0)[None])
  np.testing.assert_allclose(
    result[0, ..., 0], np.rot90(image[0, ..., 0], -1), atol=1e-5
  )


@pytest.mark.parametrize("shape", [(1, 1, 6, 1), (1, 6, 1, 2)])
def test_lines_of_pixels_stay_finite(shape):
  result = warp.perspective(np.ones(shape, np.float32), quadrilaterals(1))
  np.testing.assert_allclose(result, np.ones(shape), rtol=1e-6)


def test_jit_gives_the_same():
  images, corners = smooth(), quadrilaterals(4)
  np.testing.assert_allclose(
    jax.jit(warp.perspective)(images, corners),
    warp.perspective(images, corners),
    atol=1e-3,
  )
