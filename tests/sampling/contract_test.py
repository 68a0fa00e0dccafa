"""What every sampler keeps to. A new one takes a row in SAMPLERS."""

import inspect

import hypothesis
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st

from aujax import sampling
from aujax.sampling import groups

BATCH, STEPS, PERCENT = 4, 5, 30


def _deals(labels, plan):
  """Every example once, in batches of nearly the same size."""
  assert plan.shape == (-(-len(labels) // BATCH), BATCH)
  sizes = (plan >= 0).sum(axis=1)
  assert not len(sizes) or np.ptp(sizes) <= 1
  full = np.arange(BATCH) < sizes[:, None]
  assert sorted(plan[full].tolist()) == list(range(len(labels)))
  assert (plan[~full] == -1).all()


def _draws(labels, plan):
  """Full batches of examples with an AU, repeated in one only by need."""
  assert plan.shape == (STEPS, BATCH)
  positive = labels == 1
  assert positive[plan].any(axis=2).all()
  for row in plan:
    for example in row[np.bincount(row)[row] > 1]:
      # Nothing is left of one of its AUs that is not in the batch as well.
      others = positive[np.setdiff1d(np.arange(len(labels)), row)]
      assert (positive[example] & ~others.any(axis=0)).any()


def _clones(labels, chosen):
  """Every example, and then no more clones than asked for."""
  assert chosen[: len(labels)].tolist() == list(range(len(labels)))
  assert len(chosen) <= len(labels) * (100 + PERCENT) / 100


def _deletes(labels, chosen):
  """Examples once or not at all, no fewer than asked for."""
  assert (np.diff(chosen) > 0).all()
  assert len(chosen) >= len(labels) * (100 - PERCENT) / 100


def _repeats(labels, chosen):
  """Every example, twice as often as given, and once more per label set."""
  sets = groups.unique_groups(labels)
  got = np.bincount(sets.membership[chosen], minlength=len(sets.counts))
  assert got.tolist() == (2 * sets.counts + 1).tolist()
  assert set(np.bincount(chosen, minlength=len(labels))) <= {2, 3}


def _resample(sampler):
  """A sampler that takes no epoch: each has a seed of its own."""
  return lambda labels, *, seed, epoch: sampler(
    labels, percent=PERCENT, seed=1000 * seed + epoch
  )


def _augmentation_plan(labels, *, seed, epoch):
  sets = groups.unique_groups(labels)
  repeats = groups.augmentation_plan(
    sets.membership, 2 * sets.counts + 1, seed=1000 * seed + epoch
  )
  return np.repeat(np.arange(len(repeats)), repeats)


# What it does, how it is called, and the end of its choice for GIVEN.
SAMPLERS = {
  "random_batches": (
    _deals,
    lambda x, **key: sampling.random_batches(len(x), BATCH, **key),
    [1, 19, 7, 10, 21, 23, 3, 16, 8, 13],
  ),
  "stratified_batches": (
    _deals,
    lambda x, **key: sampling.stratified_batches(x, BATCH, **key),
    [4, 18, 21, 15, 1, 20, 9, 5, 7, 16],
  ),
  "stratified_batches, iterative": (
    _deals,
    lambda x, **key: sampling.stratified_batches(
      x, BATCH, method="iterative", **key
    ),
    [8, 9, 19, 15, 0, 7, 16, 13, 21, 10],
  ),
  "momu_batches": (
    _draws,
    lambda x, **key: sampling.momu_batches(x, BATCH, STEPS, draw=1, **key),
    [4, 22, 21, 15, 11, 22, 23, 8, 9, 22],
  ),
  "momu_batches, draw 3": (
    _draws,
    lambda x, **key: sampling.momu_batches(x, BATCH, STEPS, draw=3, **key),
    [22, 6, 21, 22, 23, 0, 21, 22, 23, 10],
  ),
  "momu_batches, refill all": (
    _draws,
    lambda x, **key: sampling.momu_batches(
      x, BATCH, STEPS, draw=2, refill="all", **key
    ),
    [1, 8, 22, 23, 21, 0, 21, 22, 4, 2],
  ),
  "ml_ros": (
    _clones,
    _resample(sampling.ml_ros),
    [18, 19, 20, 21, 22, 23, 23, 21, 22, 23],
  ),
  "ml_rus": (
    _deletes,
    _resample(sampling.ml_rus),
    [9, 10, 14, 15, 16, 17, 18, 19, 20, 23],
  ),
  "lp_ros": (
    _clones,
    _resample(sampling.lp_ros),
    [20, 21, 22, 23, 15, 22, 23, 21, 21, 21],
  ),
  "lp_rus": (
    _deletes,
    _resample(sampling.lp_rus),
    [13, 14, 15, 16, 17, 18, 20, 21, 22, 23],
  ),
  "augmentation_plan": (
    _repeats,
    _augmentation_plan,
    [20, 20, 21, 21, 21, 22, 22, 23, 23, 23],
  ),
}
EVERY = pytest.mark.parametrize("name", SAMPLERS)

# 24 examples: AU 0 frequent, AU 1 less so, AU 2 rare, AU 3 never.
GIVEN = np.array(
  [[1, 0, 0, 0]] * 9
  + [[1, 1, 0, 0]] * 4
  + [[0, 1, 0, -1]] * 3
  + [[0, 0, 0, 0]] * 5
  + [[1, 0, 1, 0], [0, 1, 1, 0], [-1, 1, 1, 0]],
  np.int8,
)
CORNERS = {
  "no example": np.zeros((0, 3), np.int8),
  "one example": np.array([[0, 1]], np.int8),
  "one without AU": np.array([[0, 0]], np.int8),
  "fewer than a batch": np.array([[0, 1], [1, 1], [1, -1]], np.int8),
  "only negatives": np.zeros((9, 2), np.int8),
  "nothing known": np.full((9, 2), -1, np.int8),
  "only positives": np.ones((9, 2), np.int8),
  "an AU in fewer than batches": np.eye(2, dtype=np.int8)[[0] * 20 + [1] * 2],
  "an AU in one": np.array([[1, 1]] + [[1, 0]] * 20 + [[0, 0]] * 9, np.int8),
}


@st.composite
def _matrices(draw):
  """Labels of AUs whose rates differ as much as chance wants."""
  num_examples, num_aus = draw(st.integers(0, 40)), draw(st.integers(1, 5))
  rate = st.sampled_from([0.0, 0.05, 0.2, 0.5, 0.95, 1.0])
  rates = draw(st.lists(rate, min_size=num_aus, max_size=num_aus))
  chance = np.random.default_rng(draw(st.integers(0, 10_000)))
  labels = (chance.random((num_examples, num_aus)) < rates).astype(np.int8)
  labels[chance.random(labels.shape) < draw(st.sampled_from([0, 0.2]))] = -1
  return labels


def _check(name, labels, *, seed, epoch=0):
  keeps_its_word, sampler, _ = SAMPLERS[name]
  if keeps_its_word is _draws and not (labels == 1).any():
    with pytest.raises(ValueError, match="expected labels with an AU"):
      sampler(labels, seed=seed, epoch=epoch)
    return
  given = labels.copy()
  labels.flags.writeable = False
  chosen = sampler(labels, seed=seed, epoch=epoch)
  np.testing.assert_array_equal(labels, given)
  assert isinstance(chosen, np.ndarray) and chosen.dtype == np.int64
  indices = chosen[chosen != -1]
  assert ((indices >= 0) & (indices < len(labels))).all()
  keeps_its_word(labels, chosen)
  again = sampler(given, seed=seed, epoch=epoch)
  np.testing.assert_array_equal(again, chosen)
  # Unknown counts as absent.
  again = sampler(np.maximum(given, 0), seed=seed, epoch=epoch)
  np.testing.assert_array_equal(again, chosen)


@EVERY
@hypothesis.given(
  labels=_matrices(), seed=st.integers(0, 9), epoch=st.integers(0, 9)
)
def test_sampler_keeps_to_the_contract(name, labels, seed, epoch):
  _check(name, labels, seed=seed, epoch=epoch)


@EVERY
@pytest.mark.parametrize("corner", CORNERS)
def test_sampler_keeps_to_the_contract_in_corners(name, corner):
  _check(name, CORNERS[corner].copy(), seed=0)


@EVERY
def test_seed_and_epoch_decide(name):
  _, sampler, _ = SAMPLERS[name]
  chosen = {
    tuple(sampler(GIVEN, seed=seed, epoch=epoch).ravel().tolist())
    for seed in (0, 1, 2**50)
    for epoch in range(6)
  }
  assert len(chosen) > 9


@EVERY
def test_jax_arrays_give_the_same(name):
  _, sampler, _ = SAMPLERS[name]
  np.testing.assert_array_equal(
    sampler(jnp.asarray(GIVEN), seed=3, epoch=1),
    sampler(GIVEN, seed=3, epoch=1),
  )


@EVERY
def test_golden_rows(name):
  _, sampler, golden = SAMPLERS[name]
  assert sampler(GIVEN, seed=7, epoch=2).ravel()[-10:].tolist() == golden


@EVERY
def test_labels_that_are_none_are_refused(name):
  _, sampler, _ = SAMPLERS[name]
  if name != "random_batches":  # Which looks at no labels.
    with pytest.raises(ValueError, match="got 9 in row 0, column 1"):
      sampler(np.array([[1, 9]]), seed=0, epoch=0)


def test_every_public_sampler_is_here():
  public = {
    name
    for name in sampling.__all__
    if "seed" in inspect.signature(getattr(sampling, name)).parameters
  }
  assert public <= {name.split(",")[0] for name in SAMPLERS}
