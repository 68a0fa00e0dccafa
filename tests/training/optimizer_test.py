import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from aujax.training import optimizer

PARAMS = {
  "backbone": {"w": jnp.ones((2, 2)), "b": jnp.ones(2)},
  "encoder": {"w": jnp.ones((2, 2))},
  "decoder": {"w": jnp.ones((2, 2))},
  "head": {"w": jnp.ones((2, 2))},
}
RATES = {"backbone": 1e-3, "encoder": 2e-3, "decoder": 3e-3, "rest": 4e-3}


def take_steps(tx, params, num_steps=1):
  """Updates of each step under gradients of one."""
  gradients = jax.tree.map(jnp.ones_like, params)
  opt_state, history = tx.init(params), []
  for _ in range(num_steps):
    updates, opt_state = tx.update(gradients, opt_state, params)
    history.append(updates)
  return history


def test_each_group_moves_at_its_own_rate():
  # Adam's first step is the rate times the gradient's sign.
  tx = optimizer.adamw_exponential(RATES, steps_per_epoch=5, weight_decay=0.0)
  (updates,) = take_steps(tx, PARAMS)
  names = {"head": "rest"}
  for name, group in updates.items():
    for leaf in jax.tree.leaves(group):
      np.testing.assert_allclose(leaf, -RATES[names.get(name, name)], rtol=1e-5)


def test_decay_is_multiplied_by_the_rate_and_spares_vectors():
  tx = optimizer.adamw_exponential(RATES, steps_per_epoch=5, weight_decay=0.5)
  (updates,) = take_steps(tx, PARAMS)
  np.testing.assert_allclose(updates["encoder"]["w"], -2e-3 * 1.5, rtol=1e-5)
  np.testing.assert_allclose(updates["backbone"]["b"], -1e-3, rtol=1e-5)


def test_rate_decays_once_per_epoch():
  tx = optimizer.adamw_exponential(1e-3, steps_per_epoch=2, weight_decay=0.0)
  moved = [float(-u["b"][0]) for u in take_steps(tx, {"b": jnp.ones(1)}, 5)]
  expected = 1e-3 * 0.75 ** np.array([0, 0, 1, 1, 2])
  np.testing.assert_allclose(moved, expected, rtol=1e-4)


def test_adam_step_drops_after_its_epochs():
  tx = optimizer.adam_step(steps_per_epoch=1, drop_epochs=2)
  moved = [float(-u["b"][0]) for u in take_steps(tx, {"b": jnp.ones(1)}, 4)]
  np.testing.assert_allclose(moved, [1e-3, 1e-3, 1e-4, 1e-4], rtol=1e-4)


def test_sgd_step_gathers_momentum_decays_and_drops():
  tx = optimizer.sgd_step(
    0.1, steps_per_epoch=1, drop_epochs=2, momentum=0.5, weight_decay=0.2
  )
  params = {"w": jnp.full((1, 1), 5.0), "b": jnp.full(1, 5.0)}
  updates = take_steps(tx, params, 4)
  # Gradient 1, and 0.2 x 5 more where there is decay; what goes on is 1, 1.5,
  # 1.75, 1.875 times that, and the rate a tenth from the third step on.
  rates = np.array([0.1, 0.1, 0.01, 0.01])
  expected = -rates * np.array([1, 1.5, 1.75, 1.875])
  np.testing.assert_allclose([u["b"][0] for u in updates], expected, rtol=1e-5)
  np.testing.assert_allclose(
    [u["w"][0, 0] for u in updates], 2 * expected, rtol=1e-5
  )


def test_unknown_group_is_named():
  with pytest.raises(ValueError, match="spine"):
    optimizer.per_group(optax.sgd, {"spine": 1.0})


def test_parameter_without_a_rate_is_named():
  tx = optimizer.per_group(optax.sgd, {"backbone": 1.0})
  with pytest.raises(ValueError, match="decoder.*'rest'"):
    tx.init(PARAMS)


@pytest.mark.parametrize(
  "name", ["adamw_exponential", "adamw_cosine", "adam_step"]
)
def test_every_optimizer_is_made_by_its_name_and_moves(name):
  options = {"rates": 0.1} if "adamw" in name else {"rate": 0.1}
  if name == "adamw_exponential":
    options["weight_decay"] = 0.0
  tx = optimizer.create(name, steps_per_epoch=4, num_epochs=2, **options)
  (first,) = take_steps(tx, PARAMS)
  np.testing.assert_allclose(first["head"]["w"], -0.1, rtol=1e-4)


def test_unknown_names_and_options_answer_with_the_known():
  durations = {"steps_per_epoch": 4, "num_epochs": 2}
  with pytest.raises(ValueError, match="adamw_cosine.*'sgd'"):
    optimizer.create("sgd", **durations)
  with pytest.raises(ValueError, match=r"drop_epochs.*\['momentum'\]"):
    optimizer.create("adam_step", momentum=0.9, **durations)
