"""The multi-label transformer of Tallec et al. 2022 (Robin Hood smoothing).

A convolutional backbone's map becomes tokens, which attend to each other;
one class token per AU then reads them by cross-attention. The parameters' top
level is `backbone` (convolutions), `encoder` (projection, positions and
self-attention) and `decoder` (class tokens, cross-attention, output units):
the three parts for which the paper has separate learning rates.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from aujax.models import conv_blocks, layers, resnet, transformer


class Network(nnx.Module):
  """Backbone, self-attention over patches, one decoder token per output.

  At the defaults ResNet-50 up to its third stage gives 14x14 patches of a
  224 px image, projected to width 768. The paper leaves open how deep the
  decoder is, its heads, its order of normalization, and whether patches have
  positions; the defaults follow its authors' related code (2203.12531) and
  CaiT M: 2 layers of self-attention among the class tokens, cross-attention
  to the patches only and a GELU part of 4 times the width, 16 heads,
  normalization after each sum, learned positions.

  Args:
    num_outputs: Number of logits, and of class tokens.
    image_size: Side of the images in pixels; fixes the number of positions.
    backbone: "resnet50", or "conv" for plain blocks of `features` filters.
    features: Filters of the "conv" backbone's blocks; unused by the other.
    stage: Last stage of the ResNet, 1 to 4.
    caffe: Whether the ResNet has the layout of the VGGFace2 weights.
    width: Size of a token.
    num_heads: Heads of every attention.
    num_encoder_layers: Self-attention layers over the patches.
    num_decoder_layers: Layers of the class tokens.
    mlp_ratio: Width of the feed-forward parts, in multiples of `width`.
    dropout: Probability of dropping an entry of a residual branch.
    norm: "post" or "pre".
    positions: Whether patches have learned positions.
    token_attention: Whether class tokens attend to each other.
    shared_head: Whether all outputs share one dense unit.
    rngs: Source of the initial values.
  """

  def __init__(
    self,
    num_outputs: int,
    *,
    image_size: int = 224,
    backbone: str = "resnet50",
    features: Sequence[int] = (32, 64, 128, 256),
    stage: int = 3,
    caffe: bool = False,
    width: int = 768,
    num_heads: int = 16,
    num_encoder_layers: int = 1,
    num_decoder_layers: int = 2,
    mlp_ratio: int = 4,
    dropout: float = 0.1,
    norm: str = "post",
    positions: bool = True,
    token_attention: bool = True,
    shared_head: bool = False,
    rngs: nnx.Rngs,
  ):
    if backbone == "resnet50":
      self.backbone = resnet.ResNet(stage=stage, caffe=caffe, rngs=rngs)
    elif backbone == "conv":
      self.backbone = conv_blocks.ConvBlocks(
        features, pool_last=True, rngs=rngs
      )
    else:
      raise ValueError(
        f"expected backbone 'resnet50' or 'conv', got {backbone!r}"
      )
    parts = {
      "num_heads": num_heads,
      "mlp_ratio": mlp_ratio,
      "dropout": dropout,
      "norm": norm,
      "rngs": rngs,
    }
    self.encoder = _Encoder(
      self.backbone.features,
      width,
      num_layers=num_encoder_layers,
      num_positions=self._num_patches(image_size) if positions else 0,
      **parts,
    )
    self.decoder = _Decoder(
      num_outputs,
      width,
      num_layers=num_decoder_layers,
      self_attention=token_attention,
      shared_head=shared_head,
      **parts,
    )

  def __call__(
    self,
    images: Float[Array, "b h w 3"],
    *,
    key: PRNGKeyArray | None = None,
    train: bool = False,
    valid: Bool[Array, " b"] | None = None,
  ) -> Float[Array, "b t"]:
    """Returns logits of normalized images; `key` is for the dropout."""
    tokens = self._tokens(images, key=key, train=train, valid=valid)
    return self.decoder.head(tokens)

  def features(self, images: Float[Array, "b h w 3"]) -> Float[Array, "b f"]:
    """Returns the class tokens as the output units read them, in a row."""
    tokens = self._tokens(images, key=None, train=False, valid=None)
    return tokens.reshape(tokens.shape[0], -1)

  def _tokens(self, images, *, key, train, valid):
    keys = transformer.split(key if train else None, 2)
    maps = self.backbone(images, train=train, valid=valid)
    patches = self.encoder(maps, key=keys[0])
    return self.decoder(patches, key=keys[1])

  def _num_patches(self, image_size: int) -> int:
    shape = (1, image_size, image_size, 3)
    patches = jax.eval_shape(lambda: self.backbone(jnp.zeros(shape)))
    return patches.shape[1] * patches.shape[2]


class _Encoder(nnx.Module):
  """A map of features to tokens that have attended to each other."""

  def __init__(
    self,
    inputs: int,
    width: int,
    *,
    num_layers: int,
    num_positions: int,
    norm: str,
    rngs: nnx.Rngs,
    **options,
  ):
    self.projection = layers.Linear(inputs, width, rngs=rngs)
    draw = 0.02 * jax.random.normal(rngs.params(), (num_positions, width))
    self.positions = nnx.Param(draw) if num_positions else None
    self.layers = layers.Stack(
      [
        transformer.Layer(width, norm=norm, rngs=rngs, **options)
        for _ in range(num_layers)
      ]
    )
    self.norm = (
      transformer.LayerNorm(width, rngs=rngs) if norm == "pre" else None
    )

  def __call__(self, x: Array, *, key: PRNGKeyArray | None) -> Array:
    x = self.projection(x.reshape(x.shape[0], -1, x.shape[-1]))
    if self.positions is not None:
      x = x + self._positions(x.shape[1])[None]
    keys = transformer.split(key, self.layers.length)
    for layer, layer_key in zip(self.layers, keys, strict=True):
      x = layer(x, key=layer_key)
    return x if self.norm is None else self.norm(x)

  def _positions(self, num_patches: int) -> Array:
    positions = self.positions[...]
    if len(positions) != num_patches:
      raise ValueError(
        f"expected images of {len(positions)} patches, got {num_patches}; "
        "create the network with these images' image_size, or with "
        "positions=False"
      )
    return positions


class _Decoder(nnx.Module):
  """One token per output, and in `head` the dense unit that reads it."""

  def __init__(
    self,
    num_outputs: int,
    width: int,
    *,
    num_layers: int,
    shared_head: bool,
    norm: str,
    rngs: nnx.Rngs,
    **options,
  ):
    self.tokens = nnx.Param(
      jax.random.normal(rngs.params(), (num_outputs, width))
    )
    self.layers = layers.Stack(
      [
        transformer.Layer(
          width, norm=norm, cross_attention=True, rngs=rngs, **options
        )
        for _ in range(num_layers)
      ]
    )
    self.norm = (
      transformer.LayerNorm(width, rngs=rngs) if norm == "pre" else None
    )
    self.head = _Head(1 if shared_head else num_outputs, width, rngs=rngs)

  def __call__(self, patches: Array, *, key: PRNGKeyArray | None) -> Array:
    tokens = self.tokens[...]
    x = jnp.broadcast_to(tokens, (patches.shape[0], *tokens.shape))
    keys = transformer.split(key, self.layers.length)
    for layer, layer_key in zip(self.layers, keys, strict=True):
      x = layer(x, patches, key=layer_key)
    return x if self.norm is None else self.norm(x)


class _Head(nnx.Module):
  """A dense unit for each token, or one for all."""

  def __init__(self, units: int, width: int, *, rngs: nnx.Rngs):
    scale = width**-0.5
    draw = scale * jax.random.normal(rngs.params(), (units, width))
    self.kernel = nnx.Param(draw)
    self.bias = nnx.Param(jnp.zeros(units))

  def __call__(self, x: Array) -> Array:
    return jnp.sum(x * self.kernel[...][None], -1) + self.bias[...][None]
