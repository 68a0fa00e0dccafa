import jax
import numpy as np
import optax
import pytest

from aujax.training import state
from tests.training import helpers


def test_create_is_a_pytree_that_names_its_fields():
  initial = helpers.make_state()
  leaves = jax.tree_util.tree_leaves_with_path(initial)
  names = {path[0].name for path, _ in leaves}
  assert names == {
    "params", "batch_stats", "opt_state", "step", "key", "base_rates",
  }  # fmt: skip
  assert initial.step.dtype == np.int32
  np.testing.assert_array_equal(initial.base_rates, helpers.RATES)


def test_create_is_a_function_of_its_key():
  first, again = helpers.make_state(seed=1), helpers.make_state(seed=1)
  other = helpers.make_state(seed=2)
  helpers.assert_trees_equal(first, again)
  assert (first.params["head"]["w"] != other.params["head"]["w"]).any()


def test_initialisation_and_steps_draw_from_different_keys():
  seen = []

  def init(key):
    seen.append(jax.random.key_data(key))
    return helpers.init(key)

  initial = state.create(
    init, optax.sgd(1.0), key=jax.random.key(0), base_rates=helpers.RATES
  )
  assert (seen[0] != jax.random.key_data(initial.key)).any()


@pytest.mark.parametrize("rates", [[[0.5]], [1.5], [-0.1], 0.5])
def test_create_rejects_what_is_no_row_of_rates(rates):
  with pytest.raises(ValueError, match="expected base rates"):
    state.create(
      helpers.init, optax.sgd(1.0), key=jax.random.key(0), base_rates=rates
    )


def test_create_takes_the_rate_of_an_unannotated_au():
  initial = state.create(
    helpers.init,
    optax.sgd(1.0),
    key=jax.random.key(0),
    base_rates=[0.5, np.nan],
  )
  assert np.isnan(initial.base_rates[1])
