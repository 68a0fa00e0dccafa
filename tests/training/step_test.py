import jax
import jax.numpy as jnp
import numpy as np
import optax

from aujax.training import state, step
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

  def loss(logits, labels, mask, base_rates):
    seen.append((labels, mask, base_rates))
    return helpers.loss(logits, labels, mask, base_rates)

  train_step = step.make(
    helpers.apply, helpers.make_tx(), loss, helpers.prepare
  )
  initial = helpers.make_state()
  train_step(initial, {**BATCH, "labels": labels})
  values, mask, rates = seen[0]
  np.testing.assert_array_equal(mask, labels != -1)
  np.testing.assert_array_equal(values[mask], labels[mask])
  np.testing.assert_array_equal(rates, initial.base_rates)


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
