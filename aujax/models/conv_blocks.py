"""The plain convolutional feature extractor of Le Hoai et al. 2022."""

from collections.abc import Sequence

import jax
from flax import nnx
from jaxtyping import Array, Bool, Float

from aujax.models import layers


class ConvBlocks(nnx.Module):
  """Blocks of 3x3 convolution, batch norm, ReLU and 2x2 max pooling.

  Args:
    features: Number of filters of each block.
    pool_last: Whether the last block pools too.
    rngs: Source of the initial values.
  """

  def __init__(
    self,
    features: Sequence[int],
    *,
    pool_last: bool = False,
    rngs: nnx.Rngs,
  ):
    if not features:
      raise ValueError(
        "expected features with at least one number of filters, got none"
      )
    inputs = (3, *features[:-1])
    self.blocks = layers.Stack(
      [
        _Block(before, after, rngs=rngs)
        for before, after in zip(inputs, features, strict=True)
      ]
    )
    self.num_pools = len(features) - (not pool_last)
    self.features = features[-1]

  def __call__(
    self,
    images: Float[Array, "b h w 3"],
    *,
    train: bool = False,
    valid: Bool[Array, " b"] | None = None,
  ) -> Float[Array, "b i j c"]:
    """Returns the last block's map."""
    if min(images.shape[1:3]) < 2**self.num_pools:
      raise ValueError(
        f"expected images of at least {2**self.num_pools} px, which "
        f"{self.num_pools} poolings halve to a map, got "
        f"{images.shape[1]}x{images.shape[2]} px; pass fewer features"
      )
    x = images
    for index, block in enumerate(self.blocks):
      x = block(x, train=train, valid=valid)
      if index < self.num_pools:
        x = layers.max_pool(x)
    return x


class _Block(nnx.Module):
  def __init__(self, inputs: int, outputs: int, *, rngs: nnx.Rngs):
    self.conv = layers.Conv(inputs, outputs, rngs=rngs)
    self.norm = layers.BatchNorm(outputs)

  def __call__(self, x: Array, *, train: bool, valid: Array | None) -> Array:
    return jax.nn.relu(self.norm(self.conv(x), train=train, valid=valid))
