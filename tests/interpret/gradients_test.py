import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from aujax import interpret, models
from aujax.interpret import gradients

KEY = jax.random.key(0)
SHAPE = (6, 5, 3)
# A linear detector of two outputs.
WEIGHTS = np.random.default_rng(0).normal(size=(2, *SHAPE)).astype(np.float32)
PLAIN = {"normalize": False, "clip_percentile": 0.0, "blur_sigma": 0.0}
climb = functools.partial(interpret.activation_maximization, shape=SHAPE)


def linear(images):
  return jnp.einsum("bhwc,thwc->bt", images, WEIGHTS)


def images(number=3, seed=1):
  draw = np.random.default_rng(seed).normal(size=(number, *SHAPE))
  return draw.astype(np.float32)


def first(noise):
  picture = noise * jax.random.normal(KEY, SHAPE)
  return np.asarray(picture - picture.mean())


def test_a_step_is_the_gradient_times_the_rate():
  picture = climb(linear, key=KEY, num_steps=1, rate=0.5, decay=0.0, **PLAIN)
  np.testing.assert_allclose(picture, first(0.1) + 0.5 * WEIGHTS, rtol=1e-6)


def test_a_normalized_step_is_of_the_same_size_for_all_outputs():
  plain = PLAIN | {"normalize": True}
  detector = lambda images: linear(images) * np.float32([[1e-3, 1e3]])  # noqa: E731
  picture = climb(detector, key=KEY, num_steps=1, rate=0.5, decay=0.0, **plain)
  size = np.sqrt((WEIGHTS**2).mean((1, 2, 3), keepdims=True))
  expected = first(0.1) + 0.5 * WEIGHTS / size
  np.testing.assert_allclose(picture, expected, rtol=1e-4, atol=1e-5)


def test_a_dead_output_leaves_the_picture_to_its_decay():
  def dead(images):
    return 0 * linear(images)

  picture = climb(
    dead, key=KEY, num_steps=3, decay=0.5, clip_percentile=0.0, blur_sigma=0.0
  )
  np.testing.assert_allclose(picture[0], first(0.1) / 8, rtol=1e-5)


def test_ascent_ends_where_decay_and_gradient_are_equal():
  picture = climb(linear, key=KEY, num_steps=500, rate=0.2, decay=0.1, **PLAIN)
  # x = (1 - d) (x + r w), so x = r w (1 - d) / d.
  np.testing.assert_allclose(picture, 1.8 * WEIGHTS, rtol=1e-4, atol=1e-5)


def test_a_picture_starts_random_around_zero_and_alike_for_all_outputs():
  start = climb(linear, key=KEY, num_steps=0, noise=2.0)
  np.testing.assert_allclose(start[0], first(2.0), atol=1e-6)
  np.testing.assert_array_equal(start[0], start[1])
  assert abs(start[0].mean()) < 1e-6 and 1.5 < start[0].std() < 2.5


def test_the_same_key_gives_the_same_picture_whatever_else_is_asked_for():
  both = climb(linear, key=KEY, num_steps=20)
  np.testing.assert_array_equal(both, climb(linear, key=KEY, num_steps=20))
  one = climb(linear, key=KEY, num_steps=20, au=[1])
  np.testing.assert_allclose(one[0], both[1], rtol=1e-6, atol=1e-6)
  other = climb(linear, key=jax.random.key(1), num_steps=20)
  assert not np.allclose(both, other)


def test_pixels_of_small_norm_become_zero():
  start = first(0.1)
  picture = climb(
    linear,
    key=KEY,
    au=[0],
    num_steps=1,
    rate=1.0,
    decay=0.0,
    **(PLAIN | {"clip_percentile": 50.0}),
  )[0]
  grown = start + WEIGHTS[0]
  norms = np.linalg.norm(grown, axis=-1)
  expected = np.where((norms < np.median(norms))[..., None], 0, grown)
  np.testing.assert_allclose(picture, expected, rtol=1e-5)
  assert (np.linalg.norm(picture, axis=-1) == 0).sum() == 15


@pytest.mark.parametrize("num_steps, blurs", [(2, 0), (3, 1), (5, 1), (6, 2)])
def test_every_so_many_steps_the_picture_is_blurred_as_scipy_does(
  num_steps, blurs
):
  def zero(images):
    return 0 * images.sum((1, 2, 3))[:, None]

  picture = climb(
    zero,
    key=KEY,
    num_steps=num_steps,
    decay=0.0,
    clip_percentile=0.0,
    blur_sigma=0.8,
    blur_every=3,
  )[0]
  expected = first(0.1)
  for _ in range(blurs):
    expected = ndimage.gaussian_filter(expected, (0.8, 0.8, 0))
  np.testing.assert_allclose(picture, expected, atol=1e-6)


def test_the_order_is_decay_then_clip_then_blur():
  options = {"rate": 0.3, "decay": 0.2, "clip_percentile": 40.0}
  picture = climb(
    linear,
    key=KEY,
    num_steps=1,
    normalize=False,
    blur_sigma=1.0,
    blur_every=1,
    **options,
  )
  x = 0.8 * (first(0.1) + 0.3 * WEIGHTS)
  norms = np.linalg.norm(x, axis=-1, keepdims=True)
  x = np.where(norms < np.percentile(norms, 40, (1, 2), keepdims=True), 0, x)
  x = ndimage.gaussian_filter(x, (0, 1.0, 1.0, 0))
  np.testing.assert_allclose(picture, x, atol=1e-5)


def test_the_picture_raises_its_own_output():
  model = models.create("attention_cnn", num_outputs=3, features=(8, 8))
  params, batch_stats = model.init(jax.random.key(1))

  def logits(params, batch_stats, images):
    return model.apply(params, batch_stats, images)[0]

  detector = jax.tree_util.Partial(logits, params, batch_stats)
  options = {"key": KEY}
  start = interpret.activation_maximization(
    detector, (16, 16, 3), num_steps=0, **options
  )
  end = interpret.activation_maximization(
    detector, (16, 16, 3), num_steps=50, **options
  )
  gain = np.asarray(detector(end) - detector(start))
  assert (np.diag(gain) > 0.5).all()


def test_nothing_is_compiled_twice():
  traces = []

  def logits(weights, images):
    traces.append(None)
    return jnp.einsum("bhwc,thwc->bt", images, weights)

  def look(weights, step):
    detector = jax.tree_util.Partial(logits, jnp.asarray(weights))
    # Asks for the number of outputs, which traces but does not compile.
    climb(detector, key=KEY, num_steps=step, rate=float(step), decay=0.1 / step)
    interpret.saliency(detector, images(seed=step))
    interpret.saliency(
      detector, images(seed=step), num_samples=4, noise=step / 9, key=KEY
    )

  caches = (gradients._climb, gradients._gradients)
  before = [cache._cache_size() for cache in caches]
  for step in (1, 2, 3):
    look(step * WEIGHTS, step)
  after = [cache._cache_size() for cache in caches]
  assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1]


def test_saliency_of_a_linear_detector_is_its_weights():
  found = interpret.saliency(linear, images())
  expected = np.abs(WEIGHTS).max(-1)
  assert found.shape == (3, 2, 6, 5)
  for each in found:
    np.testing.assert_allclose(each, expected, rtol=1e-6)


def test_saliency_times_the_input_is_each_pixels_part():
  batch = images()
  found = interpret.saliency(linear, batch, au=[1], times_input=True)
  expected = np.abs(WEIGHTS[1] * batch).max(-1)
  np.testing.assert_allclose(found[:, 0], expected, rtol=1e-6)


def test_saliency_is_of_the_output_that_is_asked_for():
  both = interpret.saliency(linear, images())
  turned = interpret.saliency(linear, images(), au=[1, 0])
  np.testing.assert_array_equal(turned, both[:, ::-1])


def test_saliency_lies_where_the_detector_looks():
  def corner(images):
    patch = images[:, 1:3, 2:4]
    return jnp.tanh(0.1 * (patch * patch).sum((1, 2, 3)))[:, None]

  found = np.asarray(interpret.saliency(corner, images()))[:, 0]
  inside = found[:, 1:3, 2:4]
  assert (inside > 0).all()
  np.testing.assert_allclose(inside.sum((1, 2)), found.sum((1, 2)), rtol=1e-6)


def test_smoothed_saliency_is_that_of_the_mean_gradient():
  def squares(images):
    return (images * images).sum((1, 2, 3))[:, None]

  batch = images(1)
  options = {"num_samples": 400, "noise": 0.1, "key": KEY}
  found = interpret.saliency(squares, batch, **options)[0, 0]
  # The gradient is 2 x, and 2 x in the mean over noise that is around zero.
  expected = np.abs(2 * batch[0]).max(-1)
  spread = 2 * 0.1 * (batch.max() - batch.min()) / np.sqrt(400)
  assert 0 < np.abs(found - expected).max() < 5 * spread
  np.testing.assert_array_equal(
    found, interpret.saliency(squares, batch, **options)[0, 0]
  )
  still = interpret.saliency(squares, batch, **(options | {"noise": 0.0}))
  np.testing.assert_allclose(still[0, 0], expected, rtol=1e-5)


def test_each_image_is_looked_at_by_itself():
  def squares(images):
    return (images * images).sum((1, 2, 3))[:, None]

  batch = images()
  together = interpret.saliency(squares, batch)
  for one, expected in zip(batch, together, strict=True):
    np.testing.assert_array_equal(
      interpret.saliency(squares, one[None])[0], expected
    )


@pytest.mark.parametrize(
  "change, match",
  [
    ({"au": [2]}, "0 to 1, got .2"),
    ({"au": [-1]}, "0 to 1"),
    ({"au": []}, "0 to 1"),
    ({"num_steps": -1}, "num_steps of 0 or more"),
    ({"rate": 0.0}, "positive rate"),
    ({"decay": 1.0}, r"decay in \[0, 1\)"),
    ({"clip_percentile": 101.0}, "0 to 100"),
    ({"blur_sigma": -1.0}, "blur_sigma=0 is no blur"),
    ({"blur_every": 0}, "blur_every of 1"),
  ],
)
def test_what_cannot_be_climbed_is_refused(change, match):
  with pytest.raises(ValueError, match=match):
    climb(linear, **({"key": KEY} | change))


@pytest.mark.parametrize(
  "change, match",
  [
    ({"au": [2]}, "0 to 1"),
    ({"num_samples": 4}, "expected a key"),
    ({"num_samples": -1}, "0 or more"),
    ({"num_samples": 4, "key": KEY, "noise": -0.1}, "0 or more"),
  ],
)
def test_what_saliency_cannot_do_is_refused(change, match):
  with pytest.raises(ValueError, match=match):
    interpret.saliency(linear, images(), **change)
