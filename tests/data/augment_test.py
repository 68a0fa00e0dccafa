import functools
import os
import pathlib
import subprocess
import sys

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from aujax.data import augment, warp

ROOT = pathlib.Path(__file__).parents[2]
KEY = jax.random.key(3)
ALL = {
  "blur": functools.partial(augment.random_blur, sigma=1.5),
  "contrast": functools.partial(augment.random_contrast, strength=0.5),
  "noise": functools.partial(augment.random_noise, scale=9.0),
  "multiply": functools.partial(augment.random_multiply, strength=0.4),
  "perspective": functools.partial(augment.random_perspective, scale=0.1),
  "flip": augment.random_flip,
  "crop": functools.partial(augment.random_crop, size=(7, 6)),
  "augment": functools.partial(augment.augment, **augment.SLIGHT),
}
each = pytest.mark.parametrize("function", ALL.values(), ids=ALL.keys())


def pixels(b=16, h=12, w=10):
  """Every pixel tells its row, its column and its image."""
  image, row, column = np.meshgrid(
    np.arange(b), np.arange(h), np.arange(w), indexing="ij"
  )
  return jnp.asarray(np.stack([row, column, image], -1).astype(np.uint8))


def pictures(b=6, h=24, w=20, c=3):
  """Pictures with soft and hard edges, 20 to 235, so that little is cut off."""
  rng = np.random.default_rng(8)
  small = rng.uniform(20, 235, (b, 5, 5, c)).astype(np.float32)
  large = np.stack([cv2.resize(image, (w, h)) for image in small])
  large[:, h // 4 : h // 2, w // 4 : w // 2] = 60
  return large.reshape(b, h, w, c)


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


def test_blur_equals_scipy_with_the_width_of_each_image():
  # A bright dot tells the width that the key gives to each place of a batch.
  dots = np.zeros((6, 24, 20, 1), np.float32)
  dots[:, 12, 10] = 255
  spread = np.asarray(augment.random_blur(KEY, dots, sigma=1.5))
  widths = (-2 * np.log(spread[:, 12, 11, 0] / spread[:, 12, 10, 0])) ** -0.5
  assert (widths < 1.5).all() and widths.std() > 0.1
  images = pictures()
  result = augment.random_blur(KEY, images, sigma=1.5)
  for image, width, ours in zip(images, widths, result, strict=True):
    theirs = ndimage.gaussian_filter(
      image, (width, width), axes=(0, 1), mode="nearest", radius=5
    )
    np.testing.assert_allclose(ours, theirs, atol=2e-3)
  assert abs(np.asarray(result) - images).mean() > 1


def test_blur_keeps_the_mean_and_flat_images():
  flat = np.full((2, 9, 8, 3), 37, np.uint8)
  result = augment.random_blur(KEY, flat, sigma=5.0)  # Wider than the image.
  np.testing.assert_allclose(result, flat, rtol=1e-6)
  dots = np.zeros((4, 21, 21, 1), np.float32)
  dots[:, 10, 10] = 200
  blurred = augment.random_blur(KEY, dots, sigma=1.0)
  np.testing.assert_allclose(blurred.sum((1, 2, 3)), np.full(4, 200), rtol=1e-5)


def test_contrast_is_linear_about_mid_grey():
  values = np.array([27.5, 107.5, 127.5, 147.5, 187.5], np.float32)
  images = np.tile(values[None, None, :, None], (400, 1, 1, 3))
  result = np.asarray(
    augment.random_contrast(KEY, images, strength=0.25), np.float64
  )
  factors = (result[:, :1, 3:4] - 127.5) / 20
  np.testing.assert_allclose(
    result, (images - 127.5) * factors + 127.5, atol=1e-3
  )
  assert_uniform(factors[:, 0, 0, 0], 0.75, 1.25)


def test_multiply_scales_all_pixels_of_an_image_alike():
  values = np.array([0, 10, 100, 200], np.float32)
  images = np.tile(values[None, None, :, None], (400, 1, 1, 3))
  result = np.asarray(augment.random_multiply(KEY, images, strength=0.2))
  factors = result[:, :1, 2:3] / 100
  np.testing.assert_allclose(result, images * factors, rtol=1e-5)
  assert_uniform(factors[:, 0, 0, 0], 0.8, 1.2)


def assert_uniform(values, low, high):
  """Inside the limits, and the mean within 5 of its standard deviations."""
  assert low <= values.min() and values.max() <= high
  deviation = (high - low) / np.sqrt(12 * len(values))
  assert abs(values.mean() - (low + high) / 2) < 5 * deviation
  assert values.max() - values.min() > 0.95 * (high - low)


def test_noise_is_normal_with_a_width_of_its_own_in_each_image():
  images = np.full((300, 20, 15, 3), 127.5, np.float32)
  noise = np.asarray(augment.random_noise(KEY, images, scale=8.0)) - 127.5
  assert (noise == noise[..., :1]).all()
  noise = noise[..., 0].reshape(300, -1)
  widths = noise.std(1)
  # The mean square of a uniform width is a third of the largest one's.
  share = (widths**2).mean() / (64 / 3)
  assert abs(share - 1) < 5 * np.sqrt(0.8 / 300 + 2 / noise.size)
  assert widths.max() < 8 * (1 + 5 / np.sqrt(2 * 300))
  standard = noise / widths[:, None]
  assert abs(standard.mean()) < 5 / np.sqrt(noise.size)
  inside = (abs(standard) < 1).mean()
  assert abs(inside - 0.6827) < 5 * np.sqrt(0.22 / noise.size)
  neighbours = (standard[:, 1:] * standard[:, :-1]).mean()
  assert abs(neighbours) < 5 / np.sqrt(noise.size)


def places(b=6, h=24, w=20):
  """Each pixel tells where it is, in shares of the sides: (x, y)."""
  row, column = np.mgrid[:h, :w].astype(np.float32)
  share = np.stack([column / (w - 1), row / (h - 1)], -1)
  return np.tile(share[None], (b, 1, 1, 1))


def test_perspective_equals_opencv_with_the_corners_of_each_image():
  moved = np.asarray(augment.random_perspective(KEY, places(), scale=0.2))
  corners = moved[:, [0, 0, -1, -1], [0, -1, -1, 0]]
  inwards = abs(warp.CORNERS - corners)
  assert 0 < inwards.min() and 0.15 < inwards.max() <= 0.2 + 1e-6
  images = pictures()
  last = np.array([19, 23], np.float32)
  result = augment.random_perspective(KEY, images, scale=0.2)
  for image, points, ours in zip(images, corners, result, strict=True):
    matrix = cv2.getPerspectiveTransform(points * last, warp.CORNERS * last)
    theirs = cv2.warpPerspective(
      image, matrix, (20, 24), borderMode=cv2.BORDER_REPLICATE
    )
    # OpenCV may round places to 1/32 pixel; edges here are 175 at most.
    assert abs(theirs - ours).max() < 175 / 16
    assert abs(theirs - ours).mean() < 0.5 < abs(theirs - image).mean()


@pytest.mark.parametrize("scale, limit", [(0.05, 1.2), (0.1, 1.2), (0.25, 1.5)])
def test_perspective_moves_no_landmark_farther_than_stated(scale, limit):
  # One soft dot in each channel, at eyes, nose and corners of the mouth.
  size = 101
  landmarks = np.array([[30, 35], [30, 65], [50, 50], [70, 38], [70, 62.0]])
  row, column = np.mgrid[:size, :size]
  distance = (row[..., None] - landmarks[:, 0]) ** 2
  distance += (column[..., None] - landmarks[:, 1]) ** 2
  dots = 255 * np.exp(-distance / 8).astype(np.float32)
  result = np.asarray(
    augment.random_perspective(
      KEY, np.tile(dots[None], (40, 1, 1, 1)), scale=scale
    ),
    np.float64,
  )
  mass = result.sum((1, 2))
  found = np.stack(
    [
      (result * axis[None, ..., None]).sum((1, 2)) / mass
      for axis in (row, column)
    ],
    -1,
  )
  shift = abs(found - landmarks)
  assert shift.max() < limit * scale * (size - 1)
  assert shift.max() > 0.4 * scale * (size - 1)
  # The face stays the same way round.
  assert (found[:, 0, 1] < found[:, 1, 1]).all()
  assert (found[:, :2, 0] < found[:, 2:3, 0]).all()
  assert (found[:, 2, 0] < found[:, 3:, 0].min(1)).all()


def test_no_point_of_an_extreme_corner_moves_farther_than_stated():
  choices = np.stack(np.meshgrid(*[[0.0, 1.0]] * 8), -1).reshape(-1, 4, 2)
  start = places(len(choices), 11, 11)
  for scale, limit in ((0.05, 1.2), (0.1, 1.2), (0.25, 1.5)):
    corners = abs(warp.CORNERS - scale * choices).astype(np.float32)
    shift = abs(np.asarray(warp.perspective(start, corners)) - start)
    assert scale <= shift.max() < limit * scale


@pytest.mark.parametrize("name", ["contrast", "multiply"])
def test_light_keeps_the_order_of_pixels(name):
  ramp = np.tile(np.arange(256.0, dtype=np.float32), (9, 1))
  result = np.asarray(ALL[name](KEY, ramp.reshape(9, 1, 256, 1)))
  assert (np.diff(result[..., 0], axis=2) >= 0).all()
  assert 0 <= result.min() and result.max() <= 255


def test_augment_applies_the_steps_in_the_order_of_the_paper():
  images = pictures()
  keys = jax.random.split(KEY, 6)
  expected = augment.random_flip(keys[0], images)
  strengths = augment.SLIGHT
  for key, name, option in zip(
    keys[1:],
    ("blur", "contrast", "noise", "multiply", "perspective"),
    ("sigma", "strength", "scale", "strength", "scale"),
    strict=True,
  ):
    step = getattr(augment, f"random_{name}")
    expected = step(key, expected, **{option: strengths[name]})
  result = augment.augment(KEY, images, **strengths)
  np.testing.assert_allclose(result, expected, atol=1e-3)


def test_strength_zero_is_the_identity_and_costs_nothing():
  images = pixels()
  off = functools.partial(augment.augment, flip=False)
  result = off(KEY, images)
  assert result.dtype == jnp.float32
  np.testing.assert_array_equal(result, images)
  for name, step in ALL.items():
    if name in augment.SLIGHT:
      (option,) = step.keywords
      np.testing.assert_array_equal(
        step.func(KEY, images, **{option: 0.0}), images
      )
  program = str(jax.make_jaxpr(off)(KEY, images))
  full = str(jax.make_jaxpr(ALL["augment"])(KEY, images))
  for operation in ("random_bits", "erf_inv", "gather"):
    assert operation in full and operation not in program


def test_switching_one_step_off_leaves_the_others_as_they_were():
  images = pictures()
  only_flip = augment.augment(KEY, images)
  flags = (np.asarray(only_flip) != images).any((1, 2, 3))
  dark = augment.augment(KEY, images, flip=False, multiply=0.3)
  both = augment.augment(KEY, images, multiply=0.3)
  expected = np.where(flags[:, None, None, None], dark[:, :, ::-1], dark)
  np.testing.assert_allclose(both, expected, atol=1e-3)


@each
def test_numbers_depend_on_the_key_and_the_place_alone(function):
  images = pictures(8)
  result = np.asarray(function(KEY, images))
  np.testing.assert_array_equal(function(KEY, images), result)
  others = np.array(images)
  others[[0, 1, 3, 4, 5, 7]] = 255 - others[[0, 1, 3, 4, 5, 7]]
  for batch in (others, images[:7]):
    again = np.asarray(function(KEY, batch))
    np.testing.assert_allclose(again[[2, 6]], result[[2, 6]], atol=1e-3)
  assert (np.asarray(function(jax.random.key(4), images)) != result).any()


@each
def test_repetitions_of_an_image_differ(function):
  repeated = np.tile(pictures(1, 30, 30), (40, 1, 1, 1))
  result = np.asarray(function(KEY, repeated))
  kinds = len(np.unique(result.reshape(40, -1), axis=0))
  # Blurs by little are alike, and some windows too.
  assert kinds == 2 if function is augment.random_flip else kinds > 35


@each
def test_jit_numpy_and_dtypes(function):
  images = pixels()
  result = function(KEY, images)
  np.testing.assert_allclose(
    jax.jit(function)(KEY, images), result, rtol=1e-5, atol=2e-3
  )
  from_host = function(KEY, np.asarray(images))
  assert isinstance(from_host, jax.Array)
  np.testing.assert_array_equal(from_host, result)
  kept = function in (ALL["flip"], ALL["crop"])
  assert result.dtype == (jnp.uint8 if kept else jnp.float32)
  if not kept:
    assert 0 <= result.min() and result.max() <= 255
    np.testing.assert_allclose(
      function(KEY, images.astype(jnp.float32)), result, atol=1e-4
    )


def test_a_second_batch_compiles_nothing():
  function = jax.jit(ALL["augment"])
  images = pixels()
  function(KEY, images)
  function(jax.random.key(9), images + 1)
  assert function._cache_size() == 1


def test_four_devices_give_what_one_gives():
  program = """
import jax, numpy as np
jax.config.update("jax_num_cpu_devices", 4)
from aujax.data import augment
from aujax.training import sharding
def function(key, images):
  images = augment.random_crop(key, images, size=20)
  return augment.augment(key, images, **augment.SLIGHT)
images = np.random.default_rng(0).integers(0, 256, (8, 24, 24, 3), np.uint8)
split = jax.NamedSharding(sharding.make_mesh(), jax.P(sharding.AXIS))
one = jax.jit(function)(jax.random.key(1), images)
four = jax.jit(function, out_shardings=split)(
  jax.random.key(1), jax.device_put(images, split)
)
assert len(four.sharding.device_set) == 4 and len(one.sharding.device_set) == 1
print(abs(np.asarray(one) - np.asarray(four)).max())
"""
  environment = {k: v for k, v in os.environ.items() if k != "XLA_FLAGS"}
  done = subprocess.run(
    [sys.executable, "-c", program],
    cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120,
  )  # fmt: skip
  assert done.returncode == 0, done.stderr
  assert float(done.stdout) < 1e-3


@pytest.mark.parametrize(
  "options",
  [
    {"blur": -0.1},
    {"blur": float("inf")},
    {"contrast": 1.1},
    {"contrast": -0.2},
    {"noise": -1.0},
    {"noise": float("nan")},
    {"multiply": 1.5},
    {"perspective": 0.3},
    {"perspective": -0.01},
  ],
)
def test_strengths_out_of_range_are_refused(options):
  with pytest.raises(ValueError, match="at least 0 and .* switches it off"):
    augment.augment(KEY, pixels(), **options)


@pytest.mark.parametrize("size", [11, 0, (13, 4), (4, -1)])
def test_windows_that_do_not_fit_are_refused(size):
  with pytest.raises(ValueError, match="inside images of 12 x 10"):
    augment.random_crop(KEY, pixels(), size=size)
