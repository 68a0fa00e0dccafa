"""The CPU's forms of the layers against the stock ones, in float64."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from aujax.models import layers

close = functools.partial(np.testing.assert_allclose, rtol=1e-12, atol=1e-12)


@pytest.fixture(autouse=True)
def float64():
  with jax.enable_x64(True):
    yield


@pytest.fixture(params=["cpu", "gpu"])
def backend(request, monkeypatch):
  """Traces as on this backend; the computation runs on the CPU."""
  monkeypatch.setattr(jax, "default_backend", lambda: request.param)
  return request.param


def draw(*shape, seed=0):
  return np.random.default_rng(seed).normal(size=shape)


def output_and_gradients(function, *arguments):
  """Of sum(sin(output)), so that every output has a weight of its own."""

  def total(*arguments):
    out = function(*arguments)
    return jnp.sin(out).sum(), out

  every = tuple(range(len(arguments)))
  gradients, out = jax.grad(total, every, has_aux=True)(*arguments)
  return out, gradients


def assert_same(function, stock, *arguments):
  actual = output_and_gradients(function, *arguments)
  jax.tree.map(close, actual, output_and_gradients(stock, *arguments))


def stock_conv(x, kernel, *, stride):
  side = kernel.shape[0] // 2
  return jax.lax.conv_general_dilated(
    x,
    kernel,
    (stride, stride),
    [(side, side)] * 2,
    dimension_numbers=("NHWC", "HWIO", "NHWC"),
  )


def stock_pool(x, *, size, stride, padding):
  return jax.lax.reduce_window(
    x,
    -jnp.inf,
    jax.lax.max,
    (1, size, size, 1),
    (1, stride, stride, 1),
    ((0, 0), *padding, (0, 0)),
  )


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("stride", [1, 2])
def test_conv(backend, size, stride):
  options = {"stride": stride}
  assert_same(
    functools.partial(layers.conv, **options),
    functools.partial(stock_conv, **options),
    draw(2, 7, 6, 3),
    draw(size, size, 3, 5, seed=1),
  )


def test_linear_is_flax_linear(backend):
  module = layers.Linear(4, 3, rngs=nnx.Rngs(0))
  stock = nnx.Linear(4, 3, rngs=nnx.Rngs(0))
  assert module.kernel.shape == stock.kernel.shape
  assert module.bias.shape == stock.bias.shape
  for name, shape in {"kernel": (4, 3), "bias": (3,)}.items():
    getattr(module, name).set_value(jnp.asarray(draw(*shape, seed=1)))
    getattr(stock, name).set_value(jnp.asarray(draw(*shape, seed=1)))
  assert_same(module, stock, draw(2, 5, 4))


@pytest.mark.parametrize(
  "size, stride, padding",
  [
    (2, 2, ((0, 0), (0, 0))),
    (3, 2, ((1, 1), (1, 1))),
    (3, 2, ((0, 1), (0, 0))),
    (3, 1, ((1, 1), (1, 1))),
  ],
)
@pytest.mark.parametrize("shape", [(2, 8, 8, 3), (1, 7, 6, 2)])
def test_max_pool(backend, shape, size, stride, padding):
  options = {"size": size, "stride": stride, "padding": padding}
  assert_same(
    functools.partial(layers.max_pool, **options),
    functools.partial(stock_pool, **options),
    draw(*shape),
  )


def test_max_pool_gives_a_tie_to_the_first(backend):
  # After a ReLU many windows are full of equal zeros.
  x = draw(2, 8, 8, 3).round()
  options = {"size": 2, "stride": 2, "padding": ((0, 0), (0, 0))}
  assert_same(
    functools.partial(layers.max_pool, **options),
    functools.partial(stock_pool, **options),
    x,
  )


def test_max_pool_shows_nan(backend):
  x = np.zeros((1, 2, 2, 1))
  x[0, 1, 0, 0] = np.nan
  assert np.isnan(layers.max_pool(x)).all()


def norms(momentum=0.8):
  """Ours and flax's batch norm with the same random parameters."""
  ours = layers.BatchNorm(3, momentum=momentum, epsilon=1e-3)
  stock = nnx.BatchNorm(3, momentum=momentum, epsilon=1e-3, rngs=nnx.Rngs(0))
  for seed, name in enumerate(("scale", "bias", "mean", "var")):
    value = jnp.asarray(draw(3, seed=seed) ** 2 + 0.1)
    getattr(ours, name).set_value(value)
    getattr(stock, name).set_value(value)
  return ours, stock


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("shape", [(4, 5, 6, 3), (7, 3)])
def test_batch_norm_is_flax_batch_norm(train, shape):
  ours, stock = (
    nnx.split(module, nnx.Param, nnx.BatchStat) for module in norms()
  )

  def call(parts, params, x):
    module = nnx.merge(parts[0], params, parts[2], copy=True)
    if isinstance(module, layers.BatchNorm):
      return module(x, train=train)
    return module(x, use_running_average=not train)

  x = 2 + draw(*shape)
  actual = output_and_gradients(functools.partial(call, ours), ours[1], x)
  expected = output_and_gradients(functools.partial(call, stock), stock[1], x)
  for left, right in zip(
    jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True
  ):
    close(left, right)


def test_batch_norm_averages():
  module, _ = norms(momentum=0.8)
  mean, var = np.array(module.mean[...]), np.array(module.var[...])
  x = draw(4, 5, 6, 3)
  module(x, train=True)
  flat = x.reshape(-1, 3)
  close(module.mean[...], 0.8 * mean + 0.2 * flat.mean(0))
  close(module.var[...], 0.8 * var + 0.2 * flat.var(0, ddof=1))


def test_batch_norm_of_one_value_is_finite():
  module = layers.BatchNorm(3)
  assert np.isfinite(module(draw(1, 3), train=True)).all()
  assert np.isfinite(module.var[...]).all()


VALID = np.array([True, False, True, True, False])


def call_norm(parts, params, x, valid=None):
  """Output and averages of a batch norm in training, of its parts."""
  graph, _, averages = parts
  module = nnx.merge(graph, params, averages, copy=True)
  out = module(x, train=True, valid=valid)
  return out, module.mean[...], module.var[...]


@pytest.mark.parametrize("shape", [(5, 4, 6, 3), (5, 7, 3), (5, 3)])
def test_batch_norm_is_that_of_the_valid_examples(shape):
  parts = nnx.split(norms()[0], nnx.Param, nnx.BatchStat)
  x = 2 + draw(*shape)

  def only_valid(params, x):
    out, *averages = call_norm(parts, params, x, VALID)
    return out[VALID], *averages

  def total(function, params, x):
    results = function(params, x)
    return sum(jnp.sin(result).sum() for result in results), results

  gradients = functools.partial(jax.grad, argnums=(0, 1), has_aux=True)
  (to_params, to_x), actual = gradients(functools.partial(total, only_valid))(
    parts[1], x
  )
  smaller = functools.partial(call_norm, parts)
  expected_to, expected = gradients(functools.partial(total, smaller))(
    parts[1], x[VALID]
  )
  jax.tree.map(close, actual, expected)
  jax.tree.map(close, (to_params, to_x[VALID]), expected_to)
  np.testing.assert_array_equal(to_x[~VALID], 0)


def test_batch_norm_does_not_see_what_is_not_valid():
  parts = nnx.split(norms()[0], nnx.Param, nnx.BatchStat)
  x = draw(5, 4, 6, 3)
  garbage = np.where(
    VALID[:, None, None, None], x, 1e6 * draw(5, 4, 6, 3, seed=1)
  )
  seen = []
  for batch in (x, garbage):
    out, *averages = call_norm(parts, parts[1], batch, VALID)
    seen.append((out[VALID], *averages))
  jax.tree.map(np.testing.assert_array_equal, *seen)


def test_batch_norm_of_nothing_is_that_of_prediction():
  parts = nnx.split(norms()[0], nnx.Param, nnx.BatchStat)
  module, _ = norms()
  x = draw(5, 4, 6, 3)
  out, mean, var = call_norm(parts, parts[1], x, np.zeros(5, bool))
  close(out, module(x))
  np.testing.assert_array_equal(mean, module.mean[...])
  np.testing.assert_array_equal(var, module.var[...])

  def total(params, x):
    return call_norm(parts, params, x, np.zeros(5, bool))[0].sum()

  for leaf in jax.tree.leaves(jax.grad(total, (0, 1))(parts[1], x)):
    assert np.isfinite(leaf).all()


def test_valid_has_no_part_outside_training():
  module, _ = norms()
  x = draw(5, 3)
  np.testing.assert_array_equal(module(x, valid=VALID), module(x))


def test_dropout_keeps_the_mean():
  x = jnp.ones((200, 200))
  out = layers.dropout(x, jax.random.key(0), rate=0.25)
  close(np.unique(out), [0, 1 / 0.75])
  # Four standard errors of the mean of 40,000 draws.
  np.testing.assert_allclose(out.mean(), 1, atol=4 * (0.25 / 0.75 / 4e4) ** 0.5)


def test_stack_names_are_strings_in_order():
  stack = layers.Stack([layers.BatchNorm(size) for size in range(1, 12)])
  assert [module.scale.size for module in stack] == list(range(1, 12))
  pure = nnx.to_pure_dict(nnx.as_pure(nnx.state(stack, nnx.Param)))
  assert set(pure) == {str(index) for index in range(11)}
