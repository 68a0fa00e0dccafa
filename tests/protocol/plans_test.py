import numpy as np
import pytest

from aujax.protocol import plans
from tests.protocol import miniature

RESAMPLED = ("none", "ml_ros", "ml_rus", "lp_ros", "lp_rus", "groups")
SAMPLERS = ("random", "stratified", "iterative", "momu")
ROWS = np.arange(10, 310)


@pytest.fixture(scope="module")
def labels():
  rng = np.random.default_rng(0)
  return (rng.random((320, 4)) < [0.5, 0.3, 0.1, 0.05]).astype(np.int8)


def _config(held="none", sampler="random"):
  config = miniature.config("records")
  config.batch_size = 8
  if held == "groups":
    config.balance = held
  else:
    config.resample = held
  config.sampler = "stratified" if sampler == "iterative" else sampler
  config.stratified.method = (
    "iterative" if sampler == "iterative" else "algorithm1"
  )
  return config


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("name", RESAMPLED)
def test_a_plan_holds_training_rows_alone(labels, name, sampler):
  config = _config(name, sampler)
  held = plans.hold(config, labels, ROWS, seed=3)
  plan = plans.make(config, labels, held, seed=4)
  for epoch in (0, 1):
    rows = plan(epoch)
    assert rows.shape == (plans.num_steps(config, held), config.batch_size)
    assert set(rows[rows >= 0]) <= set(ROWS)
    np.testing.assert_array_equal(plan(epoch), rows)
    if sampler != "momu":
      np.testing.assert_array_equal(np.sort(rows[rows >= 0]), np.sort(held))
  assert not np.array_equal(plan(0), plan(1))


@pytest.mark.parametrize("name", RESAMPLED)
def test_what_an_epoch_holds_follows_the_seed_and_the_training_rows(
  labels, name
):
  config = _config(name)
  held = plans.hold(config, labels, ROWS, seed=3)
  elsewhere = np.setdiff1d(np.arange(len(labels)), ROWS)
  others = labels.copy()
  others[elsewhere] = 1 - others[elsewhere]
  np.testing.assert_array_equal(plans.hold(config, others, ROWS, seed=3), held)
  sizes = {"lp_ros": 375, "ml_rus": 225, "lp_rus": 225, "none": 300}
  if name in sizes:
    assert len(held) == sizes[name]
  else:  # These stop where the AUs are balanced.
    assert len(held) > 300 and set(held) == set(ROWS)
  if name != "none":
    assert not np.array_equal(plans.hold(config, labels, ROWS, seed=5), held)


def test_balancing_repeats_no_frame_without_an_au(labels):
  config = _config("groups")
  held = plans.hold(config, labels, ROWS, seed=3)
  rows, repeats = np.unique(held, return_counts=True)
  shows = labels[rows].any(1)
  assert (repeats[~shows] == 1).all() and (~shows).any()
  assert repeats[shows].max() > 1
  before, after = (labels[r].sum(0) for r in (ROWS, held))
  assert np.ptp(after) < np.ptp(before)


def test_momu_evens_out_what_a_batch_holds(labels):
  config = _config(sampler="momu")
  config.momu.draw = 1
  rows = plans.make(config, labels, ROWS, seed=0)(0)
  counts = labels[rows].sum(1)
  random = plans.make(_config(), labels, ROWS, seed=0)(0)
  assert counts.min() >= 1
  assert labels[random].sum(1).min() == 0


@pytest.mark.parametrize(
  "change, message",
  [
    ({"sampler": "momo"}, "random, stratified, momu, got 'momo'"),
    ({"resample": "smote"}, "ml_ros.*got 'smote'"),
    ({"balance": "group"}, "none, groups, got 'group'"),
    ({"balance": "groups", "resample": "ml_ros"}, "got both"),
    ({"sampler": "momu", "momu.draw": 0}, "draw.*got 0"),
    ({"sampler": "stratified", "stratified.method": "sorted"}, "sorted"),
    ({"balance": "groups", "groups.max_growth": 0.5}, "max_growth.*0.5"),
    ({"resample": "lp_rus", "resample_percent": 120.0}, "percent.*120"),
  ],
)
def test_what_is_not_known_is_named(change, message):
  config = _config()
  config.update_from_flattened_dict(change)
  with pytest.raises(ValueError, match=message):
    plans.check(config)


def test_momu_without_a_positive_says_so_before_training(labels):
  config = _config(sampler="momu")
  with pytest.raises(ValueError, match="AU present"):
    plans.make(config, np.zeros_like(labels), ROWS, seed=0)
