import itertools

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from aujax import sampling
from aujax.sampling import batches, groups, inputs, momu, stratify

METHODS = ("algorithm1", "iterative")
EVERY_METHOD = pytest.mark.parametrize("method", METHODS)
small_labels = st.builds(
  lambda shape, rate, chance: np.random.default_rng(chance).choice(
    np.array([1, 0, -1], np.int8), shape, p=[rate, 0.9 - rate, 0.1]
  ),
  st.tuples(st.integers(0, 40), st.integers(0, 4)),
  st.sampled_from([0.02, 0.1, 0.4, 0.8]),
  st.integers(0, 10_000),
)


def _video(num_frames, *, seed, rates=(0.2, 0.17, 0.46, 0.6, 0.55, 0.35)):
  """Labels in which AUs stay on for a while and rates differ."""
  chance = np.random.default_rng(seed)
  segments = chance.random((num_frames // 20 + 1, len(rates))) < rates
  return np.repeat(segments, 20, axis=0)[:num_frames].astype(np.int8)


def _counts(labels, plan):
  """Positives per batch and AU."""
  return np.array([(labels[row[row >= 0]] == 1).sum(0) for row in plan])


def _spread(labels, plan):
  """Standard deviation between batches of positives, per AU."""
  return _counts(labels, plan).std(axis=0)


@hypothesis.settings(deadline=None, max_examples=60)
@hypothesis.given(
  n=st.integers(0, 200), b=st.integers(1, 40), seed=st.integers(0, 2**63)
)
def test_every_example_once_in_batches_of_even_size(n, b, seed):
  plan = sampling.random_batches(n, b, seed=seed)
  assert plan.dtype == np.int64 and plan.shape == (-(-n // b), b)
  np.testing.assert_array_equal(np.sort(plan[plan >= 0]), np.arange(n))
  sizes = (plan >= 0).sum(1)
  assert not n or sizes.max() - sizes.min() <= 1
  empty = plan < 0
  assert (plan[empty] == -1).all()
  assert (empty[:, :-1] <= empty[:, 1:]).all()  # Empty slots end the row.


def test_every_position_is_about_equally_likely():
  first = [
    sampling.random_batches(4, 4, seed=0, epoch=e)[0, 0] for e in range(2000)
  ]
  counts = np.bincount(first, minlength=4)
  assert abs(counts - 500).max() < 100  # Five standard deviations.


@pytest.mark.parametrize(
  "wrong",
  [
    {"num_examples": -1},
    {"batch_size": 0},
    {"seed": -1},
    {"epoch": -1},
  ],
)
def test_wrong_numbers_are_refused(wrong):
  options = dict(num_examples=4, batch_size=2, seed=0, epoch=0)
  with pytest.raises(ValueError, match="expected"):
    sampling.random_batches(**{**options, **wrong})


def _groups_of_algorithm_1(labels):
  """The sets D_l of Algorithm 1, lines 2 to 10, as sets of examples."""
  remaining = set(range(len(labels)))
  positives = [set(np.flatnonzero(column == 1)) for column in labels.T]
  while remaining:
    occurring = [examples for examples in positives if examples]
    group = set(min(occurring, key=len) if occurring else remaining)
    yield group
    remaining -= group
    for examples in positives:
      examples -= group


@hypothesis.given(
  labels=small_labels, b=st.integers(1, 12), seed=st.integers(0, 99)
)
def test_algorithm_1_deals_the_rarest_of_what_remains(labels, b, seed):
  plan = batches.stratified_batches(labels, b, seed=seed)
  turn = np.full(len(labels) + 1, -1)  # An empty slot takes the last.
  for number, group in enumerate(_groups_of_algorithm_1(labels)):
    turn[list(group)] = number
  turns = np.where(plan < 0, len(labels), turn[plan])
  assert (np.diff(turns, axis=1) >= 0).all()
  for number in range(turn.max() + 1):
    # One example per batch, going on where the last group ended.
    assert np.ptp((turns <= number).sum(axis=1)) <= 1


def test_algorithm_1_by_hand():
  # AU 1 is rarest; when it is dealt, AU 0 has two left and AU 2 has three.
  labels = np.array(
    [[1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 1], [1, 0, 1], [0, 0, -1]]
  )
  plan = batches.stratified_batches(labels, 2, seed=0)
  assert set(plan[:, 0]) == {0, 1, 4} and set(plan[:, 1]) == {2, 3, 5}


def test_algorithm_1_deals_like_beside_like():
  # All combinations of five AUs, so each can be next to one like it.
  labels = np.array(list(itertools.product([0, 1], repeat=5)))
  starts = set()
  for seed in range(20):
    dealt = stratify.one_by_one(
      groups.unique_groups(labels), inputs.generator(seed)
    )
    first_turn = labels[dealt[:16]]
    assert (abs(np.diff(first_turn, axis=0)).sum(axis=1) == 1).all()
    starts.add(dealt[0])
  assert len(starts) > 5


@EVERY_METHOD
@hypothesis.given(
  labels=small_labels, b=st.integers(1, 12), seed=st.integers(0, 99)
)
def test_the_rarest_au_differs_by_at_most_one(method, labels, b, seed):
  plan = batches.stratified_batches(labels, b, seed=seed, method=method)
  positives = (labels == 1).sum(axis=0)
  if positives.any():
    rarest = np.argmin(np.where(positives, positives, len(labels) + 1))
    assert np.ptp(_counts(labels, plan)[:, rarest]) <= 1


@EVERY_METHOD
def test_groups_are_shuffled_without_favour(method):
  labels = np.array([[1], [1], [1], [1], [0], [0]])
  plans = [
    batches.stratified_batches(labels, 3, seed=0, epoch=epoch, method=method)
    for epoch in range(1200)
  ]
  batch = [np.flatnonzero((plan == 0).any(axis=1))[0] for plan in plans]
  assert abs(sum(batch) - 600) < 87  # Five standard deviations.
  beside_0 = np.concatenate(
    [plan[index] for plan, index in zip(plans, batch, strict=True)]
  )
  beside = np.bincount(beside_0, minlength=6)[1:4]
  assert abs(beside - 400).max() < 82  # Five standard deviations.


def test_stratified_batches_vary_less_than_random_ones():
  labels, size = _video(8000, seed=0), 64
  algorithm1, iterative = (
    [
      _spread(
        labels, batches.stratified_batches(labels, size, seed=s, method=method)
      )
      for s in range(10)
    ]
    for method in METHODS
  )
  # Random batches draw without replacement: a hypergeometric variance.
  rates = labels.mean(axis=0)
  of_random = size * rates * (1 - rates) * (8000 - size) / 7999
  assert (np.mean(np.square(algorithm1), axis=0) < of_random / 4).all()
  assert np.max(iterative) < 1


def _sechidis(labels, sizes, *, seed):
  """Sechidis et al. 2011, Algorithm 1, example by example."""
  chance = np.random.default_rng(seed)
  labels = labels == 1
  share = sizes / sizes.sum()
  due = sizes.astype(float)
  due_of_au = labels.sum(axis=0)[:, None] * share
  remaining = set(range(len(labels)))
  folds = [[] for _ in sizes]
  while remaining:
    left = labels[sorted(remaining)].sum(axis=0)
    au = np.argmin(np.where(left, left, len(labels) + 1)) if any(left) else None
    group = [e for e in sorted(remaining) if au is None or labels[e, au]]
    for example in group:
      wants = due if au is None else due_of_au[au]
      ties = wants == wants.max()
      ties &= due == due[ties].max()
      fold = chance.choice(np.flatnonzero(ties))
      folds[fold].append(example)
      due[fold] -= 1
      due_of_au[labels[example], fold] -= 1
    remaining -= set(group)
  return folds


@pytest.mark.parametrize("seed", range(4))
def test_iterative_varies_less_than_the_published_steps(seed):
  rates = (0.2, 0.17, 0.46, 0.55, 0.6, 0.56, 0.35, 0.15)
  labels = np.random.default_rng(seed).random((1500, 8)) < rates
  labels = labels.astype(np.int8)
  plan = batches.stratified_batches(labels, 50, seed=0, method="iterative")
  folds = _sechidis(labels, (plan >= 0).sum(axis=1), seed=0)
  theirs = np.std([labels[fold].sum(axis=0) for fold in folds], axis=0)
  assert _spread(labels, plan).max() < 1 < theirs.max()


def _replay_momu(labels, plan, draw):
  """Follows Algorithm 2, as read, and checks a plan's rows against it.

  Yields, for each draw, what could be drawn and what was.
  """
  having = [set(np.flatnonzero(column == 1)) for column in labels.T]
  having = [examples for examples in having if examples]
  pool = set(range(len(labels)))
  for row in plan.tolist():
    au = np.argmin([len(pool & examples) for examples in having])
    batch = []
    while len(batch) < len(row):
      wanted = min(draw, len(row) - len(batch))
      drawn = row[len(batch) :][:wanted]
      if len(pool & having[au]) < wanted:
        pool |= having[au] - set(batch)
      may_be_drawn = pool & having[au]
      found = drawn[: len(may_be_drawn)]
      assert set(found) <= may_be_drawn and len(set(found)) == len(found)
      yield may_be_drawn, found
      pool -= set(found)
      batch += found
      for example in drawn[len(found) :]:
        times = {e: batch.count(e) for e in having[au]}
        assert min(times.values()) > 0, "repeated before all were drawn"
        assert times[example] == min(times.values())
        batch.append(example)
      in_batch = [sum(e in examples for e in batch) for examples in having]
      au = np.argmin(in_batch)


@hypothesis.settings(max_examples=300)
@hypothesis.given(
  labels=small_labels.filter(lambda labels: (labels == 1).any()),
  batch_size=st.integers(1, 12),
  num_batches=st.integers(0, 12),
  draw=st.integers(1, 6),
  seed=st.integers(0, 99),
)
def test_momu_follows_algorithm_2(labels, batch_size, num_batches, draw, seed):
  plan = batches.momu_batches(
    labels, batch_size, num_batches, draw=draw, seed=seed
  )
  assert plan.shape == (num_batches, batch_size) and plan.dtype == np.int64
  list(_replay_momu(labels, plan, draw))


@pytest.mark.parametrize("draw", [1, 7])
def test_momu_follows_algorithm_2_through_large_batches(draw):
  labels = _video(900, seed=0)
  labels[::300, 1:] = 0
  labels[:, 2] = 0
  labels[[5, 6, 400], 2] = 1  # Fewer than a batch needs.
  plan = batches.momu_batches(labels, 60, 40, draw=draw, seed=0)
  list(_replay_momu(labels, plan, draw))
  # A draw or two make the difference for the AU that is most alike.
  assert np.ptp(_counts(labels, plan), axis=0).min() < 2 * max(draw, 5)


def test_momu_by_hand():
  # AU 1 has one example, AU 0 two; AU 2 never occurs; example 3 shows none.
  labels = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, -1]])
  first, second = batches.momu_batches(labels, 4, 2, draw=1, seed=0).tolist()
  # AU 1 is rarest in the pool, then AU 0 in the batch, then AU 0 by a tie,
  # then AU 1, of which all that there is, is in the batch.
  assert first[0] == first[3] == 2 and sorted(first[1:3]) == [0, 1]
  # The pool is out of both: AU 0 by a tie, AU 1, AU 0 by a tie, AU 1.
  assert second[1] == second[3] == 2 and sorted(second[::2]) == [0, 1]


@pytest.mark.parametrize("refill", ["au", "all"])
def test_momu_refills_one_au_or_all(refill):
  # AU 0 runs out every two batches, AU 1 every eight.
  labels = np.array([[1, 0]] * 2 + [[0, 1]] * 8)
  plan = batches.momu_batches(labels, 2, 8, draw=1, seed=0, refill=refill)
  assert (plan[:, 0] < 2).all()
  drawn = plan[:, 1].reshape(4, 2)
  assert (drawn[:, 0] != drawn[:, 1]).all()
  assert (len(set(drawn.ravel())) == 8) == (refill == "au")


def test_momu_ends_where_examples_are_fewer_than_slots():
  one = batches.momu_batches(np.array([[0, 1]]), 5, 2, draw=3, seed=0)
  np.testing.assert_array_equal(one, np.zeros((2, 5)))
  three = batches.momu_batches(np.ones((3, 1)), 10, 20, draw=16, seed=0)
  times = np.array([np.bincount(row) for row in three])
  assert (np.sort(times, axis=1) == [3, 3, 4]).all()
  assert (times == 4).any(axis=0).all()  # The odd one is any of them.
  assert batches.momu_batches(np.ones((3, 1)), 2, 0, draw=1, seed=0).size == 0


def test_momu_is_more_balanced_the_fewer_it_draws_at_a_time():
  labels = _video(20_000, seed=0)
  least = [
    _counts(
      labels, batches.momu_batches(labels, 100, 300, draw=draw, seed=0)
    ).min()
    for draw in (1, 10, 50)
  ]
  of_random = batches.random_batches(20_000, 100, seed=0)
  assert least[0] > least[1] > least[2] > _counts(labels, of_random).min()


def test_momu_draws_every_example_with_an_au_alike():
  # AU 0, the rarest, in twelve, of which two show AU 1 as 40 others do.
  labels = np.zeros((52, 2), np.int8)
  labels[:12, 0] = labels[10:, 1] = 1
  sets = groups.unique_groups(labels)
  batch_of_each_epoch = [
    momu.Pool(sets, inputs.generator(0, epoch=epoch)).batch(3, 3)
    for epoch in range(4000)
  ]
  counts = np.bincount(np.ravel(batch_of_each_epoch), minlength=52)
  assert not counts[12:].any()
  # Three of twelve, so each with probability 1 / 4.
  assert abs(counts[:12] - 1000).max() < 5 * np.sqrt(4000 * 3 / 16)


def test_momu_draws_alike_after_other_draws_and_returns():
  # 30 examples with AU 0, 21 with AU 1, of which 15 with both: each AU's
  # return changes what the other one can be drawn from.
  labels = np.zeros((36, 2), np.int8)
  labels[:30, 0] = labels[15:, 1] = 1
  surprises = []
  for epoch in range(100):
    plan = batches.momu_batches(labels, 4, 30, draw=1, seed=0, epoch=epoch)
    been_drawn = set()
    for may_be_drawn, (drawn,) in _replay_momu(labels, plan, 1):
      kinds = np.array(
        [(e, labels[e].sum(), e in been_drawn) for e in may_be_drawn]
      )
      got = (drawn, labels[drawn].sum(), drawn in been_drawn)
      surprises.append((got - kinds.mean(axis=0), kinds.var(axis=0)))
      been_drawn.add(drawn)
  # Whatever happened before, a uniform draw cannot be foreseen: deviations
  # from the expected add up to 0 within five standard deviations.
  of_each_step = np.array(surprises).reshape(100, 120, 2, 3).sum(axis=0)
  deviation, variance = of_each_step.transpose(1, 0, 2)
  assert (abs(deviation) <= 5 * np.sqrt(variance)).all()
  assert (abs(deviation.sum(0)) <= 5 * np.sqrt(variance.sum(0))).all()


def test_momu_refuses_labels_without_positives():
  for labels in (np.zeros((4, 2)), np.full((4, 2), -1), np.zeros((0, 2))):
    with pytest.raises(ValueError, match=f"none in {len(labels)} rows"):
      batches.momu_batches(labels, 2, 2, draw=1, seed=0)


@pytest.mark.parametrize(
  "wrong, message",
  [
    ({"batch_size": 0}, "batch_size of 1 or more, got 0"),
    ({"num_batches": -1}, "num_batches of 0 or more, got -1"),
    ({"draw": 0}, "draw of 1 or more, got 0"),
    ({"refill": "some"}, '"au" or "all", got "some"'),
    ({"seed": -1}, "seed"),
    ({"epoch": -1}, "epoch"),
    ({"labels": np.array([[1, 9]])}, "got 9 in row 0, column 1"),
  ],
)
def test_momu_refuses_wrong_input(wrong, message):
  options = dict(
    labels=np.ones((4, 2)), batch_size=2, num_batches=2, draw=1, seed=0
  )
  with pytest.raises(ValueError, match=message):
    batches.momu_batches(**{**options, **wrong})


@pytest.mark.parametrize(
  "wrong, message",
  [
    ({"batch_size": 0}, "batch_size of 1 or more, got 0"),
    ({"method": "best"}, '"algorithm1" or "iterative", got "best"'),
    ({"epoch": -1}, "epoch"),
    ({"labels": np.array([[1, 9]])}, "got 9 in row 0, column 1"),
  ],
)
def test_stratification_refuses_wrong_input(wrong, message):
  options = dict(labels=np.ones((4, 2)), batch_size=2, seed=0)
  with pytest.raises(ValueError, match=message):
    batches.stratified_batches(**{**options, **wrong})
