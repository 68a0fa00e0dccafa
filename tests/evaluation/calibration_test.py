import numpy as np
import pytest
from sklearn import calibration as reference

from aujax import evaluation


def case(seed=0, rows=2000, aus=3):
  rng = np.random.default_rng(seed)
  scores = rng.random((rows, aus)).astype(np.float32)
  labels = (rng.random((rows, aus)) < scores**2).astype(np.int8)
  return scores, labels


def test_hand_values():
  scores = np.array([[0.0], [0.25], [0.5], [0.75], [1.0]])
  labels = np.array([[0], [1], [1], [0], [1]])
  bins = evaluation.reliability(scores, labels, num_bins=2)
  # 0.5 lies on the border and belongs to the lower bin.
  assert bins.edges.tolist() == [0, 0.5, 1]
  assert bins.counts.tolist() == [[3], [2]]
  assert bins.confidence.tolist() == [[0.25], [0.875]]
  np.testing.assert_allclose(bins.frequency, [[2 / 3], [1 / 2]])
  error = evaluation.expected_calibration_error(scores, labels, num_bins=2)
  expected = 3 / 5 * (2 / 3 - 0.25) + 2 / 5 * (0.875 - 0.5)
  np.testing.assert_allclose(error, [expected])


@pytest.mark.parametrize("num_bins", [1, 5, 10, 15])
def test_equals_scikit_learn(num_bins):
  scores, labels = case()
  bins = evaluation.reliability(scores, labels, num_bins=num_bins)
  for au in range(3):
    frequency, confidence = reference.calibration_curve(
      labels[:, au], scores[:, au], n_bins=num_bins
    )
    filled = bins.counts[:, au] > 0
    np.testing.assert_allclose(
      bins.frequency[filled, au], frequency, rtol=1e-12
    )
    np.testing.assert_allclose(
      bins.confidence[filled, au], confidence, rtol=1e-5
    )


def test_empty_bins_are_nan_and_weigh_nothing():
  scores, labels = np.full((4, 1), 0.05), np.array([[1], [0], [0], [0]])
  bins = evaluation.reliability(scores, labels)
  assert np.isnan(bins.frequency[1:]).all()
  assert np.isnan(bins.confidence[1:]).all()
  error = evaluation.expected_calibration_error(scores, labels)
  np.testing.assert_allclose(error, [0.2])


def test_unknown_labels_and_masked_frames_do_not_count():
  scores, labels = case(1, 300)
  known = np.random.default_rng(2).random(labels.shape) < 0.7
  wild = np.where(known, scores, np.nan)
  unknown = np.where(known, labels, -1)
  masked = evaluation.reliability(wild, labels, known)
  coded = evaluation.reliability(wild, unknown)
  for au in range(3):
    rows = known[:, au]
    alone = evaluation.reliability(
      scores[rows, au : au + 1], labels[rows, au : au + 1]
    )
    for bins in (masked, coded):
      assert bins.counts[:, au].tolist() == alone.counts[:, 0].tolist()
      np.testing.assert_array_equal(
        bins.frequency[:, au], alone.frequency[:, 0]
      )
  empty = evaluation.expected_calibration_error(scores, -np.ones_like(labels))
  assert np.isnan(empty).all()


def test_a_calibrated_system_has_a_small_error_and_an_overconfident_one_not():
  rng = np.random.default_rng(3)
  truth = rng.uniform(0.05, 0.95, (100_000, 1))
  labels = (rng.random(truth.shape) < truth).astype(int)
  logits = np.log(truth / (1 - truth))
  sharp = 1 / (1 + np.exp(-3 * logits))
  calibrated = evaluation.expected_calibration_error(truth, labels)
  overconfident = evaluation.expected_calibration_error(sharp, labels)
  assert calibrated[0] < 0.01
  # The mean distance of a score to its probability, by its definition.
  assert overconfident[0] == pytest.approx(
    np.abs(sharp - truth).mean(), abs=0.01
  )


def test_a_float32_border_belongs_to_the_lower_bin_in_every_precision():
  for dtype in (np.float32, np.float64):
    scores = np.full((1, 1), 0.7, dtype)
    counts = evaluation.reliability(scores, np.array([[1]])).counts
    assert counts[:, 0].tolist() == [0, 0, 0, 0, 0, 0, 1, 0, 0, 0]


@pytest.mark.parametrize(
  ("wrong", "message"),
  [
    (1.5, r"in \[0, 1\], got .* to 1.5; pass probabilities"),
    (-0.1, r"in \[0, 1\], got -0.1 to"),
    (np.nan, "1 NaN for the AU with index 2"),
  ],
)
def test_scores_that_are_no_probabilities(wrong, message):
  scores, labels = case(5, 10)
  scores[3, 2] = wrong
  with pytest.raises(ValueError, match=message):
    evaluation.reliability(scores, labels)


def test_bad_input(unchecked):
  scores, labels = case(6, 10)
  with pytest.raises(ValueError, match="1 bin or more, got 0"):
    evaluation.reliability(scores, labels, num_bins=0)
  with pytest.raises(ValueError, match="expected labels of the scores' shape"):
    evaluation.reliability(scores, labels[:5])
