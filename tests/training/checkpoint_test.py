import dataclasses
import pathlib

import jax
import numpy as np
import pytest

from aujax.training import checkpoint, sharding
from tests.training import helpers

IMAGES, LABELS = helpers.make_data()


@pytest.fixture(scope="module")
def states():
  """States after 0 to 5 steps, under an optimizer with parts."""
  train_step = jax.jit(helpers.make_step())
  states = [helpers.make_state()]
  for _ in range(5):
    state, _ = train_step(states[-1], {"image": IMAGES, "labels": LABELS})
    states.append(state)
  return states


def saved_steps(directory):
  return sorted(int(path.name) for path in pathlib.Path(directory).iterdir())


def test_restores_every_bit_and_the_meta(tmp_path, states):
  meta = {"epoch": 2, "history": [{"loss": 0.1}], "loss_sum": 1 / 3}
  with checkpoint.Checkpoints(tmp_path) as checkpoints:
    checkpoints.save(5, states[5], meta=meta)
  with checkpoint.Checkpoints(tmp_path) as checkpoints:
    state, restored = checkpoints.restore(states[0])
  helpers.assert_trees_equal(state, states[5])
  assert restored == meta


def test_restores_where_the_state_lived(tmp_path, states):
  mesh = sharding.make_mesh()
  placed = sharding.place(states[1], sharding.replicate(states[1], mesh))
  with checkpoint.Checkpoints(tmp_path) as checkpoints:
    checkpoints.save(1, placed, meta={})
    state, _ = checkpoints.restore(placed)
    again, _ = checkpoints.restore(state)
  jax.tree.map(
    lambda a, b: np.testing.assert_equal(a.sharding, b.sharding), state, placed
  )
  helpers.assert_trees_equal(again, states[1])


def test_restores_into_shapes_alone(tmp_path, states):
  shapes = jax.tree.map(
    lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=x.sharding),
    states[0],
  )
  with checkpoint.Checkpoints(tmp_path) as checkpoints:
    checkpoints.save(1, states[1], meta={})
    state, _ = checkpoints.restore(shapes)
  helpers.assert_trees_equal(state, states[1])


@pytest.mark.parametrize(
  ("scores", "kept", "best"),
  [
    ([0.1, 0.2, 0.3], [3], 3),
    ([0.3, 0.1, 0.2], [1, 3], 1),
    ([0.2, 0.2, 0.1], [1, 3], 1),  # the earlier of equals
    ([None, None, None], [3], None),
    ([0.1, None, None], [1, 3], 1),  # without a score, never the best
    ([0.1, None, 0.2, None, 0.1], [3, 5], 3),
    ([0.0, None], [1, 2], 1),  # a score of 0 is one
  ],
)
def test_keeps_latest_and_best(tmp_path, states, scores, kept, best):
  with checkpoint.Checkpoints(tmp_path) as checkpoints:
    for step, score in enumerate(scores, 1):
      checkpoints.save(step, states[step], meta={}, score=score)
    checkpoints.wait()
    assert checkpoints.best == best
  assert saved_steps(tmp_path) == kept
  with checkpoint.Checkpoints(tmp_path) as checkpoints:
    assert checkpoints.latest == kept[-1]
    assert checkpoints.best == best
    state, _ = checkpoints.restore(states[0], step=kept[0])
  helpers.assert_trees_equal(state, states[kept[0]])


def test_scores_are_known_to_the_next_process(tmp_path, states):
  for step, score in enumerate([0.1, 0.3, 0.2, None], 1):
    with checkpoint.Checkpoints(tmp_path) as checkpoints:
      checkpoints.save(step, states[step], meta={}, score=score)
  assert saved_steps(tmp_path) == [2, 4]


def test_state_may_be_donated_while_it_is_written(tmp_path):
  train_step = jax.jit(helpers.make_step(), donate_argnums=0)
  state, digests = helpers.make_state(), {}
  with checkpoint.Checkpoints(tmp_path) as checkpoints:
    for step in range(1, 6):
      state, _ = train_step(state, {"image": IMAGES, "labels": LABELS})
      digests[step] = np.asarray(state.params["head"]["w"]).copy()
      checkpoints.save(step, state, meta={}, score=-step)
    first, _ = checkpoints.restore(helpers.make_state(), step=1)
    last, _ = checkpoints.restore(helpers.make_state())
  np.testing.assert_array_equal(first.params["head"]["w"], digests[1])
  np.testing.assert_array_equal(last.params["head"]["w"], digests[5])


def test_what_a_killed_process_left_is_removed(tmp_path, states):
  with checkpoint.Checkpoints(tmp_path) as checkpoints:
    checkpoints.save(1, states[1], meta={})
  half = tmp_path / "2.orbax-checkpoint-tmp"
  half.mkdir()
  (half / "state").mkdir()
  with checkpoint.Checkpoints(tmp_path) as checkpoints:
    assert checkpoints.latest == 1
    checkpoints.save(2, states[2], meta={})
  assert saved_steps(tmp_path) == [2]


def test_nothing_to_restore_is_said(tmp_path, states):
  with checkpoint.Checkpoints(tmp_path / "new") as checkpoints:
    assert checkpoints.latest is None
    assert checkpoints.best is None
    with pytest.raises(FileNotFoundError, match="expected a checkpoint in"):
      checkpoints.restore(states[0])


def test_other_identity_is_refused_in_one_sentence(tmp_path, states):
  one = checkpoint.Checkpoints(tmp_path, identity={"config": "aa"})
  with one:
    one.save(1, states[1], meta={})
  other = checkpoint.Checkpoints(tmp_path, identity={"config": "bb"})
  with other, pytest.raises(ValueError, match="config 'bb', got 'aa'") as info:
    other.restore(states[0])
  assert "\n" not in str(info.value)
  with checkpoint.Checkpoints(tmp_path, identity={"config": "aa"}) as again:
    again.restore(states[0])


def test_numbers_in_a_rate_schedule_are_saved(tmp_path, states):
  # The optimizer counts steps; a restored count must go on, not start anew.
  with checkpoint.Checkpoints(tmp_path) as checkpoints:
    checkpoints.save(3, states[3], meta={})
    state, _ = checkpoints.restore(states[0])
  train_step = jax.jit(helpers.make_step())
  next_state, _ = train_step(state, {"image": IMAGES, "labels": LABELS})
  helpers.assert_trees_equal(next_state, states[4])
  assert dataclasses.is_dataclass(state)
