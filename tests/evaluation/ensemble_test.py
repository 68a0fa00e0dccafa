import itertools

import hypothesis
import numpy as np
import pytest
import scipy.special
from hypothesis import strategies as st
from sklearn import metrics as reference

from aujax import evaluation

HOW = ("probabilities", "logits", "vote")


def case(seed=0, members=3, rows=200, aus=4, noise=1.5):
  """Members see the same truth through noise of their own."""
  rng = np.random.default_rng(seed)
  labels = (rng.random((rows, aus)) < 0.3).astype(np.int8)
  logits = 2 * labels - 1 + noise * rng.standard_normal((members, rows, aus))
  return scipy.special.expit(logits).astype(np.float32), labels


def macro_f1(scores, labels, mask=None):
  return evaluation.macro(evaluation.f1(evaluation.count(scores, labels, mask)))


def test_equals_scipy():
  scores, _ = case()
  weights = np.array([1.0, 2.0, 0.5])
  np.testing.assert_allclose(
    evaluation.combine(scores, weights=weights),
    np.average(scores, axis=0, weights=weights),
    rtol=1e-6,
  )
  logits = np.average(scipy.special.logit(scores), axis=0, weights=weights)
  np.testing.assert_allclose(
    evaluation.combine(scores, how="logits", weights=weights),
    scipy.special.expit(logits),
    rtol=1e-5,
  )
  votes = np.average(scores >= 0.5, axis=0, weights=weights)
  np.testing.assert_allclose(
    evaluation.combine(scores, how="vote", weights=weights), votes, rtol=1e-6
  )


@pytest.mark.parametrize("how", HOW)
def test_one_member_and_equal_members(how):
  scores, _ = case(1)
  one = scores[:1]
  expected = one[0] if how != "vote" else (one[0] >= 0.5)
  for same in (one, np.repeat(one, 5, axis=0)):
    combined = evaluation.combine(same, how=how)
    assert combined.dtype == np.float32
    np.testing.assert_allclose(combined, expected, rtol=1e-5)


@hypothesis.given(st.integers(0, 99), st.permutations(range(4)))
def test_the_order_and_the_scale_of_weights_do_not_matter(seed, order):
  scores, _ = case(seed, members=4, rows=20)
  weights = np.arange(1.0, 5.0)
  for how in HOW:
    np.testing.assert_allclose(
      evaluation.combine(scores, how=how, weights=weights),
      evaluation.combine(
        scores[list(order)], how=how, weights=7 * weights[list(order)]
      ),
      rtol=1e-5,
    )


@pytest.mark.parametrize("members", [2, 6, 10, 18])
def test_half_of_the_votes_is_a_majority(members):
  scores = np.zeros((members, 1, 1))
  scores[: members // 2] = 1
  assert evaluation.combine(scores, how="vote").tolist() == [[0.5]]


def test_members_vote_at_thresholds_of_their_own():
  scores = np.array([[[0.3, 0.3]], [[0.6, 0.6]]])
  for threshold, expected in (
    (0.5, [0.5, 0.5]),
    (np.array([0.2, 0.5]), [1.0, 0.5]),
    (np.array([[0.2], [0.7]]), [0.5, 0.5]),
    (np.array([[0.2, 0.4], [0.5, 0.7]]), [1.0, 0.0]),
  ):
    votes = evaluation.combine(scores, how="vote", threshold=threshold)
    assert votes.tolist() == [expected]


def test_sure_members_weigh_more_in_logits_and_stay_finite():
  scores = np.array([[[0.999]], [[0.4]], [[0.4]]], np.float32)
  mean = evaluation.combine(scores)
  logits = evaluation.combine(scores, how="logits")
  assert logits[0, 0] > mean[0, 0] > 0.5
  sure = np.array([[[1.0, 0.0, 1.0]], [[0.0, 0.0, 1.0]]], np.float32)
  np.testing.assert_allclose(
    evaluation.combine(sure, how="logits"), [[0.5, 0, 1]], atol=1e-6
  )


def test_a_member_without_weight_has_no_say():
  scores, _ = case(2)
  scores[1] = np.nan
  for how in HOW:
    np.testing.assert_array_equal(
      evaluation.combine(scores, how=how, weights=np.array([1.0, 0.0, 1.0])),
      evaluation.combine(scores[[0, 2]], how=how),
    )
    assert np.isnan(evaluation.combine(scores, how=how)).all()


def test_leading_dimensions():
  scores, labels = case(3)
  deep = scores.reshape(3, 10, 20, 4)
  for how in HOW:
    np.testing.assert_array_equal(
      evaluation.combine(deep, how=how).reshape(200, 4),
      evaluation.combine(scores, how=how),
    )
  np.testing.assert_array_equal(
    evaluation.best_weights(deep, labels.reshape(10, 20, 4)),
    evaluation.best_weights(scores, labels),
  )


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("seed", range(5))
def test_best_weights_are_never_worse_than_a_member_or_equal_weights(how, seed):
  scores, labels = case(seed, members=4, noise=2.5)
  weights = evaluation.best_weights(scores, labels, how=how)
  assert weights.sum() == pytest.approx(1) and (weights >= 0).all()
  best = macro_f1(evaluation.combine(scores, how=how, weights=weights), labels)
  rivals = [macro_f1(member, labels) for member in scores]
  rivals.append(macro_f1(evaluation.combine(scores, how=how), labels))
  assert best >= max(rivals) - 1e-6


def greedy_by_loop(scores, labels, rounds):
  """Ensemble selection as the paper tells it, graded by scikit-learn."""

  def grade(bag):
    mean = scores[list(bag)].astype(np.float64).mean(0).astype(np.float32)
    return reference.f1_score(labels, mean >= 0.5, average="macro")

  bag, best = [], (-1, None)
  for _ in range(rounds):
    bag = max(([*bag, m] for m in range(len(scores))), key=grade)
    if grade(bag) > best[0]:
      best = grade(bag), np.bincount(bag, minlength=len(scores)) / len(bag)
  return best[1], grade(range(len(scores)))


@pytest.mark.parametrize("seed", range(4))
def test_best_weights_equal_a_greedy_search_by_loop(seed):
  scores, labels = case(seed, noise=2.0)
  weights, equal = greedy_by_loop(scores, labels, 12)
  ours = evaluation.best_weights(scores, labels, num_rounds=12)
  combined = evaluation.combine(scores, weights=weights)
  assert macro_f1(combined, labels) > equal
  np.testing.assert_allclose(ours, weights)


def test_best_weights_are_near_the_best_of_a_grid():
  scores, labels = case(6, noise=2.0)
  steps = range(11)
  grid = [
    np.array([a, b, 10 - a - b]) / 10
    for a, b in itertools.product(steps, steps)
    if a + b <= 10
  ]
  best = max(
    macro_f1(evaluation.combine(scores, weights=w), labels) for w in grid
  )
  ours = evaluation.best_weights(scores, labels)
  value = macro_f1(evaluation.combine(scores, weights=ours), labels)
  assert value > best - 0.01


def test_a_useless_member_gets_little_and_ties_are_equal():
  scores, labels = case(7, noise=1.0)
  rng = np.random.default_rng(8)
  useless = rng.random(labels.shape).astype(np.float32)
  weights = evaluation.best_weights(
    np.concatenate([scores, useless[None]]), labels
  )
  assert weights[3] < 0.1
  same = np.repeat(scores[:1], 4, axis=0)
  assert evaluation.best_weights(same, labels).tolist() == [0.25] * 4


def test_best_weights_leave_out_what_is_masked():
  scores, labels = case(9, noise=2.0)
  mask = np.random.default_rng(10).random(labels.shape) < 0.5
  expected = evaluation.best_weights(scores, labels, mask)
  wild = np.where(mask, scores, np.nan)
  unknown = np.where(mask, labels, -1)
  np.testing.assert_array_equal(
    evaluation.best_weights(wild, unknown), expected
  )


def test_bad_input(unchecked):
  scores, labels = case(11, rows=5)
  for weights in ([1, 1], [1, -1, 1], [0, 0, 0], [1, np.nan, 1]):
    with pytest.raises(ValueError, match="3 weights, one per member"):
      evaluation.combine(scores, weights=np.array(weights, float))
  with pytest.raises(ValueError, match="'vote'.*got 'mean'"):
    evaluation.combine(scores, how="mean")
  with pytest.raises(ValueError, match="one member or more"):
    evaluation.combine(scores[:0])
  with pytest.raises(ValueError, match="threshold of one of the shapes"):
    evaluation.combine(scores, how="vote", threshold=np.zeros(3))
  with pytest.raises(ValueError, match="expected an AU with positives"):
    evaluation.best_weights(scores, -np.ones_like(labels))
