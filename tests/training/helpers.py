"""A tiny network, optimizer and data for the tests of training."""

import jax
import jax.numpy as jnp
import numpy as np

from aujax import losses
from aujax.training import optimizer, state, step

NUM_AUS = 3
SIZE = 8
RATES = np.array([0.5, 0.25, 0.1], np.float32)


def init(key):
  backbone, head = jax.random.split(key)
  params = {
    "backbone": {"w": 0.3 * jax.random.normal(backbone, (SIZE * SIZE * 3, 16))},
    "head": {
      "w": 0.3 * jax.random.normal(head, (16, NUM_AUS)),
      "b": jnp.zeros(NUM_AUS),
    },
  }
  return params, {"mean": jnp.zeros(16)}


def apply(params, batch_stats, images, *, key=None, train=False, valid=None):
  x = images.reshape(images.shape[0], -1) @ params["backbone"]["w"]
  seen = None if valid is None else valid[:, None]
  mean = x.mean(0, where=seen) if train else batch_stats["mean"]
  x = jax.nn.relu(x - mean[None])
  if train:
    batch_stats = {"mean": 0.9 * batch_stats["mean"] + 0.1 * mean}
    x = x * jax.random.bernoulli(key, 0.9, x.shape) / 0.9
  return x @ params["head"]["w"] + params["head"]["b"][None], batch_stats


def loss(logits, labels, mask, base_rates, key):
  del base_rates, key
  return losses.masked_mean(losses.sigmoid_cross_entropy(logits, labels), mask)


def prepare(key, images, train):
  images = images.astype(jnp.float32) / 127.5 - 1
  if train:
    noise = jax.random.uniform(key, (images.shape[0], 1, 1, 1), minval=0.9)
    images = images * noise
  return images


def make_tx(rate=1e-2):
  return optimizer.adamw_exponential(
    {"backbone": rate, "rest": rate},
    steps_per_epoch=4,
    weight_decay=1e-2,
  )


def make_state(tx=None, seed=0):
  return state.create(
    init, tx or make_tx(), key=jax.random.key(seed), base_rates=RATES
  )


def make_step(tx=None, **kwargs):
  return step.make(apply, tx or make_tx(), loss, prepare, **kwargs)


def make_data(num_examples=32, seed=0):
  """Images whose channel means tell their labels."""
  rng = np.random.default_rng(seed)
  labels = (rng.random((num_examples, NUM_AUS)) < 0.4).astype(np.int8)
  images = rng.integers(0, 60, (num_examples, SIZE, SIZE, 3))
  images = images + 150 * labels[:, None, None, :].astype(int)
  labels[0, 0] = -1
  return images.astype(np.uint8), labels


def make_batches(images, labels):
  """The data as a callable of (plan, start_step), as a pipeline is."""

  def batches(plan, start_step=0):
    for row in plan[start_step:]:
      yield {
        "image": images[row],
        "labels": np.where(row[:, None] < 0, -1, labels[row]).astype(np.int8),
        "index": row,
      }

  return batches


def make_plan(num_examples=32, batch_size=8, seed=0):
  def plan(epoch):
    order = np.random.default_rng((seed, epoch)).permutation(num_examples)
    return order.reshape(-1, batch_size)

  return plan


def assert_trees_equal(left, right):
  """Bitwise equality of two pytrees, keys included."""
  assert jax.tree.structure(left) == jax.tree.structure(right)
  for a, b in zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True):
    if jax.dtypes.issubdtype(a.dtype, jax.dtypes.prng_key):
      a, b = jax.random.key_data(a), jax.random.key_data(b)
    assert a.dtype == b.dtype
    np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
