import itertools

import hypothesis
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st

from aujax.sampling import groups

# Frames of each AU of the merged training sets; seed 2, Table I.
TABLE_I = np.array([62180, 12699, 48209, 18455, 33237, 5306, 9600, 28175])
TABLE_I_IMAGES = 322_551


@st.composite
def _matrices(draw):
  num_frames, num_aus = draw(st.integers(0, 60)), draw(st.integers(0, 40))
  chance = np.random.default_rng(draw(st.integers(0, 10_000)))
  # Few different rows, as in data.
  labels = chance.integers(-1, 2, (draw(st.integers(1, 60)), num_aus))
  return labels[chance.integers(0, len(labels), num_frames)].astype(np.int8)


def test_groups_of_a_few_frames():
  labels = np.array([[1, 0, 1], [0, -1, 1], [0, 0, 0], [0, 0, 1], [1, 0, 1]])
  found = groups.unique_groups(labels)
  assert found.patterns.dtype == bool
  assert found.counts.dtype == found.membership.dtype == np.int64
  np.testing.assert_array_equal(
    found.patterns, [[0, 0, 0], [0, 0, 1], [1, 0, 1]]
  )
  np.testing.assert_array_equal(found.counts, [1, 2, 2])
  np.testing.assert_array_equal(found.membership, [2, 1, 0, 1, 2])


@hypothesis.given(_matrices())
def test_groups_are_the_unique_rows_in_order(labels):
  found = groups.unique_groups(labels)
  present = labels == 1
  assert found.patterns.shape == (len(found.counts), labels.shape[1])
  np.testing.assert_array_equal(found.patterns[found.membership], present)
  rows = [tuple(row) for row in found.patterns.tolist()]
  assert rows == sorted(set(map(tuple, present.tolist())))
  np.testing.assert_array_equal(
    found.counts, [present.tolist().count(list(row)) for row in rows]
  )


@pytest.mark.parametrize("num_aus", [12, 16, 17, 41])
def test_many_frames_agree_with_numpy(num_aus):
  chance = np.random.default_rng(num_aus)
  labels = (chance.random((30_000, num_aus)) < 0.1).astype(np.int8)
  patterns, membership, counts = np.unique(
    labels, axis=0, return_inverse=True, return_counts=True
  )
  found = groups.unique_groups(labels)
  np.testing.assert_array_equal(found.patterns, patterns)
  np.testing.assert_array_equal(found.membership, membership.ravel())
  np.testing.assert_array_equal(found.counts, counts)


@pytest.mark.parametrize("convert", [np.asfortranarray, jnp.asarray])
def test_any_array_and_layout(convert):
  labels = np.random.default_rng(0).integers(-1, 2, (200, 20)).astype(np.int8)
  one, other = (
    groups.unique_groups(labels),
    groups.unique_groups(convert(labels)),
  )
  np.testing.assert_array_equal(one.patterns, other.patterns)
  np.testing.assert_array_equal(one.membership, other.membership)


def test_another_value_is_named():
  with pytest.raises(ValueError, match="got 9 in row 1, column 0"):
    groups.unique_groups(np.array([[1, 0], [9, 1]]))


@hypothesis.given(
  sizes=st.lists(st.integers(0, 12), min_size=1, max_size=8),
  seed=st.integers(0, 2**63),
)
def test_plan_reaches_each_count_evenly(sizes, seed):
  chance = np.random.default_rng(seed)
  membership = chance.permutation(np.repeat(np.arange(len(sizes)), sizes))
  sizes = np.array(sizes)
  counts = np.where(sizes, sizes + chance.integers(0, 40, len(sizes)), 0)
  repeats = groups.augmentation_plan(membership, counts, seed=seed)
  assert repeats.dtype == np.int64 and repeats.shape == membership.shape
  for group in np.flatnonzero(sizes):
    of_group = repeats[membership == group]
    assert of_group.sum() == counts[group]
    assert of_group.min() >= 1 and np.ptp(of_group) <= 1


def test_plan_golden_rows():
  membership = np.array([0, 1, 2, 1, 1, 0, 2, 1, 1, 3])
  repeats = groups.augmentation_plan(
    membership, np.array([2, 8, 5, 10]), seed=3
  )
  np.testing.assert_array_equal(repeats, [1, 2, 2, 1, 1, 1, 3, 2, 2, 10])


def test_every_frame_is_as_likely_to_have_one_more():
  membership = np.array([0, 1, 0, 0, 1, 0])
  plans = [
    groups.augmentation_plan(membership, np.array([5, 2]), seed=seed)
    for seed in range(2000)
  ]
  more = (np.array(plans) == 2).sum(axis=0)
  assert more[[1, 4]].tolist() == [0, 0]
  assert abs(more[[0, 2, 3, 5]] - 500).max() < 100  # Five deviations.


def test_plan_depends_on_the_seed_alone():
  membership, counts = np.arange(100) % 3, np.array([50, 60, 70])
  one, same, other = (
    groups.augmentation_plan(m, c, seed=seed)
    for m, c, seed in [
      (membership, counts, 1),
      (jnp.asarray(membership), jnp.asarray(counts), 1),
      (membership, counts, 2),
    ]
  )
  np.testing.assert_array_equal(one, same)
  assert not np.array_equal(one, other)


def test_groups_that_keep_their_count_are_used_once():
  membership = np.array([1, 0, 1])
  repeats = groups.augmentation_plan(membership, np.array([1, 2]), seed=0)
  np.testing.assert_array_equal(repeats, [1, 1, 1])


def test_no_frames_need_no_plan():
  none = np.zeros(0, np.int64)
  assert groups.augmentation_plan(none, none, seed=0).shape == (0,)


@pytest.mark.parametrize(
  "membership, counts, message",
  [
    ([0, 1, 1], [1, 1], "got 1 for group 1, which has 2 frames"),
    ([0, 0], [2, 3], "got 3 for group 1, which has 0 frames"),
    ([0, 2], [1, 1], "groups from 0 to 1, got 2 for frame 1"),
    ([-1, 0], [1, 1], "groups from 0 to 1, got -1 for frame 0"),
  ],
)
def test_counts_of_other_groups_are_refused(membership, counts, message):
  with pytest.raises(ValueError, match=message):
    groups.augmentation_plan(np.array(membership), np.array(counts), seed=0)


def test_labels_to_balanced_frames():
  labels = np.repeat([[1, 0], [0, 1], [0, 0]], [50, 10, 40], axis=0)
  found = groups.unique_groups(labels)
  balance = groups.balance_groups(
    found.patterns, found.counts, variance_weight=0.1
  )
  repeats = groups.augmentation_plan(found.membership, balance.counts, seed=0)
  balanced = np.repeat(labels, repeats, axis=0)
  np.testing.assert_array_equal(balanced.sum(axis=0), [50, 50])


def test_a_dataset_is_balanced_to_the_proven_optimum():
  chance = np.random.default_rng(0)
  rates = [0.05, 0.15, 0.17, 0.17, 0.2, 0.21, 0.34, 0.46, 0.47, 0.55, 0.56, 0.6]
  labels = (chance.random((100_000, 12)) < rates).astype(np.int8)
  found = groups.unique_groups(labels)
  assert len(found.counts) > 2000
  balance = groups.balance_groups(found.patterns, found.counts)
  assert 0 <= balance.gap < 1e-5
  before, after = (n @ found.patterns for n in (found.counts, balance.counts))
  assert after.min() / after.max() > 2 * before.min() / before.max()


def _table_i():
  """Groups of independent AUs that occur as often as in Table I."""
  rates = TABLE_I / TABLE_I_IMAGES
  patterns = np.array(list(itertools.product([0, 1], repeat=len(rates))))
  shares = np.where(patterns, rates, 1 - rates).prod(axis=1)
  counts = np.rint(TABLE_I_IMAGES * shares).astype(np.int64)
  return patterns[counts > 0], counts[counts > 0]


def test_rare_aus_grow_most_as_in_table_i():
  patterns, counts = _table_i()
  np.testing.assert_allclose(counts @ patterns, TABLE_I, rtol=0.01)
  balance = groups.balance_groups(patterns, counts)
  growth = (balance.counts @ patterns) / (counts @ patterns)
  order = np.argsort(TABLE_I)
  assert (np.diff(growth[order]) <= 0.01).all()  # The rarer, the more.
  assert growth[order[0]] > 8 and growth[order[-1]] < 1.1
  shows_an_au = patterns.any(axis=1)
  total = balance.counts[shows_an_au].sum() / counts[shows_an_au].sum()
  assert 1.1 < total < 2.5
  assert balance.gap < 1e-3
