import cv2
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from aujax.faces import resize


def pictures(height, width, count=2):
  rng = np.random.default_rng(0)
  return rng.integers(0, 256, (count, height, width, 3)).astype(np.uint8)


@pytest.mark.parametrize(
  "height, width", [(18, 25), (36, 50), (7, 3), (1, 1), (37, 49)]
)
def test_shrink_is_opencvs_area(height, width):
  images = pictures(37, 50)
  expected = [
    cv2.resize(i.astype(float), (width, height), interpolation=cv2.INTER_AREA)
    for i in images
  ]
  actual = resize.shrink(images, height, width)
  np.testing.assert_allclose(actual, expected, atol=1e-3)


def test_shrink_to_the_same_size_changes_nothing():
  images = pictures(9, 7)
  np.testing.assert_array_equal(resize.shrink(images, 9, 7), images)


def test_crop_is_bilinear_from_edge_to_edge():
  images = pictures(40, 60)
  boxes = np.array([[3.2, 5.0, 30.9, 20.4], [40, 10, 47, 38]], np.float32)
  frame = np.array([1, 0])
  actual = resize.crop(
    images, jnp.asarray(boxes), jnp.asarray(frame), size=6, outside=0.0
  )
  for crop, (left, top, right, bottom), f in zip(
    actual, boxes, frame, strict=True
  ):
    x = np.linspace(left, right, 6) * 59 / 60
    y = np.linspace(top, bottom, 6) * 39 / 40
    grid = np.meshgrid(y, x, indexing="ij")
    for channel in range(3):
      expected = ndimage.map_coordinates(
        images[f, :, :, channel].astype(float), grid, order=1
      )
      np.testing.assert_allclose(crop[..., channel], expected, atol=2e-3)


def test_crop_is_filled_outside_the_picture():
  image = np.full((1, 10, 10, 3), 200, np.uint8)
  boxes = jnp.array([[-5.0, 0.0, 5.0, 5.0], [20.0, 20.0, 30.0, 30.0]])
  first = jnp.zeros(2, int)
  crops = resize.crop(image, boxes, first, size=3, outside=7.0)
  assert crops[0, :, :, 0].tolist() == [[7, 200, 200]] * 3
  assert (crops[1] == 7).all()


def test_read_beyond_the_edge_gives_the_edge():
  image = np.arange(12.0).reshape(1, 3, 4, 1)
  x = jnp.array([-3.0, 1.5, 9.0]).reshape(1, 1, 3)
  y = jnp.full((1, 1, 3), 5.0)
  read = resize.read(image, jnp.array([0]), x, y)
  assert read.ravel().tolist() == [8.0, 9.5, 11.0]
