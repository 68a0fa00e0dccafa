import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from aujax import evaluation
from aujax.evaluation import intervals


def subject_counts(rng, subjects=8, aus=3, frames=100, spread=1.0):
  """Subjects differ in how much they show and in how hard they are."""
  base = 1 / (1 + np.exp(1 - spread * rng.standard_normal((subjects, aus))))
  recall = 1 / (1 + np.exp(-spread * rng.standard_normal((subjects, aus))))
  positives = rng.binomial(frames, base)
  tp = rng.binomial(positives, recall)
  fp = rng.binomial(frames - positives, 0.1)
  return evaluation.Counts(tp, fp, positives - tp, frames - positives - fp)


def experiment(seed=0, repeats=2, sizes=(5, 6, 4), **kwargs):
  rng = np.random.default_rng(seed)
  return [
    [subject_counts(rng, size, **kwargs) for size in sizes]
    for _ in range(repeats)
  ]


def value_of(counts):
  """The fold average, by the functions that reports use."""
  f1 = [
    [
      evaluation.f1(evaluation.Counts(*(x.sum(0) for x in fields(fold))))
      for fold in repeat
    ]
    for repeat in counts
  ]
  return evaluation.fold_average(np.array(f1)).mean


def fields(counts):
  return counts.tp, counts.fp, counts.fn, counts.tn


def resampled(counts, rng):
  """The value of one sample, taken subject by subject."""
  drawn = [rng.integers(0, len(fold.tp), len(fold.tp)) for fold in counts[0]]
  values = []
  for repeat in counts:
    for fold, rows in zip(repeat, drawn, strict=True):
      tp, fp, fn = (x[rows].sum(0) for x in (fold.tp, fold.fp, fold.fn))
      values.append((2 * tp / (2 * tp + fp + fn)).mean())
  return np.mean(values)


def test_the_value_is_the_fold_average():
  counts = experiment()
  result = evaluation.bootstrap(counts, num_samples=50)
  assert result.value == pytest.approx(value_of(counts), rel=1e-12)
  assert result.low < result.value < result.high


def test_equals_a_slow_loop():
  counts, reference = experiment(1), experiment(2, repeats=3)
  rng = np.random.default_rng(3)
  samples, differences = [], []
  for _ in range(1000):
    state = rng.bit_generator.state
    samples.append(resampled(counts, rng))
    rng.bit_generator.state = state
    differences.append(samples[-1] - resampled(reference, rng))
  # Samples of the same kind, drawn apart: quantiles agree but for chance.
  for result, loop in (
    (evaluation.bootstrap(counts), samples),
    (evaluation.bootstrap_difference(counts, reference), differences),
  ):
    expected = np.quantile(loop, [0.025, 0.975])
    np.testing.assert_allclose(
      [result.low, result.high], expected, atol=0.12 * np.ptp(expected)
    )


def test_samples_are_sums_over_drawn_subjects():
  # A fold of 2 subjects has but 3 samples, with probability 1/4, 1/2, 1/4.
  counts = evaluation.Counts(
    *(np.array(x) for x in ([[10], [0]], [[0], [0]], [[0], [10]], [[5], [5]]))
  )
  samples = intervals._samples([[[counts]]], 10_000, seed=0)[0]
  values, numbers = np.unique(samples, return_counts=True)
  np.testing.assert_allclose(values, [0, 2 / 3, 1])
  np.testing.assert_allclose(numbers / 10_000, [0.25, 0.5, 0.25], atol=0.02)
  result = evaluation.bootstrap([[counts]], confidence=0.4)
  assert (result.low, result.high) == pytest.approx((2 / 3, 2 / 3))


def test_methods_are_graded_on_the_same_draws():
  counts = experiment(4)
  same = evaluation.bootstrap_difference(counts, counts, num_samples=99)
  assert (same.value, same.low, same.high) == (0, 0, 0)
  other = experiment(5)
  forth = evaluation.bootstrap_difference(counts, other)
  back = evaluation.bootstrap_difference(other, counts)
  np.testing.assert_allclose(
    [forth.value, forth.low, forth.high], [-back.value, -back.high, -back.low]
  )


def test_repeats_share_their_draws():
  one = experiment(6, repeats=1)
  assert evaluation.bootstrap(one) == evaluation.bootstrap(one * 2)


@hypothesis.given(st.integers(0, 99), st.floats(0.5, 0.98))
@hypothesis.settings(max_examples=10)
def test_more_confidence_is_wider(seed, confidence):
  counts = experiment(seed, repeats=1, sizes=(4, 5))
  options = {"num_samples": 300, "seed": seed}
  narrow = evaluation.bootstrap(counts, confidence=confidence, **options)
  wide = evaluation.bootstrap(counts, confidence=confidence + 0.01, **options)
  assert wide.low <= narrow.low <= narrow.high <= wide.high
  again = evaluation.bootstrap(counts, confidence=confidence, **options)
  assert again == narrow


def test_blocks_of_samples_do_not_change_the_draws(monkeypatch):
  counts = experiment(7, sizes=(5,))
  whole = evaluation.bootstrap(counts, num_samples=500)
  monkeypatch.setattr(intervals, "_BLOCK", 64)
  assert evaluation.bootstrap(counts, num_samples=500) == whole


def coverage(by_subject, trials=100):
  """Share of intervals that contain the F1 of very many subjects."""
  population = subject_counts(np.random.default_rng(8), 100_000, aus=2)
  truth = value_of([[population]])
  rng, hits = np.random.default_rng(9), 0
  for trial in range(trials):
    drawn = [rng.integers(0, 100_000, 14) for _ in range(3)]
    folds = [
      evaluation.Counts(*(x[rows] for x in fields(population)))
      for rows in drawn
    ]
    if not by_subject:
      folds = [
        evaluation.Counts(*(in_parts(rng, x) for x in fields(fold)))
        for fold in folds
      ]
    interval = evaluation.bootstrap([folds], num_samples=400, seed=trial)
    hits += interval.low <= truth <= interval.high
  return hits / trials


def in_parts(rng, values, parts=50):
  """Deals a fold's frames to parts at random, as if they were independent."""
  return np.stack(
    [rng.multinomial(n, np.full(parts, 1 / parts)) for n in values.sum(0)],
    axis=1,
  )


def test_coverage_is_near_what_was_asked_for():
  # 0.95 is nominal; 100 trials have a standard error of 0.025 or so, and the
  # percentile bootstrap of 14 subjects is known to be a bit narrow.
  assert 0.87 <= coverage(by_subject=True) <= 0.99


def test_drawing_frames_instead_of_subjects_would_be_far_too_sure():
  assert coverage(by_subject=False) < 0.7


def test_aus_without_positives():
  rng = np.random.default_rng(10)
  fold = subject_counts(rng, 5, aus=2)
  zero = [np.pad(x, ((0, 0), (0, 1))) for x in fields(fold)]
  zero[3][:, 2] = 100
  padded = evaluation.Counts(*zero)
  assert evaluation.bootstrap([[padded]]) == evaluation.bootstrap([[fold]])
  nothing = evaluation.Counts(*np.zeros((4, 5, 2), np.int64))
  result = evaluation.bootstrap([[nothing]])
  assert np.isnan([result.value, result.low, result.high]).all()


def test_bad_input():
  counts = experiment(11)
  with pytest.raises(ValueError, match=r"confidence in \(0, 1\), got 95"):
    evaluation.bootstrap(counts, confidence=95.0)
  with pytest.raises(ValueError, match="1 sample or more, got 0"):
    evaluation.bootstrap(counts, num_samples=0)
  for empty in ([], [[]]):
    with pytest.raises(ValueError, match="at least one fold, got none"):
      evaluation.bootstrap(empty)
  with pytest.raises(ValueError, match="the same folds, subjects and AUs"):
    evaluation.bootstrap([counts[0], counts[1][:2]])
  with pytest.raises(ValueError, match="the same folds, subjects and AUs"):
    evaluation.bootstrap_difference(counts, experiment(11, sizes=(5, 6, 5)))
  whole = evaluation.count(np.zeros((3, 2)), np.zeros((3, 2)))
  with pytest.raises(ValueError, match="use count_by"):
    evaluation.bootstrap([[whole]])
