import math

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats
from scipy.spatial import distance

from aujax import interpret

FEATURES = np.random.default_rng(0).gamma(2.0, size=(40, 12))
SUBJECTS = np.repeat(["b", "a", "d", "c"], 10)


def test_equal_distributions_do_not_diverge_and_disjoint_ones_do_by_ln_2():
  p = np.array([[0.25, 0.75, 0, 0], [0, 0, 0.5, 0.5]])
  assert interpret.jensen_shannon(p[0], p[0]) == 0
  assert interpret.jensen_shannon(p[0], p[1]) == pytest.approx(math.log(2))


def test_divergence_has_the_value_by_hand():
  # m = (3/4, 1/4): ln(4/3) / 2 + (ln(2/3) / 2 + ln(2) / 2) / 2.
  found = interpret.jensen_shannon(np.array([1.0, 0]), np.array([0.5, 0.5]))
  expected = math.log(4 / 3) / 2 + (math.log(2 / 3) + math.log(2)) / 4
  assert found == pytest.approx(expected, rel=1e-12)


@hypothesis.given(
  arrays.arrays(
    np.float64,
    (2, 5),
    elements=st.floats(0, 1, allow_subnormal=False),
  ).filter(lambda x: (x.sum(1) > 0.01).all())
)
def test_divergence_is_scipys_distance_squared(p):
  p = p / p.sum(1, keepdims=True)
  found = interpret.jensen_shannon(p[0], p[1])
  assert found == interpret.jensen_shannon(p[1], p[0])
  assert 0 <= found <= math.log(2) + 1e-12
  expected = distance.jensenshannon(p[0], p[1]) ** 2
  assert found == pytest.approx(np.nan_to_num(expected), abs=1e-12)


def test_subjects_diverge_as_equation_2_says():
  found = interpret.subject_divergence(FEATURES, SUBJECTS)
  assert found.subjects == ("a", "b", "c", "d") and found.num_features == 12
  expected = np.zeros((4, 4))
  squeezed = {}
  for name in found.subjects:
    mu = FEATURES[name == SUBJECTS].mean(0)
    sigma = 1 / (1 + np.exp(-mu / np.median(mu)))
    squeezed[name] = sigma / sigma.sum()
  for i, p in enumerate(squeezed.values()):
    for j, q in enumerate(squeezed.values()):
      expected[i, j] = distance.jensenshannon(p, q) ** 2
  np.testing.assert_allclose(found.matrix, expected, rtol=1e-9, atol=1e-15)
  np.testing.assert_array_equal(found.matrix, found.matrix.T)
  pairs = expected[np.triu_indices(4, 1)]
  assert found.mean == pytest.approx(pairs.mean())
  np.testing.assert_allclose(
    found.normalized, 1e6 * expected.sum(1) / math.log(12)
  )


def test_subjects_of_one_distribution_diverge_less_than_others():
  rng = np.random.default_rng(1)
  subjects = np.repeat(["a", "b", "c"], 200)
  alike = rng.gamma(2.0, size=(600, 20))
  own = np.repeat(rng.gamma(2.0, size=(3, 20)), 200, axis=0)
  means = [
    interpret.subject_divergence(features, subjects).mean
    for features in (alike, alike + own)
  ]
  assert 10 * means[0] < means[1]


def test_scale_does_not_matter():
  one = interpret.subject_divergence(FEATURES, SUBJECTS)
  other = interpret.subject_divergence(1000 * FEATURES, SUBJECTS)
  np.testing.assert_allclose(one.matrix, other.matrix, rtol=1e-9)


def test_silent_dimensions_are_not_in_the_scale():
  # More than half of them would make the plain median zero.
  silent = np.zeros((40, 30))
  found = interpret.subject_divergence(np.hstack([FEATURES, silent]), SUBJECTS)
  assert np.isfinite(found.matrix).all() and found.mean > 0
  nothing = interpret.subject_divergence(np.zeros((40, 3)), SUBJECTS)
  np.testing.assert_array_equal(nothing.matrix, np.zeros((4, 4)))


@pytest.mark.parametrize(
  "features, subjects, match",
  [
    (np.ones((4, 3)), np.array(["a"] * 4), "2 or more subjects"),
    (np.ones((4, 1)), np.array(list("abab")), "2 or more subjects and dim"),
    (np.full((4, 3), np.nan), np.array(list("abab")), "finite"),
  ],
)
def test_what_cannot_be_compared_is_refused(features, subjects, match):
  with pytest.raises(ValueError, match=match):
    interpret.subject_divergence(features, subjects)


def test_variance_between_subjects_is_that_of_the_analysis_of_variance():
  rng = np.random.default_rng(2)
  features = rng.normal(size=(60, 1))
  features += np.repeat([0.0, 1.0, 3.0], 20)[:, None]
  groups = [features[i : i + 20, 0] for i in (0, 20, 40)]
  f = stats.f_oneway(*groups).statistic
  # F = (share / 2) / ((1 - share) / 57).
  expected = 2 * f / (2 * f + 57)
  found = interpret.variance_share(features, np.repeat([5, 1, 3], 20))
  assert found == pytest.approx(expected)


def test_variance_share_goes_from_none_to_all():
  groups = np.array(list("aabb"))
  share = interpret.variance_share
  assert share(np.array([[1.0, 5], [3, 5], [3, 5], [1, 5]]), groups) == 0
  assert share(np.array([[1.0, 5], [1, 5], [3, 9], [3, 9]]), groups) == 1
  assert np.isnan(share(np.ones((4, 2)), groups))
  mixed = np.random.default_rng(0).normal(size=(4, 3))
  turned = mixed @ np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
  assert share(7 * turned + 2, groups) == pytest.approx(share(mixed, groups))


def test_each_frame_has_a_subject():
  # TypeError where shapes are checked by their annotations first.
  with pytest.raises((TypeError, ValueError)):
    interpret.subject_divergence(np.ones((4, 3)), np.array(list("aba")))
