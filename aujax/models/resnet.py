"""ResNets of bottleneck blocks (He et al. 2016), as a backbone.

Submodules are named as in torchvision: "layer1.0.conv1.weight" there is
params["layer1"]["0"]["conv1"]["kernel"] here.
"""

from collections.abc import Sequence

import jax
from flax import nnx
from jaxtyping import Array, Bool, Float

from aujax.models import layers

_EXPANSION = 4


class ResNet(nnx.Module):
  """A ResNet without its classifier; ResNet-50 by default.

  Args:
    stage: The last stage that is built, 1 to 4; stage 3 gives a map of
      1/16 of the image's side with 1,024 channels.
    blocks: Number of blocks of each stage; (3, 4, 23, 3) is ResNet-101.
    width: Filters of the first layer; each stage doubles them.
    caffe: False for torchvision's layout "v1.5", which strides in a block's
      3x3 convolution; True for the original one of the Caffe models and the
      VGGFace2 weights, which strides in the first 1x1 convolution and pools
      without padding at the top left.
    rngs: Source of the initial values.
  """

  def __init__(
    self,
    *,
    stage: int = 4,
    blocks: Sequence[int] = (3, 4, 6, 3),
    width: int = 64,
    caffe: bool = False,
    rngs: nnx.Rngs,
  ):
    if not 1 <= stage <= len(blocks):
      raise ValueError(
        f"expected a stage from 1 to {len(blocks)}, one of those that blocks "
        f"lists, got {stage}"
      )
    self.conv1 = layers.Conv(3, width, size=7, stride=2, rngs=rngs)
    self.bn1 = layers.BatchNorm(width)
    inputs = width
    for index in range(stage):
      middle = width * 2**index
      stack = _stage(
        inputs, middle, blocks[index], 1 + (index > 0), caffe=caffe, rngs=rngs
      )
      setattr(self, f"layer{index + 1}", stack)
      inputs = middle * _EXPANSION
    self.stage = stage
    self.features = inputs
    self.caffe = caffe

  def __call__(
    self,
    images: Float[Array, "b h w 3"],
    *,
    train: bool = False,
    valid: Bool[Array, " b"] | None = None,
  ) -> Float[Array, "b i j c"]:
    """Returns the last stage's map."""
    mode = {"train": train, "valid": valid}
    x = jax.nn.relu(self.bn1(self.conv1(images), **mode))
    x = layers.max_pool(x, size=3, padding=self._pool_padding(x))
    for index in range(self.stage):
      for block in getattr(self, f"layer{index + 1}"):
        x = block(x, **mode)
    return x

  def _pool_padding(self, x: Array) -> layers.Padding:
    if not self.caffe:
      return (1, 1), (1, 1)
    # Caffe rounds the number of windows up: the last one may hang over.
    return (0, 1 - x.shape[1] % 2), (0, 1 - x.shape[2] % 2)


class _Bottleneck(nnx.Module):
  def __init__(
    self,
    inputs: int,
    middle: int,
    *,
    stride: int,
    caffe: bool,
    rngs: nnx.Rngs,
  ):
    first, second = (stride, 1) if caffe else (1, stride)
    outputs = middle * _EXPANSION
    self.conv1 = layers.Conv(inputs, middle, size=1, stride=first, rngs=rngs)
    self.bn1 = layers.BatchNorm(middle)
    self.conv2 = layers.Conv(middle, middle, stride=second, rngs=rngs)
    self.bn2 = layers.BatchNorm(middle)
    self.conv3 = layers.Conv(middle, outputs, size=1, rngs=rngs)
    self.bn3 = layers.BatchNorm(outputs)
    changes = stride > 1 or inputs != outputs
    self.downsample = (
      _downsample(inputs, outputs, stride, rngs=rngs) if changes else None
    )

  def __call__(self, x: Array, *, train: bool, valid: Array | None) -> Array:
    mode = {"train": train, "valid": valid}
    shortcut = x
    if self.downsample is not None:
      convolution, norm = self.downsample
      shortcut = norm(convolution(x), **mode)
    x = jax.nn.relu(self.bn1(self.conv1(x), **mode))
    x = jax.nn.relu(self.bn2(self.conv2(x), **mode))
    return jax.nn.relu(self.bn3(self.conv3(x), **mode) + shortcut)


def _downsample(
  inputs: int, outputs: int, stride: int, *, rngs: nnx.Rngs
) -> layers.Stack:
  convolution = layers.Conv(inputs, outputs, size=1, stride=stride, rngs=rngs)
  return layers.Stack([convolution, layers.BatchNorm(outputs)])


def _stage(
  inputs: int,
  middle: int,
  count: int,
  stride: int,
  *,
  caffe: bool,
  rngs: nnx.Rngs,
) -> layers.Stack:
  """Returns the blocks of one stage; the first one changes size and width."""
  blocks = []
  for index in range(count):
    before = inputs if index == 0 else middle * _EXPANSION
    step = stride if index == 0 else 1
    blocks.append(
      _Bottleneck(before, middle, stride=step, caffe=caffe, rngs=rngs)
    )
  return layers.Stack(blocks)
