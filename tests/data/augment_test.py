import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aujax.data import augment

KEY = jax.random.key(3)


def pixels(b=16, h=12, w=10):
  """Every pixel tells its row, its column and its image."""
  image, row, column = np.meshgrid(
    np.arange(b), np.arange(h), np.arange(w), indexing="ij"
  )
  return jnp.asarray(np.stack([row, column, image], -1).astype(np.uint8))


def mirrored(images, result):
  flags = []
  for before, after in zip(images, result, strict=True):
    flags.append(bool((after == before[:, ::-1]).all()))
    assert flags[-1] or (after == before).all()
  return np.array(flags)


def test_flip_mirrors_about_half_of_the_images():
  images = pixels(200)
  flags = mirrored(images, augment.random_flip(KEY, images))
  assert 70 < flags.sum() < 130  # Four standard deviations.
  other = mirrored(images, augment.random_flip(jax.random.key(4), images))
  assert (flags != other).any()


def test_flip_twice_is_the_identity():
  images = pixels()
  twice = augment.random_flip(KEY, augment.random_flip(KEY, images))
  np.testing.assert_array_equal(twice, images)


@pytest.mark.parametrize("size", [5, (3, 9), (12, 10)])
def test_crop_is_a_window_inside_its_image(size):
  height, width = (size, size) if isinstance(size, int) else size
  images = pixels()
  result = np.asarray(augment.random_crop(KEY, images, size=size))
  assert result.shape == (16, height, width, 3) and result.dtype == np.uint8
  for number, window in enumerate(result):
    top, left, image = window[0, 0]
    assert image == number
    expected = images[number, top : top + height, left : left + width]
    np.testing.assert_array_equal(window, expected)


def test_crop_reaches_every_place_about_equally():
  corners = np.asarray(
    augment.random_crop(KEY, pixels(250, 6, 5), size=(4, 4))[:, 0, 0, :2]
  )
  counts = np.zeros((3, 2), int)
  np.add.at(counts, tuple(corners.T), 1)
  assert counts.sum() == 250 and abs(counts - 250 / 6).max() < 24


def test_center_crop():
  images = pixels()
  result = augment.center_crop(images, size=(4, 4))
  np.testing.assert_array_equal(result, images[:, 4:8, 3:7])
  odd = augment.center_crop(images, size=(3, 3))
  np.testing.assert_array_equal(odd, images[:, 4:7, 3:6])
  np.testing.assert_array_equal(
    augment.center_crop(images, size=(12, 10)), images
  )


def test_normalize():
  values = jnp.arange(256, dtype=jnp.uint8).reshape(1, 16, 16, 1)
  result = augment.normalize(values)
  assert result.dtype == jnp.float32
  np.testing.assert_allclose(result.ravel(), np.linspace(-1, 1, 256), atol=1e-6)
  images = pixels()
  mean, std = (1.0, 2.0, 3.0), (2.0, 4.0, 8.0)
  expected = (np.asarray(images, np.float64) - mean) / std
  np.testing.assert_allclose(
    augment.normalize(images, mean=mean, std=std), expected, rtol=1e-6
  )


def test_standardize_removes_light_and_tone_of_each_image():
  images = np.random.default_rng(0).uniform(40, 90, (3, 9, 8, 3))
  result = augment.standardize(jnp.asarray(images), floor=0.0)
  np.testing.assert_allclose(result.mean((1, 2)), np.zeros((3, 3)), atol=1e-5)
  np.testing.assert_allclose(result.std((1, 2, 3)), np.ones(3), rtol=1e-5)
  lit = 1.7 * images + np.array([5.0, 20.0, -30.0])
  np.testing.assert_allclose(
    augment.standardize(jnp.asarray(lit), floor=0.0), result, atol=1e-5
  )


@pytest.mark.parametrize(
  "function",
  [
    augment.random_flip,
    lambda key, images: augment.standardize(images),
    lambda key, images: augment.random_crop(key, images, size=(7, 6)),
    lambda key, images: augment.center_crop(images, size=7),
    lambda key, images: augment.normalize(images),
  ],
)
def test_jit_gives_the_same(function):
  images = pixels()
  np.testing.assert_allclose(
    jax.jit(function)(KEY, images), function(KEY, images), rtol=1e-6
  )


@pytest.mark.parametrize("size", [11, 0, (13, 4), (4, -1)])
def test_windows_that_do_not_fit_are_refused(size):
  for crop in (
    lambda: augment.random_crop(KEY, pixels(), size=size),
    lambda: augment.center_crop(pixels(), size=size),
  ):
    with pytest.raises(ValueError, match="inside images of 12 x 10"):
      crop()
