import hypothesis
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st

from aujax.sampling import resampling

RESAMPLE = {
  name: getattr(resampling, name)
  for name in ("ml_ros", "ml_rus", "lp_ros", "lp_rus")
}
EVERY = pytest.mark.parametrize("name", RESAMPLE)
# 24 frames in which AU 0 is frequent, AU 1 less so, AU 2 rare.
MIXED = np.array(
  [[1, 0, 0]] * 9
  + [[1, 1, 0]] * 4
  + [[0, 1, 0]] * 3
  + [[0, 0, 0]] * 5
  + [[1, 0, 1], [0, 1, 1], [-1, 1, 1]],
  np.int8,
)


def _frames(*sets):
  """Label matrix from (number of frames, AUs they show, ...) of 4 AUs."""
  rows = [
    np.isin(np.arange(4), aus) for count, *aus in sets for _ in range(count)
  ]
  return np.array(rows, np.int8).reshape(-1, 4)


@st.composite
def _matrices(draw):
  """Labels of AUs whose rates differ as much as chance wants."""
  num_frames, num_aus = draw(st.integers(0, 30)), draw(st.integers(1, 5))
  rate = st.sampled_from([0.0, 0.05, 0.2, 0.5, 0.9])
  rates = draw(st.lists(rate, min_size=num_aus, max_size=num_aus))
  chance = np.random.default_rng(draw(st.integers(0, 10_000)))
  labels = (chance.random((num_frames, num_aus)) < rates).astype(np.int8)
  labels[chance.random(labels.shape) < 0.05] = -1
  return labels


def _irlbl(table):
  counts = (np.asarray(table) == 1).sum(axis=0)
  return np.array([max(counts) / c if c else np.nan for c in counts])


def _mean_ir(table):
  irlbl = _irlbl(table)
  occurring = irlbl[~np.isnan(irlbl)]
  return occurring.mean() if len(occurring) else np.nan


def _set_sizes(labels):
  """Frames of each label set, by name."""
  names = ["".join(map(str, row)) for row in (labels == 1).astype(int)]
  return {name: names.count(name) for name in sorted(set(names))}


def test_imbalance_by_hand():
  measured = resampling.imbalance(_frames((2, 0), (1, 0, 1), (1, 0, 1, 2)))
  np.testing.assert_array_equal(measured.irlbl, [1, 2, 4, np.nan])
  np.testing.assert_allclose(measured.mean_ir, 7 / 3)
  # Variance (16 + 1 + 25) / 9 / 2 = 7 / 3.
  np.testing.assert_allclose(measured.cvir, np.sqrt(7 / 3) / (7 / 3))


def test_imbalance_of_labels_without_any():
  for labels in (np.zeros((0, 3)), np.zeros((5, 3)), np.full((5, 3), -1)):
    measured = resampling.imbalance(labels)
    assert np.isnan(measured.irlbl).all() and measured.irlbl.shape == (3,)
    assert np.isnan(measured.mean_ir) and np.isnan(measured.cvir)


def test_one_au_has_a_mean_and_no_deviation():
  measured = resampling.imbalance(np.array([[1, 0], [1, -1]]))
  assert measured.mean_ir == 1.0 and np.isnan(measured.cvir)


def test_equal_counts_are_no_imbalance():
  measured = resampling.imbalance(np.eye(3))
  assert measured.irlbl.tolist() == [1, 1, 1]
  assert (measured.mean_ir, measured.cvir) == (1.0, 0.0)


def test_ml_ros_by_hand():
  # IRLbl 1, 2, 8; MeanIR 11 / 3. AU 2 reaches 8 / 2 = 4, then 8 / 3.
  labels = _frames((8, 0), (4, 1), (1, 2))
  got = resampling.ml_ros(labels, percent=1000, seed=3)
  assert got.tolist() == [*range(13), 12, 12]
  got = resampling.ml_ros(labels, percent=8, seed=3)
  assert got.tolist() == [*range(13), 12]


def test_ml_ros_counts_what_a_clone_adds_to_the_largest():
  # IRLbl 1, 9, 1, 1; MeanIR 3. With AU 0: 10 / 2, 11 / 3, 12 / 4 = 3. Had the
  # largest count stayed 9, the second clone would have been the last.
  labels = _frames((8, 0), (1, 0, 1), (9, 2), (9, 3))
  got = resampling.ml_ros(labels, percent=100, seed=0)
  assert got[27:].tolist() == [8, 8, 8]


def test_ml_ros_takes_turns():
  # IRLbl 12, 6, 1, 1; MeanIR 5. AU 0: 12 / 2 = 6; AU 1: 12 / 3 = 4, done;
  # AU 0: 12 / 3 = 4, done.
  labels = _frames((1, 0), (2, 1), (12, 2), (12, 3))
  for seed in range(5):
    first, second, third = resampling.ml_ros(labels, percent=100, seed=seed)[
      27:
    ]
    assert (first, third) == (0, 0) and second in (1, 2)


def test_ml_rus_by_hand():
  # IRLbl 1, 2, 6; MeanIR 3. Turns of AU 0 and 1 leave 5 3, 5 2, 4 2, 4 1, and
  # AU 1 is done at 4 / 1. AU 0 goes on to its last positive.
  labels = _frames((6, 0), (3, 1), (1, 2))
  for percent, left in (
    (10, [5, 3, 1, 0]),
    (20, [5, 2, 1, 0]),
    (40, [4, 1, 1, 0]),
    (50, [3, 1, 1, 0]),
    (100, [1, 1, 1, 0]),
  ):
    kept = resampling.ml_rus(labels, percent=percent, seed=1)
    assert labels[kept].sum(axis=0).tolist() == left
    assert kept[-1] == 9


def test_ml_rus_is_done_with_an_au_that_is_at_the_mean():
  # IRLbl 1, 2, 6; MeanIR 3. After three turns each AU 1 is at 9 / 3.
  labels = _frames((12, 0), (6, 1), (2, 2))
  for percent, left in ((30, [9, 3, 2, 0]), (100, [1, 3, 2, 0])):
    kept = resampling.ml_rus(labels, percent=percent, seed=1)
    assert labels[kept].sum(axis=0).tolist() == left


def test_ml_rus_never_deletes_the_last_positive_of_another_au():
  labels = _frames((3, 0), (1, 0, 2), (1, 0, 1, 3), (3, 1))
  for seed in range(20):
    kept = resampling.ml_rus(labels, percent=100, seed=seed)
    assert {3, 4} <= set(kept.tolist())


def test_lp_ros_by_hand():
  # Sets of 12, 8, 3 and 1 frames; the mean is 6.
  labels = _frames((12, 0), (8,), (3, 0, 1), (1, 1))
  for percent, sizes in (
    (0, [12, 8, 3, 1]),
    (5, [12, 8, 3, 2]),
    (17, [12, 8, 5, 3]),
    (25, [12, 8, 6, 4]),
    (30, [12, 8, 6, 5]),
    (1000, [12, 8, 6, 6]),
  ):
    got = labels[resampling.lp_ros(labels, percent=percent, seed=0)]
    sets = _set_sizes(got)
    assert [sets[s] for s in ("1000", "0000", "1100", "0100")] == sizes


def test_lp_rus_by_hand():
  # Sets of 12, 8, 2 and 2 frames; the mean is 6.
  labels = _frames((12, 0), (8,), (2, 0, 1), (2, 1))
  for percent, sizes in (
    (0, [12, 8, 2, 2]),
    (5, [11, 8, 2, 2]),
    (9, [11, 7, 2, 2]),
    (25, [8, 6, 2, 2]),
    (100, [6, 6, 2, 2]),
  ):
    got = labels[resampling.lp_rus(labels, percent=percent, seed=0)]
    sets = _set_sizes(got)
    assert [sets[s] for s in ("1000", "0000", "1100", "0100")] == sizes


def test_label_sets_stop_short_of_a_mean_that_is_no_whole_number():
  labels = _frames((7, 0), (2, 1), (2, 2))  # The mean is 11 / 3.
  more = labels[resampling.lp_ros(labels, percent=1000, seed=0)]
  assert _set_sizes(more) == {"0010": 3, "0100": 3, "1000": 7}
  fewer = labels[resampling.lp_rus(labels, percent=100, seed=0)]
  assert _set_sizes(fewer) == {"0010": 2, "0100": 2, "1000": 4}


@hypothesis.given(
  labels=_matrices(),
  percent=st.sampled_from([0, 3, 12.5, 50, 100, 1000]),
  seed=st.integers(0, 2**63),
)
def test_ml_ros_follows_the_paper_step_by_step(labels, percent, seed):
  got = resampling.ml_ros(labels, percent=percent, seed=seed)
  num_frames, mean_ir = len(labels), _mean_ir(labels)
  assert got[:num_frames].tolist() == list(range(num_frames))
  turns = [au for au, ir in enumerate(_irlbl(labels)) if ir > mean_ir]
  for stop in range(num_frames, len(got)):
    au = turns.pop(0)
    assert labels[got[stop], au] == 1
    if _irlbl(labels[got[: stop + 1]])[au] > mean_ir:
      turns.append(au)
  quota = int(num_frames * percent / 100)
  assert len(got) == num_frames + quota or not turns
  assert len(got) <= num_frames + quota


@hypothesis.given(labels=_matrices(), seed=st.integers(0, 2**63))
def test_ml_rus_follows_the_paper_step_by_step(labels, seed):
  mean_ir = _mean_ir(labels)
  turns = [au for au, ir in enumerate(_irlbl(labels)) if ir < mean_ir]
  kept = set(range(len(labels)))

  def may_go(frame):
    others = labels[sorted(kept - {frame})] == 1
    return (others.any(axis=0) | (labels[frame] != 1)).all()

  def bag(au):
    return {f for f in kept if labels[f, au] == 1 and may_go(f)}

  # One more percent each time shows the order of the deletions.
  for quota in range(1, len(labels) + 1):
    percent = min(100.0, 100 * (quota + 0.5) / len(labels))
    after = set(resampling.ml_rus(labels, percent=percent, seed=seed).tolist())
    while turns and not bag(turns[0]):
      turns.pop(0)
    if not turns:
      assert after == kept
      continue
    au = turns.pop(0)
    (deleted,) = kept - after
    assert after < kept and deleted in bag(au)
    kept = after
    if _irlbl(labels[sorted(kept)])[au] < mean_ir:
      turns.append(au)


@hypothesis.given(
  labels=_matrices(),
  percent=st.sampled_from([0, 3, 12.5, 50, 100]),
  seed=st.integers(0, 2**63),
)
def test_label_sets_share_fairly_and_exactly(labels, percent, seed):
  before = _set_sizes(labels)
  mean = len(labels) / max(len(before), 1)
  quota = int(len(labels) * percent / 100)
  for name, sign in (("lp_ros", 1), ("lp_rus", -1)):
    got = RESAMPLE[name](labels, percent=percent, seed=seed)
    after = _set_sizes(labels[got])
    assert set(after) == set(before)
    moved = {s: sign * (after[s] - before[s]) for s in before}
    room = {s: max(int(sign * (mean - before[s]) // 1), 0) for s in before}
    assert all(0 <= moved[s] <= room[s] for s in before)
    assert sum(moved.values()) == min(quota, sum(room.values()))
    # Who has room left got as much as anyone, but for rounding.
    most = max(moved.values(), default=0)
    assert all(moved[s] >= most - 1 for s in before if moved[s] < room[s])


@EVERY
@hypothesis.given(
  labels=_matrices(),
  percent=st.sampled_from([0, 7.5, 40, 100]),
  seed=st.integers(0, 2**63),
)
def test_what_comes_back(name, labels, percent, seed):
  original = labels.copy()
  got = RESAMPLE[name](labels, percent=percent, seed=seed)
  np.testing.assert_array_equal(labels, original)
  assert got.dtype == np.int64
  change = abs(len(got) - len(labels))
  assert change <= int(len(labels) * percent / 100)
  if "ros" in name:
    np.testing.assert_array_equal(got[: len(labels)], np.arange(len(labels)))
  else:
    assert (np.diff(got) > 0).all()
    np.testing.assert_array_equal(
      (labels[got] == 1).any(axis=0), (labels == 1).any(axis=0)
    )
  again = RESAMPLE[name](np.maximum(labels, 0), percent=percent, seed=seed)
  np.testing.assert_array_equal(got, again)  # Unknown counts as absent.


@EVERY
@pytest.mark.parametrize(
  "labels",
  [
    np.zeros((0, 3)),
    np.zeros((6, 0)),
    np.zeros((6, 3)),
    np.full((6, 3), -1),
    np.ones((6, 1)),
    np.eye(6),
  ],
)
def test_nothing_to_balance_changes_nothing(name, labels):
  for percent in (0, 100):
    got = RESAMPLE[name](labels, percent=percent, seed=0)
    np.testing.assert_array_equal(got, np.arange(len(labels)))


@EVERY
def test_jax_arrays_give_the_same(name):
  wanted = RESAMPLE[name](MIXED, percent=25, seed=4)
  got = RESAMPLE[name](jnp.asarray(MIXED), percent=25, seed=4)
  np.testing.assert_array_equal(got, wanted)
  assert resampling.imbalance(jnp.asarray(MIXED)).mean_ir == _mean_ir(MIXED)


@EVERY
def test_the_seed_decides(name):
  plans = [
    RESAMPLE[name](MIXED, percent=25, seed=seed).tolist() for seed in range(20)
  ]
  assert len(set(map(tuple, plans))) > 5


@pytest.mark.parametrize(
  "name, golden",
  [
    ("ml_ros", [21, 23, 23, 21]),
    (
      "ml_rus",
      [2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23],
    ),
    ("lp_ros", [13, 23, 23, 21, 21, 21]),
    (
      "lp_rus",
      [0, 1, 6, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22, 23],
    ),
  ],
)
def test_golden_rows(name, golden):
  got = RESAMPLE[name](MIXED, percent=25, seed=7).tolist()
  assert (got[24:] if "ros" in name else got) == golden


@pytest.mark.parametrize("name", ["ml_ros", "lp_ros"])
def test_clones_are_of_any_frame_of_a_bag_alike(name):
  labels = _frames((40, 0), (40, 2), (40, 3), (4, 1))
  cloned = np.zeros(len(labels))
  for seed in range(300):
    got = RESAMPLE[name](labels, percent=7, seed=seed)[len(labels) :]
    np.add.at(cloned, got, 1)
  assert cloned.sum() == 300 * 8 and cloned[:120].sum() == 0
  # Binomial(2400, 1/4): five standard deviations.
  assert abs(cloned[120:] - 600).max() < 107


@pytest.mark.parametrize("name", ["ml_rus", "lp_rus"])
def test_deletions_are_of_any_frame_of_a_bag_alike(name):
  labels = _frames((8, 0), (2, 1))
  deleted = np.zeros(len(labels))
  for seed in range(400):
    kept = RESAMPLE[name](labels, percent=30, seed=seed)
    deleted += ~np.isin(np.arange(len(labels)), kept)
  assert deleted[8:].sum() == 0 and deleted.sum() == 400 * 3
  # Binomial(400, 3/8): five standard deviations.
  assert abs(deleted[:8] - 150).max() < 49


def test_ml_rus_skips_what_another_bag_deleted_without_favour():
  # AU 0 draws one of 0, 1, 2, then AU 1 one of what is left of 0, 1, 3.
  labels = _frames((2, 0, 1), (1, 0), (1, 1), (1, 2))
  chances = {(0, 1): 1 / 3, (0, 3): 1 / 6, (1, 3): 1 / 6}
  chances |= dict.fromkeys([(0, 2), (1, 2), (2, 3)], 1 / 9)
  seen = dict.fromkeys(chances, 0)
  for seed in range(400):
    kept = resampling.ml_rus(labels, percent=40, seed=seed)
    seen[tuple(np.setdiff1d(np.arange(5), kept).tolist())] += 1
  for pair, chance in chances.items():
    deviation = (400 * chance * (1 - chance)) ** 0.5
    assert abs(seen[pair] - 400 * chance) < 5 * deviation


@EVERY
@pytest.mark.parametrize(
  "wrong, message",
  [
    ({"percent": -1}, "expected a percent of 0 .* got -1"),
    ({"percent": float("nan")}, "expected a percent .* got nan"),
    ({"percent": float("inf")}, "expected a percent .* got inf"),
    ({"seed": -1}, "expected a seed"),
    ({"labels": np.array([[0, 2]])}, "got 2 in row 0, column 1"),
  ],
)
def test_wrong_input_is_refused(name, wrong, message):
  options = {"labels": MIXED, "percent": 10, "seed": 0} | wrong
  labels = options.pop("labels")
  with pytest.raises(ValueError, match=message):
    RESAMPLE[name](labels, **options)


@pytest.mark.parametrize("name", ["ml_rus", "lp_rus"])
def test_no_more_than_all_can_be_deleted(name):
  with pytest.raises(ValueError, match="expected a percent of 0 to 100, got"):
    RESAMPLE[name](MIXED, percent=100.5, seed=0)
