import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aujax.data import normalization


def pixels(b=16, h=12, w=10):
  """Every pixel tells its row, its column and its image."""
  image, row, column = np.meshgrid(
    np.arange(b), np.arange(h), np.arange(w), indexing="ij"
  )
  return jnp.asarray(np.stack([row, column, image], -1).astype(np.uint8))


def test_center_crop():
  images = pixels()
  result = normalization.center_crop(images, size=(4, 4))
  np.testing.assert_array_equal(result, images[:, 4:8, 3:7])
  odd = normalization.center_crop(images, size=(3, 3))
  np.testing.assert_array_equal(odd, images[:, 4:7, 3:6])
  np.testing.assert_array_equal(
    normalization.center_crop(images, size=(12, 10)), images
  )


def test_normalize():
  values = jnp.arange(256, dtype=jnp.uint8).reshape(1, 16, 16, 1)
  result = normalization.normalize(values)
  assert result.dtype == jnp.float32
  np.testing.assert_allclose(result.ravel(), np.linspace(-1, 1, 256), atol=1e-6)
  images = pixels()
  mean, std = (1.0, 2.0, 3.0), (2.0, 4.0, 8.0)
  expected = (np.asarray(images, np.float64) - mean) / std
  np.testing.assert_allclose(
    normalization.normalize(images, mean=mean, std=std), expected, rtol=1e-6
  )


def test_standardize_removes_light_and_tone_of_each_image():
  images = np.random.default_rng(0).uniform(40, 90, (3, 9, 8, 3))
  result = normalization.standardize(jnp.asarray(images), floor=0.0)
  np.testing.assert_allclose(result.mean((1, 2)), np.zeros((3, 3)), atol=1e-5)
  np.testing.assert_allclose(result.std((1, 2, 3)), np.ones(3), rtol=1e-5)
  lit = 1.7 * images + np.array([5.0, 20.0, -30.0])
  np.testing.assert_allclose(
    normalization.standardize(jnp.asarray(lit), floor=0.0), result, atol=1e-5
  )


@pytest.mark.parametrize(
  "function",
  [
    normalization.standardize,
    normalization.normalize,
    lambda images: normalization.center_crop(images, size=7),
  ],
)
def test_jit_and_numpy_give_the_same(function):
  images = pixels()
  expected = function(images)
  for result in (jax.jit(function)(images), function(np.asarray(images))):
    assert isinstance(result, jax.Array)
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("size", [11, 0, (13, 4), (4, -1)])
def test_windows_that_do_not_fit_are_refused(size):
  with pytest.raises(ValueError, match="inside images of 12 x 10"):
    normalization.center_crop(pixels(), size=size)
