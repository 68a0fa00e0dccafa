import tracemalloc

import hypothesis
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st
from sklearn import metrics as reference

from aujax import evaluation

nan = np.nan
METRICS = [evaluation.roc_auc, evaluation.average_precision]


def random_case(seed, frames=60, aus=3, levels=8, dtype=np.float32):
  """Scores with many ties on both sides of 0, labels with unknown ones."""
  rng = np.random.default_rng(seed)
  scores = (rng.integers(0, levels, (frames, aus)) - levels // 2) / levels
  labels = rng.choice([-1, 0, 0, 1], (frames, aus)).astype(np.int8)
  return scores.astype(dtype), labels, rng.random((frames, aus)) < 0.9


def by_scikit_learn(function, scores, labels, mask):
  values = []
  for column in range(scores.shape[1]):
    known = mask[:, column] & (labels[:, column] != -1)
    truth = labels[known, column]
    both = truth.size and truth.min() < truth.max()
    values.append(function(truth, scores[known, column]) if both else nan)
  return values


@pytest.mark.parametrize(
  ("scores", "labels", "area", "precision"),
  [
    ([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], 1, 1),
    ([0.9, 0.8, 0.2, 0.1], [0, 0, 1, 1], 0, (1 / 3 + 2 / 4) / 2),
    ([0.5, 0.5, 0.5, 0.5], [0, 1, 0, 0], 1 / 2, 1 / 4),
    # Pairs: 0.7 is above both, 0.4 above one and equal to the other.
    ([0.7, 0.4, 0.4, 0.1], [1, 1, 0, 0], 3.5 / 4, (1 + 2 / 3) / 2),
    ([-0.0, 0.0, -1.0], [1, 0, 0], 3 / 4, 1 / 2),
    # The bits of these two complement each other.
    ([-1.0, 3.9999998, -1.0], [1, 0, 1], 0, 2 / 3),
    ([-np.inf, np.inf, 0], [0, 1, 1], 1, 1),
  ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_hand_values(scores, labels, area, precision, dtype):
  scores, labels = np.array([scores], dtype).T, np.array([labels]).T
  assert evaluation.roc_auc(scores, labels)[0] == area
  found = evaluation.average_precision(scores, labels)
  np.testing.assert_allclose(found, [precision], rtol=1e-15)


@hypothesis.given(
  seed=st.integers(0, 10**6),
  frames=st.integers(1, 60),
  levels=st.sampled_from([1, 2, 5, 1000]),
  dtype=st.sampled_from([np.float16, np.float32, np.float64]),
)
def test_equal_scikit_learn(seed, frames, levels, dtype):
  case = random_case(seed, frames, levels=levels, dtype=dtype)
  np.testing.assert_allclose(
    evaluation.roc_auc(*case),
    by_scikit_learn(reference.roc_auc_score, *case),
    rtol=1e-12,
  )
  np.testing.assert_allclose(
    evaluation.average_precision(*case),
    by_scikit_learn(reference.average_precision_score, *case),
    rtol=1e-12,
  )


@pytest.mark.parametrize("shift", [0.0, 0.5, 2.0])
def test_equal_scikit_learn_without_ties(shift):
  rng = np.random.default_rng(0)
  scores, labels = rng.random((5000, 2)) - shift, rng.integers(0, 2, (5000, 2))
  case = scores, labels, np.ones_like(labels, bool)
  for ours, theirs in zip(
    METRICS,
    (reference.roc_auc_score, reference.average_precision_score),
    strict=True,
  ):
    np.testing.assert_allclose(
      ours(*case), by_scikit_learn(theirs, *case), rtol=1e-12
    )


@hypothesis.given(st.integers(0, 10**6))
def test_roc_auc_counts_pairs(seed):
  scores, labels, _ = random_case(seed, 20, aus=1)
  present, absent = scores[labels == 1], scores[labels == 0]
  hypothesis.assume(present.size and absent.size)
  pairs = [(a > b) + (a == b) / 2 for a in present for b in absent]
  assert evaluation.roc_auc(scores, labels)[0] == sum(pairs) / len(pairs)


@pytest.mark.parametrize("metric", METRICS)
def test_order_of_frames_and_scale_of_scores_do_not_matter(metric):
  scores, labels, mask = random_case(1, 300)
  values = metric(scores, labels, mask)
  order = np.random.default_rng(2).permutation(300)
  permuted = metric(scores[order], labels[order], mask[order])
  np.testing.assert_array_equal(permuted, values)
  np.testing.assert_array_equal(metric(4 * scores + 1, labels, mask), values)


def test_turned_scores_turn_the_area():
  scores, labels, mask = random_case(3, 300)
  area = evaluation.roc_auc(scores, labels, mask)
  turned = evaluation.roc_auc(-scores, labels, mask)
  np.testing.assert_allclose(area + turned, 1, rtol=1e-15)


@pytest.mark.parametrize("metric", METRICS)
def test_unknown_labels_and_masked_ones_are_the_same(metric):
  scores, labels, _ = random_case(4, 100)
  scores[labels == -1] = nan
  floats = np.where(labels == -1, nan, labels.astype(np.float32))
  np.testing.assert_array_equal(
    metric(scores, floats, labels != -1), metric(scores, labels)
  )


@pytest.mark.parametrize("metric", METRICS)
def test_nothing_to_rank_is_nan(metric):
  scores = np.array([[0.1, 0.2, 0.3, 0.4], [0.2, 0.1, 0.4, 0.3]])
  labels = np.array([[0, 1, -1, 1], [0, 1, -1, 0]])
  values = metric(scores, labels)
  assert np.isnan(values[:3]).all() and not np.isnan(values[3])
  assert np.isnan(metric(np.zeros((0, 2)), np.zeros((0, 2)))).all()
  assert metric(np.zeros((4, 0)), np.zeros((4, 0))).shape == (0,)


@pytest.mark.parametrize("metric", METRICS)
def test_other_arrays(metric):
  scores, labels, mask = random_case(5, 60)
  flat, shape = metric(scores, labels, mask), (4, 15, 3)
  halves = jnp.asarray(scores, jnp.bfloat16).reshape(shape)
  clips = [jnp.asarray(array).reshape(shape) for array in (labels, mask)]
  np.testing.assert_array_equal(metric(halves, *clips), flat)
  integers = (scores * 8).astype(int)
  np.testing.assert_array_equal(metric(integers, labels, mask), flat)
  decisions = metric(scores >= 0, labels, mask)
  assert ((decisions > 0) & (decisions < 1)).all()


@pytest.mark.parametrize("metric", METRICS)
def test_nan_scores_name_the_au(metric):
  scores, labels, _ = random_case(6, 20)
  scores[3:7, 1] = nan
  with pytest.raises(ValueError, match="4 NaN for the AU with index 1"):
    metric(scores, np.abs(labels))
  metric(scores, np.abs(labels), ~np.isnan(scores))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
  ("labels", "mask", "message"),
  [
    ([[0, 9, 0]] * 2, None, "got 9 for the AU with index 1"),
    (np.zeros((3, 2)), None, r"shape \[2, 3\], got \[3, 2\]"),
    (np.zeros((2, 3)), np.ones(3, bool), "expected mask"),
  ],
)
def test_bad_input(unchecked, metric, labels, mask, message):
  with pytest.raises(ValueError, match=message):
    metric(np.zeros((2, 3)), np.array(labels), mask)


def test_memory_does_not_grow_with_the_number_of_aus():
  scores, labels, _ = random_case(7, 100_000, aus=16)
  tracemalloc.start()
  evaluation.roc_auc(scores, labels)
  peak = tracemalloc.get_traced_memory()[1]
  tracemalloc.stop()
  assert peak < 4 * 100_000 * 64
