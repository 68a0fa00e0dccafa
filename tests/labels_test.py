import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from aujax import labels

RATES = np.array([0.0, 0.05, 0.3, 0.5, 0.8, 1.0], np.float32)


def test_split_missing_separates_values_from_knowledge():
  raw = np.array([[1, 0, -1], [-1, 1, 0]], np.int8)
  values, mask = labels.split_missing(raw)
  assert values.dtype == jnp.float32 and mask.dtype == bool
  assert values.tolist() == [[1, 0, 0], [0, 1, 0]]
  assert mask.tolist() == [[True, True, False], [False, True, True]]


def test_split_missing_takes_the_sources_own_code():
  _, mask = labels.split_missing(np.array([0, 9, 1]), missing=9)
  assert mask.tolist() == [True, False, True]


def test_split_missing_names_a_foreign_value_and_its_place():
  with pytest.raises(ValueError, match=r"got 9 at index \(1, 0\)"):
    labels.split_missing(np.array([[0, 1], [9, 1]]))


def test_base_rates_leave_out_what_is_unknown():
  values, mask = labels.split_missing(
    np.array([[1, -1, -1], [0, 1, -1], [0, 0, -1], [1, 1, -1]], np.int8)
  )
  rates = np.asarray(labels.base_rates(values, mask))
  np.testing.assert_allclose(rates[:2], [0.5, 2 / 3], rtol=1e-6)
  assert np.isnan(rates[2])


def test_base_rates_are_exact_for_many_frames():
  values = np.zeros((1_000_001, 1), np.int8)
  values[:333_333] = 1
  np.testing.assert_allclose(
    labels.base_rates(values), [333_333 / 1_000_001], rtol=1e-6
  )


def test_smooth_is_eq_1():
  got = labels.smooth(np.array([0.0, 1.0, 0.3]), alpha=0.1)
  np.testing.assert_allclose(got, [0.05, 0.95, 0.32], rtol=1e-6)


def test_no_noise_changes_nothing():
  y = np.array([[0, 1, 0, 1, 0, 1]], np.float32)
  np.testing.assert_array_equal(labels.smooth(y, alpha=0.0), y)
  np.testing.assert_array_equal(
    labels.robin_hood(y, base_rates=RATES, beta=0.0), y
  )


def test_robin_hood_rates_are_eq_3_and_finite_at_the_ends():
  positive, negative = labels.robin_hood_rates(RATES, beta=0.5)
  want_negative = [0.5, 0.5 * 0.9 / 0.95, 0.5 * 0.4 / 0.7, 0, 0, 0]
  want_positive = [0, 0, 0, 0, 0.5 * 0.6 / 0.8, 0.5]
  np.testing.assert_allclose(negative, want_negative, rtol=1e-6)
  np.testing.assert_allclose(positive, want_positive, rtol=1e-6)


@hypothesis.given(
  f=st.integers(0, 40).map(lambda n: n / 40), beta=st.floats(0, 1)
)
def test_robin_hood_moves_the_mean_to_f_plus_beta_times_the_gap(f, beta):
  y = np.zeros((40, 1), np.float32)
  y[: round(40 * f)] = 1
  rate = np.array([f], np.float32)
  smoothed = labels.robin_hood(y, base_rates=rate, beta=beta)
  np.testing.assert_allclose(
    float(smoothed.mean()), f + beta * (0.5 - f), atol=1e-6
  )
  minority = y == (1.0 if f < 0.5 else 0.0)
  if f != 0.5:
    np.testing.assert_array_equal(np.asarray(smoothed)[minority], y[minority])


def test_robin_hood_has_finite_gradients_in_the_rates():
  def total(rates):
    return labels.robin_hood(
      jnp.ones((2, 6)), base_rates=rates, beta=0.25
    ).sum() + sum(a.sum() for a in labels.robin_hood_rates(rates, beta=0.25))

  assert np.isfinite(jax.grad(total)(jnp.asarray(RATES))).all()


@pytest.mark.parametrize("beta", [-0.1, 1.1, float("nan")])
def test_robin_hood_refuses_a_beta_outside_the_unit_interval(beta):
  with pytest.raises(ValueError, match=r"beta in \[0, 1\]"):
    labels.robin_hood_rates(RATES, beta=beta)


@pytest.mark.parametrize("total", [1.0, 3.0])
def test_inverse_frequency_weights_sum_to_total(total):
  weights = labels.inverse_frequency_weights(
    np.array([0.1, 0.2, 0.4]), total=total
  )
  np.testing.assert_allclose(weights, np.array([4, 2, 1]) / 7 * total, 1e-6)


def test_inverse_frequency_weights_reproduce_the_published_disfa_file():
  # ME-GraphAU's DISFA_weight_fold1: parts 1 and 2, 87,209 frames, sum T.
  positives = np.array([3308, 2004, 11772, 5918, 2505, 10690, 24056, 9025])
  weights = labels.inverse_frequency_weights(positives / 87_209, total=8.0)
  inverse = 1 / positives
  np.testing.assert_allclose(weights, 8 * inverse / inverse.sum(), rtol=1e-5)
  assert int(np.argmax(weights)) == 1


def test_positive_weights_are_eq_4():
  # Aff-Wild2's training set: N = 1,356,861, AU 1 and AU 25.
  rates = np.array([160_329, 850_250]) / 1_356_861
  np.testing.assert_allclose(
    labels.positive_weights(rates), [4.231, 0.798], atol=1e-3
  )


@pytest.mark.parametrize("bad", [0.0, np.nan])
@pytest.mark.parametrize(
  "weights", [labels.inverse_frequency_weights, labels.positive_weights]
)
def test_a_rate_that_cannot_be_inverted_is_named(weights, bad):
  with pytest.raises(ValueError, match="index 1"):
    weights(np.array([0.5, bad]))


# One shape, so that XLA compiles once; unknown entries vary what counts.
label_batches = hnp.arrays(np.int8, (16, 3), elements=st.integers(-1, 1))


@hypothesis.given(raw=label_batches, target=st.floats(0.05, 0.95))
def test_selective_weights_reach_the_target_in_expectation(raw, target):
  y, mask = labels.split_missing(raw)
  weights = np.asarray(labels.selective_weights(y, mask, target=target))
  assert (weights[raw == -1] == 0).all()
  for w, column in zip(weights.T, raw.T, strict=True):
    p, q = (column == 1).sum(), (column == 0).sum()
    if p:
      np.testing.assert_allclose(w[column == 1].sum(), target * (p + q), 1e-4)
    if q:
      np.testing.assert_allclose(
        w[column == 0].sum(), (1 - target) * (p + q), 1e-4
      )


@hypothesis.given(raw=label_batches, seed=st.integers(0, 9))
def test_selective_weights_with_a_key_keep_a_subset(raw, seed):
  y, mask = labels.split_missing(raw)
  weights = np.asarray(
    labels.selective_weights(y, mask, target=0.5, key=jax.random.key(seed))
  )
  for w, column in zip(weights.T, raw.T, strict=True):
    p, q = int((column == 1).sum()), int((column == 0).sum())
    many, few = (1, 0) if p > q else (0, 1)
    share = (p + q) / 2
    kept = w[column == many]
    if p != q:
      assert (kept > 0).sum() == round(share)
      assert set(kept.tolist()) <= {0.0, 1.0}
    if min(p, q):
      np.testing.assert_allclose(w[column == few], share / min(p, q), rtol=1e-5)


def test_selective_weights_choose_another_subset_by_another_key():
  y = np.zeros((32, 1), np.float32)
  y[0] = 1
  picks = {
    tuple(np.flatnonzero(labels.selective_weights(y, key=jax.random.key(k))))
    for k in range(4)
  }
  assert len(picks) > 1 and all(0 in p and len(p) == 17 for p in picks)


def test_everything_runs_under_jit_and_vmap():
  raw = np.array([[[1, 0, -1]], [[0, 1, 1]]], np.int8)
  rates = np.array([0.2, 0.5, 0.9], np.float32)

  @jax.jit
  @jax.vmap
  def step(raw):
    y, mask = labels.split_missing(raw)
    soft = labels.robin_hood(y, base_rates=rates, beta=0.25)
    w = labels.selective_weights(y, mask) * labels.positive_weights(rates)[None]
    return soft, w, labels.base_rates(y, mask)

  soft, weights, batch_rates = step(raw)
  assert soft.shape == weights.shape == (2, 1, 3)
  for one, row in zip(soft, raw, strict=True):
    y, _ = labels.split_missing(row)
    np.testing.assert_allclose(
      one, labels.robin_hood(y, base_rates=rates, beta=0.25), rtol=1e-6
    )
  assert np.isnan(np.asarray(batch_rates)[0, 2])
