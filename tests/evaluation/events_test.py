import fractions

import hypothesis
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st

from aujax import evaluation

nan = np.nan
GRID = np.linspace(0, 1, 101)


def random_case(seed, frames=80, aus=3, rate=0.5):
  """Runs of chance length, two sequences or more, some frames unknown."""
  rng = np.random.default_rng(seed)

  def runs():
    values = rng.random((frames, aus)) < rate
    keep = np.cumsum(rng.random(frames) < 0.4)
    return values[keep - keep[0]].astype(np.int8)

  labels, predictions = runs(), runs()
  agree = rng.random((frames, aus)) < 0.5
  predictions[agree] = labels[agree]
  labels[rng.random((frames, aus)) < 0.05] = -1
  mask = rng.random((frames, aus)) < 0.95
  sequences = np.sort(rng.integers(0, 4, frames))
  return predictions, labels, mask, sequences


def events(active, sequences):
  """Lists of frames, found by going from frame to frame."""
  found = []
  for frame in np.flatnonzero(active):
    follows = found and found[-1][-1] == frame - 1
    if follows and sequences[frame] == sequences[frame - 1]:
      found[-1].append(frame)
    else:
      found.append([frame])
  return found


def overlaps(predictions, labels, mask, sequences):
  """Overlaps of labelled and of predicted events of one AU, as fractions."""
  known = mask & (labels != -1)
  label, predicted = known & (labels == 1), known & (predictions == 1)
  return tuple(
    [
      fractions.Fraction(sum(int(other[i]) for i in event), len(event))
      for event in events(own, sequences)
    ]
    for own, other in ((label, predicted), (predicted, label))
  )


def f1_of(labelled, predicted, threshold):
  if not labelled and not predicted:
    return nan
  recall, precision = (
    fractions.Fraction(sum(o >= threshold for o in side), max(len(side), 1))
    for side in (labelled, predicted)
  )
  if not recall + precision:
    return 0
  return 2 * recall * precision / (recall + precision)


def area_of(labelled, predicted):
  if not labelled and not predicted:
    return nan
  area, start = fractions.Fraction(0), 0
  for end in sorted({*labelled, *predicted}):
    area += (end - start) * f1_of(labelled, predicted, end)
    start = end
  return area


def column_of(text):
  return np.array([[int(c) if c != "?" else -1 for c in text]]).T


@hypothesis.given(
  seed=st.integers(0, 10**6),
  frames=st.integers(1, 80),
  rate=st.sampled_from([0.1, 0.5, 0.95]),
)
def test_equals_a_loop(seed, frames, rate):
  predictions, labels, mask, sequences = random_case(seed, frames, rate=rate)
  thresholds = np.array([0, 0.25, 0.3, 0.5, 0.75, 1])
  values = evaluation.event_f1(
    predictions, labels, mask, sequences=sequences, thresholds=thresholds
  )
  area = evaluation.event_f1_area(
    predictions, labels, mask, sequences=sequences
  )
  for au in range(3):
    columns = (array[:, au] for array in (predictions, labels, mask))
    both = overlaps(*columns, sequences)
    expected = [float(f1_of(*both, t)) for t in thresholds]
    np.testing.assert_allclose(values[:, au], expected, rtol=1e-12)
    np.testing.assert_allclose(area[au], float(area_of(*both)), rtol=1e-12)


@pytest.mark.parametrize(
  ("predictions", "labels", "sequences", "thresholds", "expected"),
  [
    # Two of three frames are found, in an event that lies inside.
    ("01100000", "11100000", "aaaaaaaa", [0.5, 2 / 3, 0.7, 1], [1, 1, 0, 0]),
    # Of two events one is found; of two predictions one is right.
    ("11100001", "11100110", "aaaaaaaa", [0, 0.5, 1], [1, 0.5, 0.5]),
    # An event that is found in pieces: each piece is right.
    ("11011000", "11111000", "aaaaaaaa", [0.8, 0.9], [1, 0]),
    # The same, were it two events: those are all found.
    ("11111000", "11011000", "aaaaaaaa", [0.8, 0.9], [1, 0]),
    # A new sequence ends both: of the halves one is found.
    ("00110000", "11110000", "aabbbbbb", [0.5, 1], [2 / 3, 2 / 3]),
    # A name that comes back begins anew.
    ("00110000", "11110000", "aabbaaaa", [0.5, 1], [2 / 3, 2 / 3]),
    # An unknown frame ends an event and its own prediction counts nowhere.
    ("00111000", "11?11000", "aaaaaaaa", [0.5, 1], [2 / 3, 2 / 3]),
    ("00100000", "00?00000", "aaaaaaaa", [0, 1], [nan, nan]),
    # Nothing on one side, and on both.
    ("00000000", "01100000", "aaaaaaaa", [0, 1], [0, 0]),
    ("01100000", "00000000", "aaaaaaaa", [0, 1], [0, 0]),
    ("00000000", "00000000", "aaaaaaaa", [0, 1], [nan, nan]),
    # Both have events, none of them overlaps.
    ("00000011", "01100000", "aaaaaaaa", [0, 0.01], [1, 0]),
    ("11111111", "11111111", "abcdefgh", [0, 1], [1, 1]),
  ],
)
def test_hand_values(predictions, labels, sequences, thresholds, expected):
  values = evaluation.event_f1(
    column_of(predictions),
    column_of(labels),
    sequences=list(sequences),
    thresholds=thresholds,
  )
  np.testing.assert_allclose(values[:, 0], expected, rtol=1e-15)


def test_area_by_hand():
  # Overlaps of the labels 1/4 and 1, of the predictions 1 and 1/2: F1 is 1 up
  # to 1/4, then r 1/2 and p 1 up to 1/2, then both 1/2.
  labels, predictions = column_of("11110011000"), column_of("00010011110")
  sequences = [0] * 6 + [1] * 5
  area = evaluation.event_f1_area(predictions, labels, sequences=sequences)
  expected = 1 / 4 + (2 / 3) / 4 + (1 / 2) / 2
  np.testing.assert_allclose(area, [expected], rtol=1e-15)


@hypothesis.given(st.integers(0, 10**6))
def test_area_is_near_the_trapezoids_of_a_grid(seed):
  predictions, labels, mask, sequences = random_case(seed)
  both = {"sequences": sequences}
  curve = evaluation.event_f1(
    predictions, labels, mask, **both, thresholds=GRID
  )
  area = evaluation.event_f1_area(predictions, labels, mask, **both)
  assert (np.diff(curve, axis=0) <= 0).all()
  trapezoids = ((curve[1:] + curve[:-1]) / 2 * 0.01).sum(0)
  bound = 0.005 * (curve[0] - curve[-1])
  assert (np.abs(area - trapezoids) <= bound + 1e-12).all()


def test_perfect_predictions_and_their_opposite():
  _, labels, mask, sequences = random_case(1, 500)
  both = {"sequences": sequences}
  np.testing.assert_array_equal(
    evaluation.event_f1_area(labels == 1, labels, mask, **both), 1
  )
  np.testing.assert_array_equal(
    evaluation.event_f1_area(labels == 0, labels, mask, **both), 0
  )


def test_order_of_sequences_does_not_matter():
  predictions, labels, mask, sequences = random_case(2, 300)
  order = np.argsort(-sequences, kind="stable")
  area = evaluation.event_f1_area(
    predictions, labels, mask, sequences=sequences
  )
  again = evaluation.event_f1_area(
    predictions[order], labels[order], mask[order], sequences=sequences[order]
  )
  np.testing.assert_array_equal(again, area)


def test_unknown_labels_and_masked_ones_are_the_same():
  predictions, labels, _, sequences = random_case(3, 300)
  coded = evaluation.event_f1_area(predictions, labels, sequences=sequences)
  hidden = np.where(labels == -1, nan, predictions)
  masked = evaluation.event_f1_area(
    hidden, np.where(labels == -1, 9, labels), labels != -1, sequences=sequences
  )
  np.testing.assert_array_equal(masked, coded)


def test_names_and_arrays_of_every_kind():
  predictions, labels, mask, sequences = random_case(4)
  arrays = predictions, labels, mask
  area = evaluation.event_f1_area(*arrays, sequences=sequences)
  names = np.array(["a", "bb", "ccc", "d"])[sequences]
  for same in (names, names.astype(object), names.tolist()):
    found = evaluation.event_f1_area(*arrays, sequences=same)
    np.testing.assert_array_equal(found, area)
  on_device = [jnp.asarray(array) for array in arrays]
  found = evaluation.event_f1_area(*on_device, sequences=sequences)
  np.testing.assert_array_equal(found, area)
  found = evaluation.event_f1_area(
    predictions.astype(np.float32),
    labels == 1,
    mask & (labels != -1),
    sequences=sequences,
  )
  np.testing.assert_array_equal(found, area)


def test_nothing():
  empty = np.zeros((0, 2), np.int8)
  values = evaluation.event_f1(empty, empty, sequences=[], thresholds=[0.5])
  assert values.shape == (1, 2) and np.isnan(values).all()
  assert np.isnan(evaluation.event_f1_area(empty, empty, sequences=[])).all()
  no_aus = np.zeros((3, 0), np.int8)
  values = evaluation.event_f1(
    no_aus, no_aus, sequences=[0, 0, 0], thresholds=[0.5, 1]
  )
  assert values.shape == (2, 0)
  one = np.ones((1, 1), np.int8)
  assert evaluation.event_f1(one, one, sequences=[0], thresholds=[]).size == 0


@pytest.mark.parametrize(
  ("change", "message"),
  [
    ({"predictions": np.full((4, 2), 0.3)}, "0 or 1, got 0.3; compare scores"),
    ({"predictions": np.full((4, 2), nan)}, "4 NaN for the AU with index 0"),
    ({"predictions": np.zeros((3, 2))}, r"shape \[3, 2\], got \[4, 2\]"),
    ({"predictions": np.zeros((1, 4, 2))}, r"\[N, T\], got shape \[1, 4, 2\]"),
    ({"labels": np.full((4, 2), 9)}, "got 9 for the AU with index 0"),
    ({"mask": np.ones(4, bool)}, "expected mask"),
    ({"sequences": [0, 0]}, "a sequence for each of 4 frames"),
    (
      {"thresholds": [0.5, 1.5]},
      "between 0 and 1, shares of an event, got 1.5",
    ),
    ({"thresholds": [nan]}, "got nan"),
    ({"thresholds": 0.5}, "put a single one into a list"),
  ],
)
def test_bad_input(unchecked, change, message):
  good = {
    "predictions": np.zeros((4, 2)),
    "labels": np.zeros((4, 2)),
    "sequences": [0] * 4,
    "thresholds": [0.5],
  }
  with pytest.raises(ValueError, match=message):
    evaluation.event_f1(**(good | change))
