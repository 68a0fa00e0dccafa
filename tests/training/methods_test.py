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


def _value(method, **options):
  loss = methods.create(method, **options)
  return float(jax.jit(loss)(LOGITS, LABELS, MASK, RATES))


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


@pytest.mark.parametrize("method", ["frequency_weighted", "reweighted"])
def test_a_fold_without_positives_is_named_before_training(method):
  loss = methods.create(method)
  with pytest.raises(ValueError, match="index 1"):
    loss(LOGITS, LABELS, MASK, np.array([0.1, 0.0], np.float32))


def test_unknown_names_answer_with_the_known_ones():
  with pytest.raises(ValueError, match="baseline.*robin_hood.*'robin_hud'"):
    methods.create("robin_hud")
  with pytest.raises(ValueError, match=r"\['beta'\].*'gamma'"):
    methods.create("robin_hood", gamma=1)
  # Nothing but methods can be named.
  with pytest.raises(ValueError):
    methods.create("create")


def test_every_method_is_documented():
  for name in ("baseline", "robin_hood", "reweighted"):
    assert "Returns:" in inspect.getdoc(getattr(methods, name))
