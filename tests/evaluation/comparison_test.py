import math

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from aujax import evaluation

nan = math.nan


def case(seed=0, repeats=3, folds=5, gain=0.02):
  rng = np.random.default_rng(seed)
  hard = rng.normal(0.6, 0.05, folds)
  values = hard + gain + rng.normal(0, 0.01, (repeats, folds))
  return values, hard + rng.normal(0, 0.01, (repeats, folds))


def test_hand_values():
  result = evaluation.paired(np.array([[0.6, 0.7, 0.5]]), np.full((1, 3), 0.5))
  assert result.mean == pytest.approx(0.1)
  # s = 0.1, 1/3 + 1/2 of its square, t of 2 degrees of freedom at 0.975.
  half = 4.302653 * 0.1 * math.sqrt(5 / 6)
  assert result.low == pytest.approx(0.1 - half, rel=1e-6)
  assert result.high == pytest.approx(0.1 + half, rel=1e-6)
  # Of the flips of 0.1, 0.2 and 0, 4 of 8 reach a sum of 0.3 in size.
  assert (result.p_value, result.smallest_p_value) == (0.5, 0.25)


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_usual_paired_t_without_the_correction(seed):
  values, reference = case(seed)
  ours = evaluation.paired(values, reference, test_ratio=0.0, confidence=0.9)
  theirs = stats.ttest_rel(values.mean(0), reference.mean(0))
  assert ours.t_p_value == pytest.approx(theirs.pvalue, rel=1e-10)
  interval = theirs.confidence_interval(0.9)
  np.testing.assert_allclose([ours.low, ours.high], interval, rtol=1e-10)


def test_the_correction_widens_by_its_factor():
  values, reference = case(folds=4)
  naive = evaluation.paired(values, reference, test_ratio=0.0)
  corrected = evaluation.paired(values, reference)
  factor = (corrected.high - corrected.low) / (naive.high - naive.low)
  assert factor == pytest.approx(math.sqrt((1 / 4 + 1 / 3) / (1 / 4)))
  assert corrected.t_p_value > naive.t_p_value
  same = evaluation.paired(values, reference, test_ratio=1 / 3)
  assert same.low == corrected.low


@pytest.mark.parametrize("folds", [2, 3, 5, 10])
def test_sign_flips_equal_scipy(folds):
  values, reference = case(folds, folds=folds, gain=0.005)
  ours = evaluation.paired(values, reference)
  theirs = stats.permutation_test(
    (values.mean(0), reference.mean(0)),
    lambda a, b: np.mean(a - b),
    permutation_type="samples",
    vectorized=False,
  )
  assert ours.p_value == pytest.approx(theirs.pvalue)
  assert ours.smallest_p_value == 2 ** (1 - folds)


@pytest.mark.parametrize("folds", [3, 10, 16])
def test_the_smallest_p_value_is_reached_when_every_fold_gains(folds):
  reference = case(1, folds=folds)[1]
  gain = np.linspace(0.01, 0.02, folds)
  result = evaluation.paired(reference + gain, reference)
  assert result.p_value == result.smallest_p_value == 2 ** (1 - folds)


def test_many_folds_are_sampled():
  values, reference = case(2, folds=18, gain=0.001)
  difference = values.mean(0) - reference.mean(0)
  codes = np.arange(2**18)[:, None] >> np.arange(18) & 1
  sums = np.abs((1 - 2 * codes) @ difference)
  exact = (sums >= abs(difference.sum()) - 1e-12).mean()
  sampled = evaluation.paired(values, reference)
  assert 0.01 < exact < 0.99
  # Three standard errors of 10,000 draws.
  assert sampled.p_value == pytest.approx(exact, abs=0.015)
  sure = evaluation.paired(reference + 1, reference, num_samples=99)
  assert sure.p_value == sure.smallest_p_value == 0.01


def test_repeats_are_no_new_folds():
  values, reference = case(3, repeats=1)
  once = evaluation.paired(values, reference)
  often = evaluation.paired(np.tile(values, (50, 1)), reference)
  for field in ("mean", "low", "high", "t_p_value", "p_value"):
    assert getattr(once, field) == pytest.approx(getattr(often, field))
  np.testing.assert_allclose(once.per_fold, (values - reference)[0])


def false_alarms(test_ratio, trials=1500):
  """How often equal methods differ at 5 % when folds share their training.

  Differences of K folds are correlated by test / (test + train) = 1 / K, as
  the correction supposes.
  """
  rng, folds = np.random.default_rng(4), 5
  own = rng.standard_normal((trials, 1, folds)) * math.sqrt(1 - 1 / folds)
  shared = rng.standard_normal((trials, 1, 1)) * math.sqrt(1 / folds)
  zero = np.zeros((1, folds))
  return np.mean(
    [
      evaluation.paired(d, zero, test_ratio=test_ratio).t_p_value < 0.05
      for d in own + shared
    ]
  )


def test_the_corrected_test_keeps_its_level_where_the_naive_one_does_not():
  assert false_alarms(None) == pytest.approx(0.05, abs=0.015)
  assert false_alarms(0.0) > 0.1


@hypothesis.given(
  hnp.arrays(float, (2, 4), elements=st.floats(0, 1)),
  hnp.arrays(float, (2, 4), elements=st.floats(0, 1)),
)
def test_turning_it_round(values, reference):
  forth = evaluation.paired(values, reference)
  back = evaluation.paired(reference, values)
  assert forth.mean == pytest.approx(-back.mean, abs=1e-12)
  assert forth.low == pytest.approx(-back.high, abs=1e-12)
  assert forth.p_value == back.p_value
  assert forth.smallest_p_value <= forth.p_value <= 1
  assert 0 <= forth.t_p_value <= 1
  assert forth.low <= forth.mean <= forth.high


def test_trials_that_are_missing():
  values, reference = case(5)
  values[1, 2] = nan
  result = evaluation.paired(values, reference)
  expected = values[[0, 2], 2].mean() - reference[:, 2].mean()
  assert result.per_fold[2] == pytest.approx(expected)


def test_one_fold_and_no_difference():
  single = evaluation.paired(np.array([[0.6]]), np.array([[0.5]]))
  assert single.mean == pytest.approx(0.1) and single.p_value == 1
  assert np.isnan([single.low, single.high, single.t_p_value]).all()
  same = evaluation.paired(np.full((1, 3), 0.5), np.full((1, 3), 0.5))
  assert (same.mean, same.low, same.high) == (0, 0, 0)
  assert (same.t_p_value, same.p_value) == (1, 1)


def test_bad_input(unchecked):
  values, reference = case(6)
  with pytest.raises(ValueError, match="the same folds"):
    evaluation.paired(values, reference[:, :4])
  with pytest.raises(ValueError, match="one or more per fold.*3 nan"):
    evaluation.paired(values, np.where(np.arange(5) == 1, nan, reference))
  with pytest.raises(ValueError, match=r"shape \[repeats, folds\]"):
    evaluation.paired(values[0], reference[0])
  with pytest.raises(ValueError, match=r"confidence in \(0, 1\), got 1.5"):
    evaluation.paired(values, reference, confidence=1.5)
