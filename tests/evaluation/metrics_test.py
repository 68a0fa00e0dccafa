import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as reference

from aujax import evaluation

# Columns: ordinary, all missed, nothing there, only invented, not annotated.
HAND = evaluation.Counts(
  tp=np.array([3, 0, 0, 0, 0]),
  fp=np.array([1, 0, 0, 2, 0]),
  fn=np.array([2, 4, 0, 0, 0]),
  tn=np.array([4, 6, 10, 8, 0]),
)
nan = np.nan


def counts_strategy():
  arrays = hnp.arrays(np.int64, 4, elements=st.integers(0, 1000))
  return st.builds(evaluation.Counts, arrays, arrays, arrays, arrays)


@pytest.mark.parametrize(
  ("metric", "expected"),
  [
    (evaluation.f1, [6 / 9, 0, nan, 0, nan]),
    (evaluation.precision, [3 / 4, nan, nan, 0, nan]),
    (evaluation.recall, [3 / 5, 0, nan, nan, nan]),
    (evaluation.accuracy, [7 / 10, 6 / 10, 1, 8 / 10, nan]),
  ],
)
def test_hand_values(metric, expected):
  np.testing.assert_allclose(metric(HAND), expected, rtol=1e-15)


def test_scalar_hand_values():
  macro_f1 = (6 / 9 + 0 + 0) / 3
  total = (7 + 6 + 10 + 8) / 40
  assert evaluation.total_accuracy(HAND) == pytest.approx(total)
  assert evaluation.awc(HAND) == pytest.approx((macro_f1 + total) / 2)
  mean_accuracy = (0.7 + 0.6 + 1 + 0.8) / 4
  assert evaluation.emotionet_score(HAND) == pytest.approx(
    (mean_accuracy + macro_f1) / 2
  )


def test_equals_scikit_learn():
  rng = np.random.default_rng(0)
  scores, labels = rng.random((500, 6)), rng.integers(0, 2, (500, 6))
  labels[:, 0], scores[:, 1] = 0, 0.1
  counts = evaluation.count(scores, labels)
  for ours, theirs in (
    (evaluation.f1, reference.f1_score),
    (evaluation.precision, reference.precision_score),
    (evaluation.recall, reference.recall_score),
  ):
    np.testing.assert_allclose(
      ours(counts),
      theirs(labels, scores >= 0.5, average=None, zero_division=nan),
      rtol=1e-12,
    )
  np.testing.assert_allclose(
    evaluation.total_accuracy(counts),
    reference.accuracy_score(labels.ravel(), scores.ravel() >= 0.5),
  )


@hypothesis.given(counts_strategy())
def test_f1_is_the_harmonic_mean_of_precision_and_recall(counts):
  p, r = evaluation.precision(counts), evaluation.recall(counts)
  both = (p > 0) & (r > 0)
  p, r = p[both], r[both]
  np.testing.assert_allclose(
    evaluation.f1(counts)[both], 2 * p * r / (p + r), rtol=1e-12
  )


@hypothesis.given(counts_strategy())
def test_metrics_lie_between_0_and_1(counts):
  for metric in (
    evaluation.f1,
    evaluation.precision,
    evaluation.recall,
    evaluation.accuracy,
    evaluation.awc,
    evaluation.emotionet_score,
  ):
    values = np.asarray(metric(counts))
    values = values[~np.isnan(values)]
    assert ((values >= 0) & (values <= 1)).all()


def test_always_positive_is_the_f1_of_all_ones():
  rng = np.random.default_rng(1)
  labels = (rng.random((1000, 3)) < [0.05, 0.3, 0.9]).astype(int)
  counts = evaluation.count(np.ones_like(labels), labels)
  np.testing.assert_allclose(
    evaluation.always_positive(labels.mean(0)), evaluation.f1(counts)
  )


def test_always_positive_on_disfa():
  positives = np.array([6506, 5644, 19933, 10327, 5473, 16851, 36247, 11533])
  values = evaluation.always_positive(positives / 130_814)
  assert evaluation.macro(values) == pytest.approx(0.1866, abs=5e-5)


def test_macro_leaves_nan_out():
  assert evaluation.macro(np.array([0.2, nan, 0.4])) == pytest.approx(0.3)
  assert np.isnan(evaluation.macro(np.array([nan, nan])))


def test_fold_average_by_loop():
  values = np.random.default_rng(2).random((5, 3, 8))
  values[1, 2, 4] = nan
  average = evaluation.fold_average(values)
  repeats = []
  for repeat in values:
    folds = []
    for fold in repeat:
      defined = [value for value in fold if not np.isnan(value)]
      folds.append(sum(defined) / len(defined))
    repeats.append(sum(folds) / len(folds))
  mean = sum(repeats) / 5
  std = (sum((value - mean) ** 2 for value in repeats) / 4) ** 0.5
  assert average.mean == pytest.approx(mean, rel=1e-12)
  assert average.std == pytest.approx(std, rel=1e-12)
  np.testing.assert_allclose(average.per_au, np.nanmean(values, (0, 1)))
  assert average.per_fold.shape == (3,)
  assert average.per_fold.mean() == pytest.approx(mean)
  assert average.fold_std == pytest.approx(np.std(average.per_fold, ddof=1))


def test_fold_average_of_published_folds():
  # The three DISFA folds that an issue of JAANet lists.
  average = evaluation.fold_average(np.array([[[0.5776], [0.6562], [0.6717]]]))
  assert average.mean == pytest.approx(0.6352, abs=5e-5)
  assert np.isnan(average.std)


@pytest.mark.parametrize("shape", [(3, 8), (0, 3, 8), (1, 0, 8), (1, 1, 0)])
def test_fold_average_of_another_shape(unchecked, shape):
  with pytest.raises(ValueError, match="repeats, folds, T"):
    evaluation.fold_average(np.zeros(shape))


def test_pooled_is_another_number_than_the_fold_average():
  rng = np.random.default_rng(3)
  scores, labels = rng.random((300, 2)), rng.integers(0, 2, (300, 2))
  labels[:250] *= rng.integers(0, 2, (250, 2))
  parts = [slice(0, 250), slice(250, 300)]
  folds = [evaluation.count(scores[p], labels[p]) for p in parts]
  whole = evaluation.macro(evaluation.f1(evaluation.count(scores, labels)))
  assert evaluation.pooled(folds) == pytest.approx(whole, rel=1e-12)
  average = evaluation.fold_average(
    np.array([[evaluation.f1(c) for c in folds]])
  )
  assert abs(average.mean - whole) > 0.01
  with pytest.raises(ValueError, match="got none"):
    evaluation.pooled([])
