import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax

from aujax import models
from aujax.training import methods, state, step
from tests.training import helpers

IMAGES, LABELS = helpers.make_data()
BATCH = {"image": IMAGES[:8], "labels": LABELS[:8]}


def test_overfits_its_training_set():
  train_step = jax.jit(helpers.make_step())
  current = helpers.make_state()
  for _ in range(150):
    current, metrics = train_step(current, {"image": IMAGES, "labels": LABELS})
  predict = step.make_predict(helpers.apply, helpers.prepare)
  scores = predict(current.params, current.batch_stats, IMAGES)
  known = LABELS >= 0
  np.testing.assert_array_equal((scores >= 0.5)[known], (LABELS == 1)[known])
  assert float(metrics["loss"]) < 0.1
  assert int(current.step) == 150


def test_gradient_step_is_that_of_the_loss():
  # Against a plain gradient of the same objective, written out here.
  tx = optax.sgd(0.5)
  initial = helpers.make_state(tx)
  new, metrics = jax.jit(helpers.make_step(tx))(initial, BATCH)
  key = jax.random.fold_in(initial.key, 0)
  augment, dropout = jax.random.split(key)

  def objective(params):
    images = helpers.prepare(augment, jnp.asarray(BATCH["image"]), True)
    logits, _ = helpers.apply(
      params, initial.batch_stats, images, key=dropout, train=True
    )
    known = BATCH["labels"] >= 0
    each = optax.sigmoid_binary_cross_entropy(logits, BATCH["labels"] == 1)
    return (each * known).sum() / known.sum()

  value, gradients = jax.jit(jax.value_and_grad(objective))(initial.params)
  np.testing.assert_allclose(metrics["loss"], value, rtol=1e-5)
  squares = sum(float((g**2).sum()) for g in jax.tree.leaves(gradients))
  np.testing.assert_allclose(metrics["gradient_norm"], squares**0.5, rtol=1e-5)
  expected = jax.tree.map(lambda p, g: p - 0.5 * g, initial.params, gradients)
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6),
    new.params,
    expected,
  )


def test_unknown_labels_have_no_part():
  train_step = helpers.make_step()
  labels = BATCH["labels"].copy()
  labels[2:5, 1] = -1
  seen = []

  def loss(logits, labels, mask, base_rates, key):
    seen.append((labels, mask, base_rates))
    return helpers.loss(logits, labels, mask, base_rates, key)

  train_step = step.make(
    helpers.apply, helpers.make_tx(), loss, helpers.prepare
  )
  initial = helpers.make_state()
  train_step(initial, {**BATCH, "labels": labels})
  values, mask, rates = seen[0]
  np.testing.assert_array_equal(mask, labels != -1)
  np.testing.assert_array_equal(values[mask], labels[mask])
  np.testing.assert_array_equal(rates, initial.base_rates)


@functools.cache
def real_step():
  """A step with all that a batch has a part in, and its state."""
  model = models.create(
    "attention_cnn", num_outputs=helpers.NUM_AUS, features=(4, 8), hidden=8
  )
  # Adam would blow up the rounding of gradients that are zero.
  tx = optax.sgd(0.1)
  loss = methods.create("selective", random=True)
  train_step = jax.jit(step.make(model.apply, tx, loss, helpers.prepare))
  initial = state.create(
    model.init, tx, key=jax.random.key(0), base_rates=helpers.RATES
  )
  return train_step, initial


def with_empty_slots(image=0):
  """The batch of eight with its last three slots empty."""
  batch = {name: array.copy() for name, array in BATCH.items()}
  batch["image"][5:], batch["labels"][5:] = image, -1
  return batch | {"index": np.array([7, 0, 2, 5, 9, -1, -1, -1])}


def test_empty_slots_leave_the_step_of_the_smaller_batch():
  train_step, initial = real_step()
  smaller = {name: array[:5] for name, array in BATCH.items()}
  expected, expected_metrics = train_step(initial, smaller)
  actual, metrics = train_step(initial, with_empty_slots())
  close = functools.partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-6)
  jax.tree.map(close, metrics, expected_metrics)
  jax.tree.map(close, actual.params, expected.params)
  jax.tree.map(close, actual.batch_stats, expected.batch_stats)


def test_it_does_not_matter_what_stands_in_empty_slots():
  train_step, initial = real_step()
  zeros, _ = train_step(initial, with_empty_slots())
  white, _ = train_step(initial, with_empty_slots(image=255))
  helpers.assert_trees_equal(white.batch_stats, zeros.batch_stats)
  jax.tree.map(
    functools.partial(np.testing.assert_allclose, rtol=1e-6, atol=1e-6),
    white.params,
    zeros.params,
  )


def test_a_frame_of_unknown_labels_is_no_empty_slot():
  train_step, initial = real_step()
  index = np.arange(8)
  labels = BATCH["labels"].copy()
  labels[5:] = -1
  known, _ = train_step(initial, BATCH | {"index": index})
  unknown, _ = train_step(initial, {**BATCH, "labels": labels, "index": index})
  empty, _ = train_step(initial, with_empty_slots())
  helpers.assert_trees_equal(unknown.batch_stats, known.batch_stats)
  for seen, unseen in zip(
    jax.tree.leaves(unknown.batch_stats),
    jax.tree.leaves(empty.batch_stats),
    strict=True,
  ):
    assert not np.allclose(seen, unseen)


def test_a_batch_of_empty_slots_changes_nothing():
  train_step, initial = real_step()
  batch = with_empty_slots()
  batch["labels"][:], batch["index"][:] = -1, -1
  new, metrics = train_step(initial, batch)
  assert float(metrics["loss"]) == float(metrics["gradient_norm"]) == 0
  helpers.assert_trees_equal(new.batch_stats, initial.batch_stats)
  helpers.assert_trees_equal(new.params, initial.params)


def test_augmentation_dropout_and_loss_have_keys_of_their_own():
  seen = []

  def prepare(key, images, train):
    seen.append(key)
    return helpers.prepare(key, images, train)

  def apply(params, batch_stats, images, *, key, train, valid):
    seen.append(key)
    return helpers.apply(params, batch_stats, images, key=key, train=train)

  def loss(logits, labels, mask, base_rates, key):
    seen.append(key)
    return helpers.loss(logits, labels, mask, base_rates, key)

  train_step = step.make(apply, helpers.make_tx(), loss, prepare)
  current = helpers.make_state()
  for _ in range(2):
    current, _ = train_step(current, BATCH)
  keys = {tuple(np.ravel(jax.random.key_data(key)).tolist()) for key in seen}
  assert len(keys) == len(seen) == 6


def test_draws_depend_on_the_step_and_nothing_else():
  train_step = helpers.make_step(optax.sgd(0.0))
  initial = helpers.make_state(optax.sgd(0.0))
  second, first_metrics = train_step(initial, BATCH)
  _, again = train_step(initial, BATCH)
  _, other = train_step(second, BATCH)
  assert float(first_metrics["loss"]) == float(again["loss"])
  assert float(first_metrics["loss"]) != float(other["loss"])


def test_second_call_and_a_new_fold_compile_nothing():
  traces = []

  def loss(*args):
    traces.append(1)
    return helpers.loss(*args)

  tx = helpers.make_tx()
  train_step = jax.jit(step.make(helpers.apply, tx, loss, helpers.prepare))
  current, _ = train_step(helpers.make_state(tx), BATCH)
  train_step(current, BATCH)
  new_fold = state.create(
    helpers.init, tx, key=jax.random.key(1), base_rates=[0.3, 0.3, 0.3]
  )
  train_step(new_fold, BATCH)
  assert len(traces) == 1
  assert train_step._cache_size() == 1


def test_reports_the_learning_rate_of_its_schedule():
  train_step = helpers.make_step(schedule=lambda count: 0.1 / (1 + count))
  current, metrics = train_step(helpers.make_state(), BATCH)
  np.testing.assert_allclose(metrics["learning_rate"], 0.1)
  _, metrics = train_step(current, BATCH)
  np.testing.assert_allclose(metrics["learning_rate"], 0.05)


def test_prediction_neither_augments_nor_drops():
  predict = step.make_predict(helpers.apply, helpers.prepare)
  initial = helpers.make_state()
  first = predict(initial.params, initial.batch_stats, IMAGES)
  second = predict(initial.params, initial.batch_stats, IMAGES)
  np.testing.assert_array_equal(first, second)
  assert first.shape == (len(IMAGES), helpers.NUM_AUS)
  assert ((first > 0) & (first < 1)).all()
