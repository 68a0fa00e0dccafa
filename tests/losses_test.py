import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import sklearn.metrics

from aujax import losses

X = np.array([[0.3, -2.0, 4.0], [-0.7, 1.5, 0.0]], np.float32)
Y = np.array([[1, 0, 1], [0, 1, 0]], np.float32)
EXTREME = np.array([-1e4, -90.0, 0.0, 90.0, 1e4], np.float32)
ELEMENTWISE = [
  losses.sigmoid_cross_entropy,
  losses.hinge,
  losses.focal,
  losses.asymmetric,
]


def _by_hand(name, x, y):
  """Straight from the papers, in float64, one entry at a time."""
  p = scipy.special.expit(np.float64(x))
  if name == "sigmoid_cross_entropy":
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))
  if name == "hinge":
    return max(0.0, 0.5 - (2 * y - 1) * x)
  if name == "focal":
    p_t = p if y else 1 - p
    return -((1 - p_t) ** 2) * np.log(p_t)
  shifted = max(p - 0.05, 0)
  return -np.log(p) if y else -(shifted**4) * np.log(1 - shifted)


@pytest.mark.parametrize("loss", ELEMENTWISE, ids=lambda f: f.__name__)
def test_value_by_hand_and_under_jit(loss):
  want = [
    [_by_hand(loss.__name__, x, y) for x, y in zip(*row, strict=True)]
    for row in zip(X, Y, strict=True)
  ]
  np.testing.assert_allclose(loss(X, Y), want, rtol=2e-5, atol=1e-7)
  np.testing.assert_allclose(jax.jit(loss)(X, Y), want, rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("loss", ELEMENTWISE, ids=lambda f: f.__name__)
@pytest.mark.parametrize("label", [0.0, 1.0, 0.25])
def test_value_and_gradient_are_finite_at_the_extremes(loss, label):
  y = jnp.full(EXTREME.shape, label)
  assert np.isfinite(loss(EXTREME, y)).all()
  gradient = jax.grad(lambda x: loss(x, y).sum())(jnp.asarray(EXTREME))
  assert np.isfinite(gradient).all()


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 3.0])
def test_focusing_exponents_have_finite_gradients(gamma):
  def total(x):
    y = jnp.array([0.0, 1.0, 0.0, 1.0, 0.0])
    focal = losses.focal(x, y, gamma=gamma)
    both = losses.asymmetric(
      x, y, gamma_positive=gamma, gamma_negative=gamma, clip=0.0
    )
    clipped = losses.asymmetric(x, y, gamma_negative=gamma)
    return (focal + both + clipped).sum()

  assert np.isfinite(jax.grad(total)(jnp.asarray(EXTREME))).all()


@pytest.mark.parametrize("loss", ELEMENTWISE, ids=lambda f: f.__name__)
def test_gradient_is_that_of_finite_differences(loss):
  x = np.array([0.31, -2.03, 1.7, -0.2], np.float64)
  y = np.array([1.0, 0.0, 0.3, 0.8])
  with jax.enable_x64():
    gradient = jax.grad(lambda x: loss(x, jnp.asarray(y)).sum())(jnp.asarray(x))
    for i, step in enumerate(np.eye(4) * 1e-6):
      up, down = loss(x + step, y).sum(), loss(x - step, y).sum()
      np.testing.assert_allclose(gradient[i], (up - down) / 2e-6, atol=1e-6)


def test_gamma_zero_is_the_cross_entropy():
  want = losses.sigmoid_cross_entropy(X, Y)
  np.testing.assert_allclose(losses.focal(X, Y, gamma=0.0), want, rtol=1e-5)
  plain = losses.asymmetric(X, Y, gamma_negative=0.0, clip=0.0)
  np.testing.assert_allclose(plain, want, rtol=1e-5)


def test_positive_weights_touch_positives_only():
  weights = np.array([3.0, 5.0, 0.5], np.float32)
  plain = np.asarray(losses.sigmoid_cross_entropy(X, Y))
  got = losses.sigmoid_cross_entropy(X, Y, positive_weights=weights)
  np.testing.assert_allclose(got, plain * np.where(Y, weights, 1), rtol=1e-6)


def test_soft_labels_have_their_minimum_at_the_label():
  x = jnp.linspace(-4, 4, 801)
  loss = losses.sigmoid_cross_entropy(x, jnp.full(x.shape, 0.3))
  best = float(scipy.special.expit(x[int(jnp.argmin(loss))]))
  assert abs(best - 0.3) < 0.005


def test_very_easy_negatives_count_nothing():
  got = losses.asymmetric(np.array([-3.0]), np.zeros(1))
  assert float(got[0]) == 0.0


def test_masked_mean_divides_by_what_is_annotated():
  values = np.array([[1.0, 10.0], [3.0, 100.0]], np.float32)
  mask = np.array([[True, False], [True, True]])
  assert float(losses.masked_mean(values, mask)) == pytest.approx(104 / 3)
  weighted = losses.masked_mean(values, mask, weights=np.array([2.0, 0.5]))
  assert float(weighted) == pytest.approx((2 + 6 + 50) / 3)


def test_masked_mean_of_nothing_is_zero_with_zero_gradient():
  none = np.zeros((2, 3), bool)
  value, gradient = jax.value_and_grad(losses.masked_mean)(jnp.asarray(X), none)
  assert float(value) == 0.0
  np.testing.assert_array_equal(gradient, np.zeros_like(X))


def test_masked_entries_get_no_gradient_even_if_not_numbers():
  values = jnp.array([1.0, jnp.nan])
  mask = np.array([True, False])
  value, gradient = jax.value_and_grad(losses.masked_mean)(values, mask)
  assert float(value) == 1.0 and gradient.tolist() == [1.0, 0.0]


def test_soft_f1_of_hard_predictions_is_sklearns():
  rng = np.random.default_rng(0)
  y = rng.random((200, 4)) < [0.5, 0.2, 0.1, 0.7]
  hard = rng.random((200, 4)) < 0.4
  logits = np.where(hard, 50.0, -50.0).astype(np.float32)
  for ours, theirs in (("support", "weighted"), ("macro", "macro")):
    want = 1 - sklearn.metrics.f1_score(y, hard, average=theirs)
    got = losses.soft_f1(logits, y.astype(np.float32), weights=ours)
    assert float(got) == pytest.approx(want, abs=1e-5)


def test_soft_f1_leaves_out_unknown_labels():
  mask = np.array([[True, True, False], [True, False, True]])
  garbage = np.where(mask, Y, 1 - Y)
  assert float(losses.soft_f1(X, Y, mask)) == float(
    losses.soft_f1(np.where(mask, X, 30.0), garbage, mask)
  )


def test_soft_f1_falls_as_predictions_get_better():
  worse, better = losses.soft_f1(X, Y), losses.soft_f1(X + (2 * Y - 1), Y)
  assert float(better) < float(worse)
  assert float(losses.soft_f1(100 * (2 * Y - 1), Y)) == pytest.approx(
    0, abs=1e-6
  )


def test_soft_f1_of_no_positives_is_one_with_finite_gradient():
  value, gradient = jax.value_and_grad(losses.soft_f1)(
    jnp.asarray(X), np.zeros_like(Y)
  )
  assert float(value) == 1.0 and np.isfinite(gradient).all()


def test_soft_f1_refuses_another_word():
  with pytest.raises(ValueError, match="'support', 'macro'"):
    losses.soft_f1(X, Y, weights="samples")
