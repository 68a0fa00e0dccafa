"""The three networks of MTCNN (Zhang et al. 2016), for inference.

Pictures are NHWC, `(value - 127.5) / 128`. A network answers with corner
offsets as shares of the box's side, (x1, y1, x2, y2), and with the probability
of a face. Parameters are zeros until `aujax.faces.weights` fills them.
"""

import functools
import math

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

# Elsewhere than on a CPU, products are else rounded to fewer bits, which moves
# boxes and tips scores over a threshold.
_EXACT = jax.lax.Precision.HIGHEST


class Layer(nnx.Module):
  """A dense layer, or a convolution without padding, and a PReLU.

  Args:
    *shape: The kernel's, `[inputs, outputs]` of a dense layer, `[height,
      width, inputs, outputs]` of a convolution.
    prelu: Whether a PReLU follows, with one slope for each channel.
  """

  def __init__(self, *shape: int, prelu: bool = True):
    self.kernel = nnx.Param(jnp.zeros(shape))
    self.bias = nnx.Param(jnp.zeros(shape[-1]))
    self.slope = nnx.Param(jnp.zeros(shape[-1])) if prelu else None

  def __call__(self, x: Float[Array, "... c"]) -> Float[Array, "... d"]:
    """Returns the features that go out."""
    kernel = self.kernel[...]
    if kernel.ndim == 2:
      x = jnp.matmul(x, kernel, precision=_EXACT)
    else:
      x = jax.lax.conv_general_dilated(
        x,
        kernel,
        (1, 1),
        "VALID",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        precision=_EXACT,
      )
    last = (1,) * (x.ndim - 1) + (-1,)
    x = x + self.bias[...].reshape(last)
    if self.slope is None:
      return x
    return jnp.where(x > 0, x, x * self.slope[...].reshape(last))


class PNet(nnx.Module):
  """Proposes: whether each window of 12 px, 2 px apart, shows a face."""

  def __init__(self):
    self.conv1 = Layer(3, 3, 3, 10)
    self.conv2 = Layer(3, 3, 10, 16)
    self.conv3 = Layer(3, 3, 16, 32)
    self.offsets = Layer(32, 4, prelu=False)
    self.face = Layer(32, 2, prelu=False)

  def __call__(
    self, images: Float[Array, "b h w 3"]
  ) -> tuple[Float[Array, "b i j 4"], Float[Array, "b i j"]]:
    """Returns offsets and probabilities of the windows, row by row.

    Args:
      images: `[b, h, w, 3]`, at least 12 px high and wide.

    Returns:
      Offsets `[b, i, j, 4]` and probabilities `[b, i, j]`.
    """
    x = _max_pool(self.conv1(images), 2)
    x = self.conv3(self.conv2(x))
    return self.offsets(x), _probability(self.face(x))


class RNet(nnx.Module):
  """Refines: looks again at boxes of 24 px."""

  def __init__(self):
    self.conv1 = Layer(3, 3, 3, 28)
    self.conv2 = Layer(3, 3, 28, 48)
    self.conv3 = Layer(2, 2, 48, 64)
    self.dense = Layer(576, 128)
    self.offsets = Layer(128, 4, prelu=False)
    self.face = Layer(128, 2, prelu=False)

  def __call__(
    self, images: Float[Array, "n 24 24 3"]
  ) -> tuple[Float[Array, "n 4"], Float[Array, " n"]]:
    """Returns offsets and probabilities.

    Args:
      images: `[n, 24, 24, 3]`.

    Returns:
      Offsets `[n, 4]` and probabilities `[n]`.
    """
    x = _max_pool(self.conv1(images), 3)
    x = _max_pool(self.conv2(x), 3, padding="VALID")
    x = self.dense(_flatten(self.conv3(x)))
    return self.offsets(x), _probability(self.face(x))


class ONet(nnx.Module):
  """Decides: looks at boxes of 48 px and places five landmarks in each."""

  def __init__(self):
    self.conv1 = Layer(3, 3, 3, 32)
    self.conv2 = Layer(3, 3, 32, 64)
    self.conv3 = Layer(3, 3, 64, 64)
    self.conv4 = Layer(2, 2, 64, 128)
    self.dense = Layer(1152, 256)
    self.offsets = Layer(256, 4, prelu=False)
    self.landmarks = Layer(256, 10, prelu=False)
    self.face = Layer(256, 2, prelu=False)

  def __call__(
    self, images: Float[Array, "n 48 48 3"]
  ) -> tuple[Float[Array, "n 4"], Float[Array, "n 5 2"], Float[Array, " n"]]:
    """Returns offsets, landmarks and probabilities.

    Args:
      images: `[n, 48, 48, 3]`.

    Returns:
      Offsets `[n, 4]`; landmarks `[n, 5, 2]`, (x, y) as shares of the box;
      probabilities `[n]`.
    """
    x = _max_pool(self.conv1(images), 3)
    x = _max_pool(self.conv2(x), 3, padding="VALID")
    x = _max_pool(self.conv3(x), 2)
    x = self.dense(_flatten(self.conv4(x)))
    # All x come before all y.
    landmarks = jnp.swapaxes(self.landmarks(x).reshape(-1, 2, 5), 1, 2)
    return self.offsets(x), landmarks, _probability(self.face(x))


def apply(
  network: type[nnx.Module], params: dict, images: Float[Array, "n h w 3"]
) -> tuple[Array, ...]:
  """Returns a network's answers; pure.

  Args:
    network: `PNet`, `RNet` or `ONet`.
    params: Its parameters, a dict pytree of `aujax.faces.weights.load`.
    images: Pictures of the network's size, normalized.

  Returns:
    What the network's `__call__` returns.

  Example:
    >>> params = nnx.to_pure_dict(nnx.as_pure(nnx.state(RNet())))
    >>> offsets, faces = apply(RNet, params, jnp.zeros((2, 24, 24, 3)))
    >>> offsets.shape, faces.tolist()
    ((2, 4), [0.5, 0.5])
  """
  return nnx.merge(_graph(network), params)(images)


@functools.cache
def _graph(network: type[nnx.Module]) -> nnx.GraphDef:
  return nnx.split(nnx.eval_shape(network))[0]


def _max_pool(x: Array, size: int, *, padding: str = "SAME") -> Array:
  return nnx.max_pool(x, (size, size), (2, 2), padding)


def _flatten(x: Array) -> Array:
  """Column by column, as the published weights expect."""
  return jnp.swapaxes(x, 1, 2).reshape(-1, math.prod(x.shape[1:]))


def _probability(logits: Array) -> Array:
  return jax.nn.softmax(logits)[..., 1]
