import numpy as np
import pytest
import sklearn.metrics

from aujax.synthetic import annotator, behaviour, presets


@pytest.fixture(scope="module")
def shown():
  return behaviour.intensities("disfa", seed=3, num_subjects=27, num_frames=400)


@pytest.fixture(scope="module")
def labels(shown):
  return annotator.annotate(shown, seed=3)


def test_agreement_is_as_published_coders(shown, labels):
  kappa = annotator.kappa(labels >= 2, annotator.truth_of(shown) >= 2)
  assert kappa.shape == (18,)
  assert kappa.min() > 0.65 and kappa.max() < 0.85
  assert 0.70 < kappa.mean() < 0.80


def test_kappa_equals_sklearn(shown, labels):
  truth = annotator.truth_of(shown) >= 2
  kappa = annotator.kappa(labels >= 2, truth)
  for column in (0, 8, 16):
    reference = sklearn.metrics.cohen_kappa_score(
      truth[..., column].ravel(), (labels >= 2)[..., column].ravel()
    )
    assert kappa[column] == pytest.approx(reference)


def test_kappa_of_hand_values():
  one = np.array([[1, 0, 1], [0, 0, 1]], bool)
  two = np.array([[0, 0, 1], [1, 0, 1]], bool)
  np.testing.assert_array_equal(annotator.kappa(one, two), [-1, np.nan, np.nan])


@pytest.mark.parametrize("name, num", [("disfa", 27), ("bp4d", 41)])
def test_written_rates_are_the_presets(name, num):
  drawn = behaviour.intensities(name, seed=4, num_subjects=num, num_frames=300)
  rates = (annotator.annotate(drawn, seed=4) >= 2).mean((0, 1))
  np.testing.assert_allclose(rates, presets.load(name).rates, rtol=0.1)


def test_no_noise_writes_the_truth(shown):
  np.testing.assert_array_equal(
    annotator.annotate(shown, seed=0, noise=0.0), annotator.truth_of(shown)
  )


def test_more_noise_agrees_less(shown):
  truth = annotator.truth_of(shown) >= 2
  means = [
    annotator.kappa(
      annotator.annotate(shown, seed=0, noise=noise) >= 2, truth
    ).mean()
    for noise in (0.5, 1.0, 2.0)
  ]
  np.testing.assert_allclose(means, [0.875, 0.75, 0.5], atol=0.03)


def events(present):
  """(row, begin, end) of each stretch of True, by a loop."""
  for row, values in enumerate(present):
    begin = None
    for frame, value in enumerate([*values, False]):
      if value and begin is None:
        begin = frame
      elif not value and begin is not None:
        yield row, begin, frame
        begin = None


def test_weak_events_are_missed_more_often(shown, labels):
  missed = {True: [], False: []}
  for column in range(18):
    truth = annotator.truth_of(shown)[..., column]
    for row, begin, end in events(truth >= 2):
      weak = bool(shown[row, begin:end, column].max() < 2.5)
      seen = labels[row, begin:end, column] >= 2
      missed[weak].append(not seen.any())
  assert np.mean(missed[True]) > 2 * np.mean(missed[False])
  assert np.mean(missed[True]) < 0.8


def test_boundaries_move_by_frames_and_not_by_seconds(shown, labels):
  moves = []
  for column in range(18):
    truth = annotator.truth_of(shown)[..., column]
    for row, begin, _ in events(truth >= 2):
      after = labels[row, begin : begin + 3, column] >= 2
      before = begin and labels[row, begin - 1, column] >= 2
      moves.append(bool(before) or (not after[0] and bool(after.any())))
  # A few frames each; what is not there at all is missed, not moved.
  assert 0.1 < np.mean(moves) < 0.6


def test_intensities_are_off_by_a_step_at_most_where_both_see_it(shown, labels):
  truth = annotator.truth_of(shown)
  both = (truth >= 2) & (labels >= 2)
  off = np.abs(truth - labels)[both]
  assert 0.02 < (off == 1).mean() < 0.3 and off.max() == 1
  assert labels.dtype == np.int8 and labels.min() == 0 and labels.max() <= 5


def test_drawn_from_the_seed_alone(shown, labels):
  np.testing.assert_array_equal(annotator.annotate(shown, seed=3), labels)
  other = annotator.annotate(shown, seed=4)
  assert not np.array_equal(other, labels)


@pytest.mark.parametrize("value", [0.0, 5.0])
def test_an_au_never_or_always_there(value):
  drawn = np.full((2, 50, 1), value)
  labels = annotator.annotate(drawn, seed=0)
  np.testing.assert_array_equal(labels >= 2, drawn >= 2)


@pytest.mark.parametrize("noise", [-0.1, 2.1, float("nan")])
def test_noise_out_of_range(noise):
  with pytest.raises(ValueError, match=r"noise in \[0, 2\], got"):
    annotator.annotate(np.zeros((1, 5, 1)), seed=0, noise=noise)
