"""The attention-based CNN of Le Hoai et al. 2022 (ABAW3), about 1.2 M weights.

Six convolutional blocks, a score for every position of their map, and an
output layer on the sum of the map's vectors weighted by the scores' softmax.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from aujax.models import conv_blocks, layers


class Network(nnx.Module):
  """Convolutional blocks, attention over positions, one logit per output.

  The paper pools after all six blocks, which leaves 112 px images a map of
  1x1, on which a softmax over positions is constant; by default the last
  block keeps its 3x3. The hidden layer of the attention, whose width the
  paper does not give, has the 128 units of the model that it builds on.

  Layers before a batch norm, and the score before its softmax, have no bias:
  its gradient would be zero but for rounding, which Adam blows up.

  Args:
    num_outputs: Number of logits.
    features: Number of filters of each block.
    hidden: Width of the attention's hidden layer.
    attention: Whether positions are weighted by attention, or all alike (the
      paper's ablation).
    pool_last: Whether the last block pools too, as the paper prints it.
    rngs: Source of the initial values.
  """

  def __init__(
    self,
    num_outputs: int,
    *,
    features: Sequence[int] = (32, 64, 128, 128, 256, 256),
    hidden: int = 128,
    attention: bool = True,
    pool_last: bool = False,
    rngs: nnx.Rngs,
  ):
    self.backbone = conv_blocks.ConvBlocks(
      features, pool_last=pool_last, rngs=rngs
    )
    width = self.backbone.features
    self.attention = _Attention(width, hidden, rngs=rngs) if attention else None
    self.head = layers.Linear(width, num_outputs, rngs=rngs)

  def __call__(
    self,
    images: Float[Array, "b h w 3"],
    *,
    key: PRNGKeyArray | None = None,
    train: bool = False,
    valid: Bool[Array, " b"] | None = None,
  ) -> Float[Array, "b t"]:
    """Returns logits of normalized images; `key` is not used."""
    del key  # Nothing here is random.
    return self.head(self.features(images, train=train, valid=valid))

  def features(
    self,
    images: Float[Array, "b h w 3"],
    *,
    train: bool = False,
    valid: Bool[Array, " b"] | None = None,
  ) -> Float[Array, "b f"]:
    """Returns the map's mean vector, weighted by the attention."""
    x = self.backbone(images, train=train, valid=valid)
    x = x.reshape(x.shape[0], -1, x.shape[-1])
    if self.attention is None:
      return jnp.mean(x, 1)
    weights = self.attention(x, train=train, valid=valid)
    return jnp.einsum("bp,bpc->bc", weights, x)


class _Attention(nnx.Module):
  """Weights of the positions; they sum to one."""

  def __init__(self, inputs: int, hidden: int, *, rngs: nnx.Rngs):
    self.hidden = layers.Linear(inputs, hidden, use_bias=False, rngs=rngs)
    self.norm = layers.BatchNorm(hidden)
    self.score = layers.Linear(hidden, 1, use_bias=False, rngs=rngs)

  def __call__(self, x: Array, *, train: bool, valid: Array | None) -> Array:
    x = jax.nn.relu(self.norm(self.hidden(x), train=train, valid=valid))
    return jax.nn.softmax(self.score(x)[..., 0], 1)
