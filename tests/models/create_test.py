"""Every network: creation, purity, shapes, batch statistics, learning."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from aujax import models
from aujax.models import resnet

SMALL = {
  "attention_cnn": {"features": (8, 16, 16), "hidden": 16},
  "au_transformer": {
    "image_size": 24,
    "backbone": "conv",
    "features": (8, 16),
    "width": 32,
    "num_heads": 4,
  },
}
SIZE = 24


def small(name, **kwargs):
  return models.create(name, num_outputs=5, **SMALL[name] | kwargs)


@functools.cache
def started(name):
  model = small(name)
  return model, *jax.jit(model.init)(jax.random.key(0))


def images(batch=4, seed=0, size=SIZE):
  generator = np.random.default_rng(seed)
  return generator.normal(size=(batch, size, size, 3)).astype(np.float32)


def assert_trees_equal(left, right):
  jax.tree.map(np.testing.assert_array_equal, left, right)


def test_known_networks_are_the_modules_with_a_network():
  assert models.names() == ("attention_cnn", "au_transformer")
  assert set(SMALL) == set(models.names()), "each network is tested below"


def test_unknown_name_answers_with_the_known_ones():
  with pytest.raises(ValueError, match=r"attention_cnn, au_transformer.*vgg"):
    models.create("vgg", num_outputs=3)
  with pytest.raises(ValueError, match="'layers'"):
    models.create("layers", num_outputs=3)


@pytest.mark.parametrize("name", SMALL)
def test_unknown_option_answers_with_the_accepted_ones(name):
  option = next(iter(SMALL[name]))
  with pytest.raises(ValueError, match=rf"{option}.*'wideness'"):
    models.create(name, num_outputs=3, wideness=3)
  with pytest.raises(ValueError, match="'rngs'"):
    models.create(name, num_outputs=3, rngs=None)


@pytest.mark.parametrize("num_outputs", [0, -1, 2.0, "8"])
def test_num_outputs_is_a_positive_int(num_outputs):
  with pytest.raises(ValueError, match="positive int"):
    models.create("attention_cnn", num_outputs=num_outputs)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("train", [False, True])
def test_shapes_and_dtypes(name, train):
  model, params, batch_stats = started(name)
  apply = functools.partial(model.apply, train=train, key=jax.random.key(1))
  logits, new = jax.eval_shape(apply, params, batch_stats, images())
  assert logits.shape == (4, 5)
  for leaf in jax.tree.leaves((logits, new, params)):
    assert leaf.dtype == jnp.float32
  assert jax.tree.structure(new) == jax.tree.structure(batch_stats)


@pytest.mark.parametrize("name", SMALL)
def test_trees_are_plain_dicts_with_string_keys(name):
  _, params, batch_stats = started(name)

  def walk(tree):
    if isinstance(tree, dict):
      assert type(tree) is dict and all(type(key) is str for key in tree)
      for value in tree.values():
        walk(value)
    else:
      assert isinstance(tree, jax.Array)

  walk(params)
  walk(batch_stats)


@pytest.mark.parametrize("name", SMALL)
def test_init_is_a_function_of_the_key(name):
  model, params, _ = started(name)
  assert_trees_equal(params, jax.jit(model.init)(jax.random.key(0))[0])
  other = jax.jit(model.init)(jax.random.key(1))[0]
  assert not np.array_equal(
    params["backbone"]["blocks"]["0"]["conv"]["kernel"],
    other["backbone"]["blocks"]["0"]["conv"]["kernel"],
  )


@pytest.mark.parametrize("name", SMALL)
def test_module_is_the_same_network(name):
  model, params, batch_stats = started(name)
  module = model.module(0)
  assert isinstance(module, nnx.Module)
  logits, _ = model.apply(params, batch_stats, images())
  np.testing.assert_allclose(module(images()), logits, atol=1e-5)


@pytest.mark.parametrize("name", SMALL)
def test_batch_statistics_move_only_in_training(name):
  model, params, batch_stats = started(name)
  before = jax.tree.map(np.array, batch_stats)
  _, same = model.apply(params, batch_stats, images())
  assert_trees_equal(same, before)
  _, moved = jax.jit(functools.partial(model.apply, train=True))(
    params, batch_stats, images()
  )
  for old, new in zip(
    jax.tree.leaves(before), jax.tree.leaves(moved), strict=True
  ):
    assert not np.array_equal(old, new)
  assert_trees_equal(batch_stats, before)


VALID = np.array([True, True, False, True, True, False])


@pytest.mark.parametrize("name", SMALL)
def test_empty_slots_leave_the_batch_of_the_others(name):
  model, params, batch_stats = started(name)

  @jax.jit
  @functools.partial(jax.grad, has_aux=True)
  def loss(params, images, valid):
    logits, new = model.apply(
      params, batch_stats, images, train=True, valid=valid
    )
    used = jnp.ones(len(images), bool) if valid is None else valid
    entries = jnp.sin(logits + jnp.arange(5.0)[None])
    return jnp.where(used[:, None], entries, 0).sum(), (logits, new)

  batch = images(6)
  expected_grads, expected = loss(params, batch[VALID], None)
  grads, (logits, new) = loss(params, batch, VALID)
  close = functools.partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-5)
  jax.tree.map(close, (logits[VALID], new), expected)
  jax.tree.map(close, grads, expected_grads)
  batch[~VALID] = 100 * images(2, seed=1)
  other_grads, (other_logits, other_new) = loss(params, batch, VALID)
  np.testing.assert_array_equal(other_logits[VALID], logits[VALID])
  assert_trees_equal(other_new, new)
  jax.tree.map(
    functools.partial(np.testing.assert_allclose, rtol=1e-6, atol=1e-6),
    other_grads,
    grads,
  )


def test_empty_slots_leave_a_resnet_the_batch_of_the_others():
  parts = nnx.split(
    resnet.ResNet(stage=2, blocks=(1, 2), width=4, rngs=nnx.Rngs(0))
  )

  @jax.jit
  def run(images, valid):
    module = nnx.merge(*parts, copy=True)
    out = module(images, train=True, valid=valid)
    return out, nnx.to_pure_dict(nnx.as_pure(nnx.state(module, nnx.BatchStat)))

  out, averages = run(images(6), VALID)
  jax.tree.map(
    functools.partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-5),
    (out[VALID], averages),
    run(images(6)[VALID], None),
  )


@pytest.mark.parametrize("name", SMALL)
def test_a_batch_of_empty_slots_is_harmless(name):
  model, params, batch_stats = started(name)

  def total(params):
    logits, new = model.apply(
      params, batch_stats, images(), train=True, valid=np.zeros(4, bool)
    )
    return logits.sum(), new

  grads, new = jax.jit(jax.grad(total, has_aux=True))(params)
  assert_trees_equal(new, batch_stats)
  for leaf in jax.tree.leaves(grads):
    assert np.isfinite(leaf).all()


def test_dropout_is_a_function_of_the_key():
  model, params, batch_stats = started("au_transformer")
  train = jax.jit(functools.partial(model.apply, train=True))

  def logits(seed):
    key = None if seed is None else jax.random.key(seed)
    return train(params, batch_stats, images(), key=key)[0]

  np.testing.assert_array_equal(logits(1), logits(1))
  assert not np.allclose(logits(1), logits(2))
  assert not np.allclose(logits(1), logits(None))


def test_no_dropout_outside_training():
  model, params, batch_stats = started("au_transformer")
  with_key, _ = model.apply(
    params, batch_stats, images(), key=jax.random.key(1)
  )
  without, _ = model.apply(params, batch_stats, images())
  np.testing.assert_array_equal(with_key, without)


@pytest.mark.parametrize("name", SMALL)
def test_second_call_does_not_compile(name):
  model, params, batch_stats = started(name)
  traces = []

  @jax.jit
  def step(params, batch_stats, images, key):
    traces.append(None)
    return model.apply(params, batch_stats, images, key=key, train=True)[1]

  for seed in range(3):
    batch_stats = step(
      params, batch_stats, images(seed=seed), jax.random.key(seed)
    )
  assert len(traces) == 1


@pytest.mark.parametrize("name", SMALL)
def test_every_parameter_has_a_gradient(name):
  model, params, batch_stats = started(name)

  def loss(params):
    logits, _ = model.apply(params, batch_stats, images(), train=True)
    return jnp.sum(jnp.sin(logits + jnp.arange(5.0)[None]))

  for path, leaf in jax.tree.leaves_with_path(jax.jit(jax.grad(loss))(params)):
    assert np.max(np.abs(leaf)) > 1e-7, jax.tree_util.keystr(path)


@pytest.mark.parametrize("name", SMALL)
def test_learns_sixteen_images_by_heart(name):
  model, params, batch_stats = started(name)
  labels = np.random.default_rng(1).integers(0, 2, (16, 5)).astype(np.float32)
  tx = optax.adam(3e-3)

  def loss(params, batch_stats, key):
    logits, new = model.apply(
      params, batch_stats, images(16), key=key, train=True
    )
    return optax.sigmoid_binary_cross_entropy(logits, labels).mean(), new

  @jax.jit
  def step(params, batch_stats, opt_state, key):
    grads, batch_stats = jax.grad(loss, has_aux=True)(params, batch_stats, key)
    updates, opt_state = tx.update(grads, opt_state)
    return optax.apply_updates(params, updates), batch_stats, opt_state

  opt_state = tx.init(params)
  for key in jax.random.split(jax.random.key(0), 100):
    params, batch_stats, opt_state = step(params, batch_stats, opt_state, key)
  logits, _ = model.apply(params, batch_stats, images(16))
  np.testing.assert_array_equal(logits > 0, labels > 0.5)


@pytest.mark.parametrize(
  "bad, match",
  [
    (np.zeros((24, 24, 3), np.float32), "batch, height, width, 3"),
    (np.zeros((2, 3, 24, 24), np.float32), "batch, height, width, 3"),
    (np.zeros((2, 24, 24, 3), np.uint8), "floating.*uint8"),
    (np.zeros((2, 3, 3, 3), np.float32), "at least 4 px"),
  ],
)
def test_bad_images_are_refused(bad, match):
  model, params, batch_stats = started("attention_cnn")
  with pytest.raises(ValueError, match=match):
    model.apply(params, batch_stats, bad)
