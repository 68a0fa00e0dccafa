import inspect

import jax
import numpy as np
import pytest

from aujax import labels as labels_lib
from aujax import losses
from aujax.training import methods

LOGITS = np.array([[0.3, -2.0], [1.0, 0.5]], np.float32)
LABELS = np.array([[1, 0], [0, 1]], np.float32)
MASK = np.array([[True, True], [True, False]])
RATES = np.array([0.1, 0.3], np.float32)
KEY = jax.random.key(0)


def _value(method, **options):
  loss = methods.create(method, **options)
  return float(jax.jit(loss)(LOGITS, LABELS, MASK, RATES, KEY))


def test_baseline_is_the_masked_cross_entropy():
  p = 1 / (1 + np.exp(-LOGITS.astype(np.float64)))
  entries = -(LABELS * np.log(p) + (1 - LABELS) * np.log(1 - p))
  assert _value("baseline") == pytest.approx(entries[MASK].mean(), rel=1e-6)


@pytest.mark.parametrize(
  "method, options",
  [("robin_hood", {"beta": 0.0}), ("label_smoothing", {"alpha": 0.0})],
)
def test_no_noise_is_the_baseline(method, options):
  assert _value(method, **options) == pytest.approx(_value("baseline"))


def test_each_method_trains_on_its_own_targets():
  soft = labels_lib.robin_hood(LABELS, base_rates=RATES, beta=0.25)
  want = losses.masked_mean(losses.sigmoid_cross_entropy(LOGITS, soft), MASK)
  assert _value("robin_hood", beta=0.25) == pytest.approx(float(want))
  values = {
    _value(name)
    for name in (
      "baseline",
      "robin_hood",
      "label_smoothing",
      "frequency_weighted",
      "reweighted",
    )
  }
  assert len(values) == 5


def test_weighted_methods_by_hand():
  entries = np.asarray(losses.sigmoid_cross_entropy(LOGITS, LABELS))
  weighted = entries * [[1.5, 0.5]]
  assert _value("frequency_weighted") == pytest.approx(
    weighted[MASK].mean(), rel=1e-5
  )
  reweighted = entries * np.where(LABELS == 1, 1 / (2 * RATES), 1)
  assert _value("reweighted") == pytest.approx(
    reweighted[MASK].mean(), rel=1e-5
  )


# One AU of two positives and six negatives, one of the other way round; three
# unknown labels each, as of empty slots.
RAW = np.array(
  [[1, 0]] * 2 + [[0, 1]] * 6 + [[-1, -1]] * 3,
)


def _selective(key=KEY, rates=RATES, **options):
  """The loss of logits 0, in units of an entry's, and its gradient."""
  labels, mask = labels_lib.split_missing(RAW)
  loss = jax.jit(jax.value_and_grad(methods.create("selective", **options)))
  value, gradient = loss(np.zeros(RAW.shape, "f"), labels, mask, rates, key)
  return float(value) / np.log(2), np.asarray(gradient)


def _class_sums(gradient):
  """Of each AU the sums over positives and negatives, as shares of its sum."""
  sums = [(abs(gradient) * (RAW == label)).sum(0) for label in (1, 0)]
  return np.array(sums) / np.sum(sums, 0)


@pytest.mark.parametrize("random", [False, True])
def test_selective_balances_each_au_of_the_batch(random):
  value, gradient = _selective(random=random)
  np.testing.assert_allclose(_class_sums(gradient), 0.5, rtol=1e-5)
  # Weights sum to the number of annotated entries, so the scale stays.
  assert value == pytest.approx(1, rel=1e-5)
  assert (gradient[RAW == -1] == 0).all()


def test_selective_by_hand():
  entries = np.asarray(losses.sigmoid_cross_entropy(LOGITS, LABELS))
  # Of AU 0 one each; of AU 1 a negative alone, half of whose one frame counts.
  weighted = entries * [[1, 0.5], [1, 0]]
  assert _value("selective") == pytest.approx(weighted[MASK].mean(), rel=1e-6)


def test_selective_weights_reach_a_target_or_the_folds_rates():
  _, gradient = _selective(target=0.4)
  np.testing.assert_allclose(_class_sums(gradient)[0], 0.4, rtol=1e-5)
  _, gradient = _selective(target="base_rates")
  np.testing.assert_allclose(_class_sums(gradient)[0], RATES, rtol=1e-5)
  # A batch that has the fold's rates is left alone.
  rates = np.array([0.25, 0.75], np.float32)
  _, gradient = _selective(target="base_rates", rates=rates)
  np.testing.assert_allclose(np.abs(gradient)[RAW >= 0], 0.5 / 16, rtol=1e-5)


def test_selective_chooses_by_the_key_only_when_random():
  keys = [jax.random.key(seed) for seed in range(4)]
  kept = {_selective(key, random=True)[1].tobytes() for key in keys}
  assert len(kept) > 1
  assert len({_selective(key)[1].tobytes() for key in keys}) == 1
  # Four of the six are kept, at the weight of one in sixteen entries.
  _, gradient = _selective(random=True)
  kept = np.sort(np.abs(gradient[2:8, 0]))
  np.testing.assert_allclose(kept, [0, 0, *[0.5 / 16] * 4], rtol=1e-5)


@pytest.mark.parametrize("target", [-0.1, 1.5, float("nan"), "half", (0.5,)])
def test_selective_targets_are_rates(target):
  with pytest.raises(ValueError, match="'base_rates' for selective, got"):
    methods.create("selective", target=target)


def test_selective_leaves_an_au_that_is_not_annotated_alone():
  mask = np.array([[True, False], [True, False]])
  rates = np.array([0.1, np.nan], np.float32)
  for random in (False, True):
    loss = methods.create("selective", target="base_rates", random=random)
    gradient = jax.grad(loss)(LOGITS, LABELS, mask, rates, KEY)
    assert np.isfinite(gradient).all()
    assert (gradient[:, 1] == 0).all()


def test_soft_f1_by_hand():
  p = 1 / (1 + np.exp(-LOGITS.astype(np.float64)))
  # AU 0: one positive at p[0, 0]; AU 1: a negative, the other unknown.
  first = 2 * p[0, 0] / (2 * p[0, 0] + p[1, 0] + 1 - p[0, 0])
  assert _value("soft_f1") == pytest.approx(1 - first, rel=1e-5)
  assert _value("soft_f1", weights="macro") == pytest.approx(
    1 - first / 2, rel=1e-5
  )
  with pytest.raises(ValueError, match='"support" or "macro".*mean'):
    methods.create("soft_f1", weights="mean")


@pytest.mark.parametrize("method", ["frequency_weighted", "reweighted"])
def test_a_fold_without_positives_is_named_before_training(method):
  loss = methods.create(method)
  with pytest.raises(ValueError, match="index 1"):
    loss(LOGITS, LABELS, MASK, np.array([0.1, 0.0], np.float32), KEY)


def test_unknown_names_answer_with_the_known_ones():
  with pytest.raises(ValueError, match="baseline.*robin_hood.*'robin_hud'"):
    methods.create("robin_hud")
  with pytest.raises(ValueError, match=r"\['beta'\].*'gamma'"):
    methods.create("robin_hood", gamma=1)
  # Nothing but methods can be named.
  with pytest.raises(ValueError):
    methods.create("create")


def test_every_method_is_documented():
  for name in ("baseline", "robin_hood", "reweighted", "selective", "soft_f1"):
    assert "Returns:" in inspect.getdoc(getattr(methods, name))
