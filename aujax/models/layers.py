"""Convolution, pooling, batch norm and dropout, NHWC, as the networks use them.

XLA's CPU backend is slow at 1x1 convolutions and window reductions, so there
they become dots and maxima of strided slices; other backends get the stock
operations. The choice is made when a function is traced; parameters have the
same names and shapes (kernels HWIO) and the numbers agree either way.
"""

from collections.abc import Iterator, Sequence

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, PRNGKeyArray

Padding = tuple[tuple[int, int], tuple[int, int]]

_lecun_normal = nnx.initializers.lecun_normal()
_he_normal = nnx.initializers.variance_scaling(2.0, "fan_out", "normal")


class Conv(nnx.Module):
  """A square convolution without bias, as it stands before a batch norm.

  It is padded by `size // 2` on both sides, which is PyTorch's alignment;
  "SAME" padding puts the odd row at the end and makes a different network.

  Args:
    inputs: Number of channels that come in.
    outputs: Number of channels that go out.
    size: Height and width of the kernel, odd.
    stride: Step between windows, in pixels.
    rngs: Source of the kernel's initial values, He et al. 2015, fan out.
  """

  def __init__(
    self,
    inputs: int,
    outputs: int,
    *,
    size: int = 3,
    stride: int = 1,
    rngs: nnx.Rngs,
  ):
    shape = (size, size, inputs, outputs)
    self.kernel = nnx.Param(_he_normal(rngs.params(), shape))
    self.stride = stride

  def __call__(self, x: Float[Array, "b h w c"]) -> Float[Array, "b i j d"]:
    """Returns the map."""
    return conv(x, self.kernel[...], stride=self.stride)


class Linear(nnx.Module):
  """A dense layer on the last axis.

  Args:
    inputs: Number of features that come in.
    outputs: Number of features that go out.
    use_bias: Whether a bias is added; not before a batch norm.
    rngs: Source of the kernel's initial values, LeCun normal.
  """

  def __init__(
    self, inputs: int, outputs: int, *, use_bias: bool = True, rngs: nnx.Rngs
  ):
    self.kernel = nnx.Param(_lecun_normal(rngs.params(), (inputs, outputs)))
    self.bias = nnx.Param(jnp.zeros(outputs)) if use_bias else None

  def __call__(self, x: Float[Array, "*n c"]) -> Float[Array, "*n d"]:
    """Returns the features that go out."""
    x = dense(x, self.kernel[...])
    return x if self.bias is None else x + _as_last(self.bias[...], x.ndim)


class BatchNorm(nnx.Module):
  """Batch normalization over every axis but the last (Ioffe & Szegedy 2015).

  The running averages follow PyTorch: after each training batch
  `mean <- momentum mean + (1 - momentum) batch mean`, likewise the variance,
  with n - 1 in its divisor (the batch itself is normalized with n). Momentum
  0.9 here is 0.1 in PyTorch's way of counting. Where no example is valid, the
  running averages stand in for the batch's statistics and stay as they are.

  Args:
    features: Number of channels.
    momentum: Share of the old average that stays.
    epsilon: Added to the variance.
  """

  def __init__(
    self, features: int, *, momentum: float = 0.9, epsilon: float = 1e-5
  ):
    self.scale = nnx.Param(jnp.ones(features))
    self.bias = nnx.Param(jnp.zeros(features))
    self.mean = nnx.BatchStat(jnp.zeros(features))
    self.var = nnx.BatchStat(jnp.ones(features))
    self.momentum = momentum
    self.epsilon = epsilon

  def __call__(
    self,
    x: Float[Array, "b ... c"],
    *,
    train: bool = False,
    valid: Bool[Array, " b"] | None = None,
  ) -> Float[Array, "b ... c"]:
    """Normalizes; with `train` by the batch, which the averages then follow.

    Args:
      x: Maps or features.
      train: Whether the statistics are those of the batch.
      valid: Which examples these are taken of; all by default. The others are
        normalized with them and have no part in them.

    Returns:
      An array of the same shape.
    """
    mean, var = self.mean[...], self.var[...]
    if train:
      mean, var = self._observe(x, valid)
    # One multiplication and one addition per element, not two of each.
    factor = self.scale[...] * jax.lax.rsqrt(var + self.epsilon)
    offset = self.bias[...] - mean * factor
    return x * _as_last(factor, x.ndim) + _as_last(offset, x.ndim)

  def _observe(self, x: Array, valid: Array | None) -> tuple[Array, Array]:
    """Returns the batch's statistics, after the averages moved towards them."""
    mean, var, count = _moments(x, valid)
    mean = jnp.where(count > 0, mean, self.mean[...])
    var = jnp.where(count > 0, var, self.var[...])
    unbiased = var * (jnp.maximum(count, 1) / jnp.maximum(count - 1, 1))
    for average, value in ((self.mean, mean), (self.var, unbiased)):
      old = average[...]
      average.set_value(old + (1 - self.momentum) * (value - old))
    return mean, var


class Stack(nnx.Module):
  """Modules in a row, named "0", "1", ... in the tree of parameters.

  String names survive every way of writing a checkpoint, which the integer
  keys of a list do not.
  """

  def __init__(self, modules: Sequence[nnx.Module]):
    for index, module in enumerate(modules):
      setattr(self, str(index), module)
    self.length = len(modules)

  def __iter__(self) -> Iterator[nnx.Module]:
    return iter([getattr(self, str(index)) for index in range(self.length)])


def conv(
  x: Float[Array, "b h w c"],
  kernel: Float[Array, "k k c d"],
  *,
  stride: int = 1,
) -> Float[Array, "b i j d"]:
  """Convolves with `k // 2` pixels of zeros on every side.

  Args:
    x: Images or maps, `[b, h, w, c]`.
    kernel: `[k, k, c, d]` with k odd.
    stride: Step between windows, in pixels.

  Returns:
    `[b, ceil(h / stride), ceil(w / stride), d]`.

  Example:
    >>> conv(jnp.ones((1, 4, 4, 1)), jnp.ones((3, 3, 1, 2)), stride=2).shape
    (1, 2, 2, 2)
  """
  if kernel.shape[0] == 1 and _on_cpu():
    return dense(x[:, ::stride, ::stride], kernel[0, 0])
  side = kernel.shape[0] // 2
  return jax.lax.conv_general_dilated(
    x,
    kernel,
    (stride, stride),
    ((side, side), (side, side)),
    dimension_numbers=("NHWC", "HWIO", "NHWC"),
  )


def dense(
  x: Float[Array, "*n c"], kernel: Float[Array, "c d"]
) -> Float[Array, "*n d"]:
  """Multiplies the last axis by a matrix.

  Args:
    x: `[..., c]`.
    kernel: `[c, d]`.

  Returns:
    `[..., d]`.

  Example:
    >>> dense(jnp.ones((2, 3, 4)), jnp.ones((4, 5))).shape
    (2, 3, 5)
  """
  if not _on_cpu():
    return x @ kernel
  # As one matrix, so that the kernel's gradient is a plain product too: over
  # several axes XLA takes half as long again.
  flat = x.reshape(-1, x.shape[-1]) @ kernel
  return flat.reshape(*x.shape[:-1], kernel.shape[1])


def max_pool(
  x: Float[Array, "b h w c"],
  *,
  size: int = 2,
  stride: int = 2,
  padding: Padding = ((0, 0), (0, 0)),
) -> Float[Array, "b i j c"]:
  """Takes the largest value of each window; a tie's gradient goes to the first.

  Args:
    x: Maps, `[b, h, w, c]`.
    size: Height and width of a window, in pixels.
    stride: Step between windows, in pixels.
    padding: Pixels of minus infinity before and after, for rows and columns.

  Returns:
    `[b, i, j, c]` with `i = (h + padding - size) // stride + 1`.

  Example:
    >>> max_pool(jnp.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0].tolist()
    [[5.0, 7.0], [13.0, 15.0]]
  """
  padding = ((0, 0), *padding, (0, 0))
  if not _on_cpu():
    return jax.lax.reduce_window(
      x,
      -jnp.inf,
      jax.lax.max,
      (1, size, size, 1),
      (1, stride, stride, 1),
      padding,
    )
  if any(low or high for low, high in padding):
    x = jnp.pad(x, padding, constant_values=-jnp.inf)
  # Columns before rows, so that ties fall as they do in the stock operation.
  return _pool_axis(_pool_axis(x, 2, size, stride), 1, size, stride)


def dropout(
  x: Float[Array, "*shape"], key: PRNGKeyArray | None, *, rate: float
) -> Float[Array, "*shape"]:
  """Zeroes entries with probability `rate` and scales up the others.

  Args:
    x: Any array.
    key: Random key; without one `x` comes back as it is.
    rate: Probability of zero, in [0, 1).

  Returns:
    An array of the same shape, of the same mean.

  Example:
    >>> dropout(jnp.ones(3), None, rate=0.5).tolist()
    [1.0, 1.0, 1.0]
  """
  if key is None or rate == 0:
    return x
  keep = jax.random.bernoulli(key, 1 - rate, x.shape)
  return jnp.where(keep, x / (1 - rate), 0)


def _on_cpu() -> bool:
  return jax.default_backend() == "cpu"


def _as_last(values: Array, ndim: int) -> Array:
  return values.reshape((1,) * (ndim - 1) + values.shape)


def _moments(x: Array, valid: Array | None) -> tuple[Array, Array, Array]:
  """Mean and variance of each channel, and of how many values they are."""
  weights = jnp.ones(len(x)) if valid is None else valid.astype(x.dtype)
  count = weights.sum() * (x[0].size // x.shape[-1])
  # Each example is summed by itself first: weights on so few numbers are free.
  # Not as a product of matrices, which other backends round to fewer bits.
  inner = tuple(range(1, x.ndim - 1))
  mean, square = (
    (weights[:, None] * values.sum(inner)).sum(0) / jnp.maximum(count, 1)
    for values in (x, x * x)
  )
  # E[x^2] - E[x]^2 reads x once; rounding may leave it just below zero.
  return mean, jnp.maximum(square - mean * mean, 0), count


def _pool_axis(x: Array, axis: int, size: int, stride: int) -> Array:
  last = x.shape[axis] - size
  best = jax.lax.slice_in_dim(x, 0, last + 1, stride, axis)
  for start in range(1, size):
    part = jax.lax.slice_in_dim(x, start, start + last + 1, stride, axis)
    best = _larger(best, part)
  return best


@jax.custom_jvp
def _larger(first: Array, second: Array) -> Array:
  return jax.lax.max(first, second)


@_larger.defjvp
def _larger_jvp(primals, tangents):
  # jnp.maximum would split the gradient of a tie in two.
  (first, second), (to_first, to_second) = primals, tangents
  tangent = jnp.where(second > first, to_second, to_first)
  return _larger(first, second), tangent
