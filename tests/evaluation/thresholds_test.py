import hypothesis
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st
from sklearn import metrics as reference

from aujax import evaluation

nan = np.nan


def mean(counts):
  return (evaluation.accuracy(counts) + evaluation.f1(counts)) / 2


OBJECTIVES = {"f1": evaluation.f1, "mean": mean}


def random_case(seed, frames=40, aus=3, levels=20, dtype=np.float32):
  rng = np.random.default_rng(seed)
  scores = (rng.integers(0, levels, (frames, aus)) - levels // 4) / levels
  labels = rng.choice([-1, 0, 0, 0, 1], (frames, aus)).astype(np.int8)
  return scores.astype(dtype), labels, rng.random((frames, aus)) < 0.9


def column_of(values):
  return np.array([values]).T


def largest(scores, labels, mask, value):
  """The best value of all different scores, each counted apart; one AU."""
  known = mask & (labels != -1)
  values = [
    value(evaluation.count(scores, labels, mask, threshold=float(threshold)))[0]
    for threshold in np.unique(scores[known])
  ]
  return max(values)


@hypothesis.given(
  seed=st.integers(0, 10**6),
  frames=st.integers(1, 40),
  levels=st.sampled_from([1, 3, 20, 10_000]),
  dtype=st.sampled_from([np.float16, np.float32, np.float64]),
  objective=st.sampled_from(list(OBJECTIVES)),
)
def test_no_score_is_a_better_threshold(seed, frames, levels, dtype, objective):
  case = random_case(seed, frames, levels=levels, dtype=dtype)
  thresholds, values = evaluation.best_thresholds(*case, objective=objective)
  counts = evaluation.count(*case, threshold=thresholds)
  np.testing.assert_array_equal(OBJECTIVES[objective](counts), values)
  for column in np.flatnonzero(counts.positives):
    one = [array[:, column : column + 1] for array in case]
    assert values[column] == largest(*one, OBJECTIVES[objective])


@hypothesis.given(seed=st.integers(0, 10**6), frames=st.integers(100, 600))
def test_no_bin_is_left_out_that_holds_the_best(seed, frames):
  rng = np.random.default_rng(seed)
  scores = rng.random(frames)
  labels = rng.random(frames) < 0.1 + 0.3 * scores
  hypothesis.assume(labels.any())
  predicted = scores >= scores[:, None]
  right = predicted @ labels.astype(int)
  f1 = 2 * right / (predicted.sum(1) + labels.sum())
  accuracy = 1 - (predicted != labels).mean(1)
  for objective, values in (("f1", f1), ("mean", (accuracy + f1) / 2)):
    found = evaluation.best_thresholds(
      column_of(scores), column_of(labels), objective=objective
    )
    np.testing.assert_allclose(found[1], [values.max()], rtol=1e-12)


def test_the_next_lower_score_may_be_far():
  scores = np.append(np.linspace(0, 0.25, 50), np.linspace(0.75, 1, 50))
  thresholds, values = evaluation.best_thresholds(
    column_of(scores), column_of(scores > 0.5)
  )
  assert (thresholds[0], values[0]) == (0.5, 1)


def test_equals_a_search_on_scikit_learns_curve():
  rng = np.random.default_rng(0)
  labels = rng.integers(0, 2, 3000)
  scores = rng.random(3000) + 0.3 * labels
  precision, recall, _ = reference.precision_recall_curve(labels, scores)
  f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-300)
  _, values = evaluation.best_thresholds(column_of(scores), column_of(labels))
  np.testing.assert_allclose(values, [f1.max()], rtol=1e-12)


@pytest.mark.parametrize("objective", list(OBJECTIVES))
@pytest.mark.parametrize(
  "spread",
  [
    lambda scores: scores,
    lambda scores: scores**9,  # Nearly all at one end.
    lambda scores: (20 * scores).round() - 10,  # Ties, on both sides of 0.
    lambda scores: np.where(scores > 0.99, np.inf, scores),
    lambda scores: 1e-35 * scores,
    lambda scores: -1e300 * scores,
  ],
)
def test_no_score_is_better_among_many(objective, spread):
  rng = np.random.default_rng(3)
  labels = rng.random((700, 1)) < 0.2
  scores = spread(rng.random((700, 1)) + 0.2 * labels)
  case = scores, labels, np.ones_like(labels)
  thresholds, values = evaluation.best_thresholds(*case, objective=objective)
  value = OBJECTIVES[objective]
  assert values[0] == largest(*case, value)
  counts = evaluation.count(scores, labels, threshold=thresholds)
  assert values[0] == value(counts)[0]
  # The threshold lies between the best score and the next lower one.
  reached = scores[scores >= thresholds].min()
  at_score = evaluation.count(scores, labels, threshold=float(reached))
  assert value(at_score)[0] == values[0]
  assert not (scores[scores < reached] >= thresholds).any()


@pytest.mark.parametrize(
  ("scores", "labels", "threshold", "value"),
  [
    # In the middle of the gap.
    ([0.1, 0.25, 0.75, 0.9], [0, 0, 1, 1], 0.5, 1),
    # Everything is predicted: no gap below the lowest score.
    ([0.25, 0.5, 0.75], [1, 0, 1], 0.25, 0.8),
    ([0.25, 0.75], [1, 1], 0.25, 1),
    # Either score reaches 2/3 (1 of 1, or 2 of 2 and 2 more): wider is 0.75.
    ([0, 0.25, 0.375, 0.375, 0.5, 1], [0, 0, 0, 1, 0, 1], 0.75, 2 / 3),
    ([0, 0.25, 0.875, 0.875, 0.9, 1], [0, 0, 0, 1, 0, 1], 0.5625, 2 / 3),
    ([-3.0, -1.0, 2.0], [0, 1, 1], -2.0, 1),
    ([-np.inf, 0.5], [0, 1], 0.5, 1),
    ([0.0, np.inf], [0, 1], np.inf, 1),
    ([-np.inf, -np.inf], [0, 1], -np.inf, 2 / 3),
  ],
)
def test_hand_values(scores, labels, threshold, value):
  thresholds, values = evaluation.best_thresholds(
    column_of(scores), column_of(labels)
  )
  assert thresholds.tolist() == [threshold]
  assert values.tolist() == [value]


@pytest.mark.parametrize(
  "dtype", [np.float16, np.float32, np.float64, jnp.bfloat16]
)
def test_neighbouring_scores_are_told_apart(dtype):
  low = np.asarray(0.7).astype(dtype)
  bits = low.view(np.dtype(f"u{low.itemsize}"))
  scores = np.array([[low], [(bits + 1).view(dtype)]])
  thresholds, values = evaluation.best_thresholds(scores, column_of([0, 1]))
  assert values.tolist() == [1]
  assert thresholds[0] == float(scores[1, 0])
  counts = evaluation.count(scores, column_of([0, 1]), threshold=thresholds)
  assert evaluation.f1(counts).tolist() == [1]


def test_the_objectives_differ():
  scores = column_of([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3])
  labels = column_of([1, 0, 0, 0, 1, 0, 0])
  # F1 by the first frame 2/3, accuracy 6/7; by five frames 4/7 and 4/7.
  for objective, value in (("f1", 2 / 3), ("mean", (2 / 3 + 6 / 7) / 2)):
    found = evaluation.best_thresholds(scores, labels, objective=objective)
    assert found[0][0] == pytest.approx(0.85)
    assert found[1][0] == pytest.approx(value)
  # Last of all, the AU: F1 wants everything, the mean the highest score.
  scores = column_of(np.arange(10) / 16)
  labels = column_of([1] + [0] * 9)
  thresholds, values = evaluation.best_thresholds(scores, labels)
  assert (thresholds[0], values[0]) == (0, 2 / 11)
  thresholds, values = evaluation.best_thresholds(
    scores, labels, objective="mean"
  )
  assert (thresholds[0], values[0]) == (17 / 32, 0.4)


@pytest.mark.parametrize("objective", list(OBJECTIVES))
def test_aus_without_positives_keep_the_default(objective):
  scores = np.array([[0.6, 0.1, 0.6, 0.9], [0.2, 0.3, nan, 0.8]])
  labels = np.array([[0, 0, -1, 1], [0, 0, -1, 0]])
  thresholds, values = evaluation.best_thresholds(
    scores, labels, objective=objective
  )
  assert thresholds[:3].tolist() == [0.5] * 3
  counts = evaluation.count(scores, labels, threshold=thresholds)
  np.testing.assert_array_equal(values, OBJECTIVES[objective](counts))
  np.testing.assert_array_equal(np.isnan(values), [False, True, True, False])
  assert values[0] == (0 if objective == "f1" else 0.25)


def test_order_of_frames_does_not_matter():
  scores, labels, mask = random_case(1, 300)
  order = np.random.default_rng(2).permutation(300)
  found = evaluation.best_thresholds(scores, labels, mask)
  again = evaluation.best_thresholds(scores[order], labels[order], mask[order])
  np.testing.assert_array_equal(again, found)


def test_unknown_scores_do_not_count():
  scores, labels, _ = random_case(3, 100)
  found = evaluation.best_thresholds(scores, labels)
  scores[labels == -1] = nan
  floats = np.where(labels == -1, 7.0, labels)
  masked = evaluation.best_thresholds(scores, floats, labels != -1)
  np.testing.assert_array_equal(masked, found)


def test_integers_and_decisions_and_leading_dimensions():
  scores, labels, mask = random_case(4, 60)
  _, values = evaluation.best_thresholds(scores, labels, mask)
  clips = [array.reshape(4, 15, 3) for array in (scores, labels, mask)]
  clips[0] = (clips[0] * 20).round().astype(int)
  thresholds, again = evaluation.best_thresholds(*clips)
  np.testing.assert_array_equal(again, values)
  counts = evaluation.count(*clips, threshold=thresholds)
  np.testing.assert_array_equal(evaluation.f1(counts), values)
  decisions = np.array([[True], [False]])
  found = evaluation.best_thresholds(decisions, decisions)
  assert np.array(found).tolist() == [[0.5], [1]]


def test_nothing():
  thresholds, values = evaluation.best_thresholds(
    np.zeros((0, 2)), np.zeros((0, 2))
  )
  assert thresholds.tolist() == [0.5, 0.5] and np.isnan(values).all()
  none = evaluation.best_thresholds(np.zeros((3, 0)), np.zeros((3, 0)))
  assert [array.shape for array in none] == [(0,), (0,)]


def test_bad_input(unchecked):
  scores, labels, _ = random_case(5, 20)
  with pytest.raises(ValueError, match="among f1, mean, got 'accuracy'"):
    evaluation.best_thresholds(scores, labels, objective="accuracy")
  with pytest.raises(ValueError, match="expected labels of the scores' shape"):
    evaluation.best_thresholds(scores, labels[:5])
  with pytest.raises(ValueError, match="got 5 for the AU with index 2"):
    evaluation.best_thresholds(scores, np.where([0, 0, 1], 5, labels))
  scores[1, 2] = nan
  with pytest.raises(ValueError, match="1 NaN for the AU with index 2"):
    evaluation.best_thresholds(scores, np.abs(labels))
