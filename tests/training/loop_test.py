import dataclasses
import json
import os
import signal

import jax
import numpy as np
import pytest

from aujax.training import checkpoint, loop, sharding, step
from tests.training import helpers

IMAGES, LABELS = helpers.make_data()
NUM_EPOCHS = 3
STEPS = 4
COMPILED = {}


class Killed(Exception):
  """Stands for the end of the process."""


def compiled():
  """Step, predict and initial state, compiled once for all tests."""
  tx = helpers.make_tx()
  mesh = sharding.make_mesh()
  initial = helpers.make_state(tx)
  shardings = sharding.replicate(initial, mesh)
  if not COMPILED:
    predict = step.make_predict(helpers.apply, helpers.prepare)
    COMPILED["step"] = sharding.jit_step(helpers.make_step(tx), mesh, shardings)
    COMPILED["predict"] = sharding.jit_predict(predict, mesh)
  placed = sharding.place(initial, shardings)
  return COMPILED["step"], COMPILED["predict"], placed


def run(
  folder, *, on_step=None, evaluate=None, plan=None, batches=None, **kwargs
):
  """Trains into a folder; on_step may look in, or raise, before each step."""
  jitted, predict, state = compiled()

  def train_step(state, batch):
    if on_step:
      on_step(int(state.step))
    return jitted(state, batch)

  def score(params, batch_stats):
    known = LABELS >= 0
    hit = (predict(params, batch_stats, IMAGES) >= 0.5) == (LABELS == 1)
    return {"score": hit[known].mean(), "per_au": hit.mean(0)}

  with checkpoint.Checkpoints(folder / "checkpoints") as checkpoints:
    return loop.train(
      state,
      train_step,
      plan=plan or helpers.make_plan(),
      batches=batches or helpers.make_batches(IMAGES, LABELS),
      num_epochs=NUM_EPOCHS,
      evaluate=evaluate or score,
      checkpoints=checkpoints,
      log_path=folder / "metrics.jsonl",
      log_every_steps=1,
      **kwargs,
    )


def rows(folder):
  """The metrics file without its times."""
  lines = (folder / "metrics.jsonl").read_text().splitlines()
  parsed = [json.loads(line) for line in lines]
  return [
    {name: value for name, value in row.items() if name != "seconds"}
    for row in parsed
  ]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
  folder = tmp_path_factory.mktemp("unbroken")
  return folder, run(folder, save_every_steps=2)


def test_a_run_leaves_state_history_and_metrics(unbroken):
  folder, result = unbroken
  assert int(result.state.step) == NUM_EPOCHS * STEPS
  assert [row["epoch"] for row in result.history] == [1, 2, 3]
  steps = [row for row in rows(folder) if "epoch" not in row]
  assert [row["step"] for row in steps] == list(range(1, 13))
  epochs = [row for row in rows(folder) if "epoch" in row]
  for epoch, row in enumerate(epochs):
    part = [r["loss"] for r in steps[STEPS * epoch : STEPS * (epoch + 1)]]
    np.testing.assert_allclose(row["loss"], np.mean(part), rtol=1e-12)
    assert len(row["per_au"]) == helpers.NUM_AUS
  assert epochs[-1]["loss"] < epochs[0]["loss"]


@pytest.mark.parametrize("killed_at", range(NUM_EPOCHS * STEPS))
def test_resume_is_exact_at_every_step(tmp_path, unbroken, killed_at):
  def on_step(number):
    if number == killed_at:
      raise Killed

  with pytest.raises(Killed):
    run(tmp_path, save_every_steps=2, on_step=on_step)
  result = run(tmp_path, save_every_steps=2)
  folder, expected = unbroken
  helpers.assert_trees_equal(result.state, expected.state)
  helpers.assert_trees_equal(result.params, expected.params)
  assert result.best_epoch == expected.best_epoch
  assert rows(tmp_path) == rows(folder)


def test_killed_in_the_evaluation(tmp_path, unbroken):
  def evaluate(params, batch_stats):
    raise Killed

  with pytest.raises(Killed):
    run(tmp_path, save_every_steps=2, evaluate=evaluate)
  result = run(tmp_path, save_every_steps=2)
  helpers.assert_trees_equal(result.state, unbroken[1].state)
  assert rows(tmp_path) == rows(unbroken[0])


def test_saves_do_not_change_the_result(tmp_path, unbroken):
  result = run(tmp_path)
  helpers.assert_trees_equal(result.state, unbroken[1].state)


def test_a_finished_run_takes_no_step(tmp_path):
  first = run(tmp_path)
  before = rows(tmp_path)
  again = run(tmp_path, on_step=lambda number: pytest.fail("took a step"))
  helpers.assert_trees_equal(first.state, again.state)
  helpers.assert_trees_equal(first.params, again.params)
  assert first.history == again.history
  assert rows(tmp_path) == before


def test_best_is_the_epoch_with_the_highest_score(tmp_path):
  seen, scores = [], iter([0.2, 0.9, 0.4])

  def evaluate(params, batch_stats):
    seen.append(jax.tree.map(np.array, (params, batch_stats)))
    return {"score": next(scores)}

  result = run(tmp_path, evaluate=evaluate, save_every_steps=1)
  assert result.best_epoch == 2
  helpers.assert_trees_equal(seen[1][0], jax.tree.map(np.array, result.params))
  helpers.assert_trees_equal(
    seen[1][1], jax.tree.map(np.array, result.batch_stats)
  )


def test_nan_stops_the_run_and_names_the_step(tmp_path):
  jitted, _, _ = compiled()

  def poisoned(plan, start_step=0):
    for number, batch in enumerate(
      helpers.make_batches(IMAGES, LABELS)(plan, start_step), start_step
    ):
      yield {**batch, "nan": number == 2}

  def train_step(state, batch):
    state, metrics = jitted(state, batch)
    bad = batch["nan"]
    return state, {"loss": metrics["loss"] * (np.nan if bad else 1)}

  with (
    checkpoint.Checkpoints(tmp_path) as checkpoints,
    pytest.raises(FloatingPointError, match=r"loss nan at step 3;.*step 2"),
  ):
    loop.train(
      compiled()[2],
      train_step,
      plan=helpers.make_plan(),
      batches=poisoned,
      num_epochs=1,
      evaluate=lambda *_: pytest.fail("evaluated a broken model"),
      checkpoints=checkpoints,
      save_every_steps=1,
    )
  with checkpoint.Checkpoints(tmp_path) as checkpoints:
    assert checkpoints.latest == 2
    state, _ = checkpoints.restore(compiled()[2])
  assert all(np.isfinite(x).all() for x in jax.tree.leaves(state.params))


@pytest.mark.parametrize(
  ("number", "error"),
  [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)],
)
@pytest.mark.parametrize("at", [5, 7])
def test_signal_saves_and_leaves(tmp_path, unbroken, number, error, at):
  previous = signal.getsignal(number)

  def on_step(current):
    if current == at:
      os.kill(os.getpid(), number)

  with pytest.raises(error):
    run(tmp_path, on_step=on_step)
  assert signal.getsignal(number) is previous
  with checkpoint.Checkpoints(tmp_path / "checkpoints") as checkpoints:
    assert checkpoints.latest == at + 1
  result = run(tmp_path)
  helpers.assert_trees_equal(result.state, unbroken[1].state)
  assert rows(tmp_path) == rows(unbroken[0])


def test_second_interrupt_is_raised_at_once(tmp_path):
  def on_step(current):
    if current == 1:
      os.kill(os.getpid(), signal.SIGINT)
      os.kill(os.getpid(), signal.SIGINT)

  with pytest.raises(KeyboardInterrupt):
    run(tmp_path, on_step=on_step)
  with checkpoint.Checkpoints(tmp_path / "checkpoints") as checkpoints:
    assert checkpoints.latest is None


def test_other_plan_is_refused(tmp_path):
  run(tmp_path)
  with pytest.raises(ValueError, match="data, seed and batch size"):
    run(tmp_path, plan=helpers.make_plan(seed=1))


def test_missing_batches_are_noticed(tmp_path):
  def short(plan, start_step=0):
    return helpers.make_batches(IMAGES, LABELS)(plan[:-1], start_step)

  with pytest.raises(ValueError, match="expected 4 batches in epoch 1, got 3"):
    run(tmp_path, batches=short)


@pytest.mark.parametrize("last_step", [False, True])
def test_parameters_that_overflow_are_never_saved(tmp_path, last_step):
  # The loss of a step is that of the parameters it started from.
  jitted, _, _ = compiled()
  num_steps = len(helpers.make_plan()(0))
  poisoned = num_steps if last_step else 2

  def train_step(state, batch):
    state, metrics = jitted(state, batch)
    if int(state.step) == poisoned:
      params = jax.tree.map(lambda x: x * np.inf, state.params)
      state = dataclasses.replace(state, params=params)
    return state, metrics

  with (
    checkpoint.Checkpoints(tmp_path) as checkpoints,
    pytest.raises(FloatingPointError, match=f"after step {poisoned}"),
  ):
    loop.train(
      compiled()[2],
      train_step,
      plan=helpers.make_plan(),
      batches=helpers.make_batches(IMAGES, LABELS),
      num_epochs=1,
      evaluate=lambda *_: pytest.fail("evaluated a broken model"),
      checkpoints=checkpoints,
      save_every_steps=1,
    )
  with checkpoint.Checkpoints(tmp_path) as checkpoints:
    assert checkpoints.latest == poisoned - 1


@pytest.mark.parametrize("score", [None, float("nan"), "high"])
def test_evaluate_must_return_a_score(tmp_path, score):
  values = {} if score is None else {"score": score}
  with pytest.raises(ValueError, match="finite 'score' .* after epoch 1"):
    run(tmp_path, evaluate=lambda *_: values)


def test_pipeline_is_closed_when_the_loop_is_left(tmp_path):
  closed = []

  def batches(plan, start_step=0):
    try:
      yield from helpers.make_batches(IMAGES, LABELS)(plan, start_step)
    finally:
      closed.append(True)

  def on_step(current):
    if current == 1:
      raise Killed

  with pytest.raises(Killed):
    run(tmp_path, batches=batches, on_step=on_step)
  assert closed


def test_rejects_no_epochs(tmp_path):
  with (
    checkpoint.Checkpoints(tmp_path) as checkpoints,
    pytest.raises(ValueError, match="at least 1 epoch"),
  ):
    loop.train(
      None, None, plan=None, batches=None, num_epochs=0, evaluate=None,
      checkpoints=checkpoints,
    )  # fmt: skip
