"""aujax's networks in PyTorch, for comparison, with the same names.

A state dict's "a.b.weight" is params["a"]["b"]["kernel"] or ["scale"] in
aujax; `to_jax` carries the values over. Inputs are NCHW.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class ConvBlocks(nn.Module):
  """Blocks of convolution, batch norm, ReLU and 2x2 pooling."""

  def __init__(self, features, *, pool_last=False):
    super().__init__()
    self.blocks = nn.Sequential()
    for index, (before, after) in enumerate(
      zip((3, *features), features, strict=False)
    ):
      block = nn.Sequential()
      block.add_module("conv", nn.Conv2d(before, after, 3, 1, 1, bias=False))
      block.add_module("norm", nn.BatchNorm2d(after))
      block.add_module("relu", nn.ReLU(inplace=True))
      if pool_last or index < len(features) - 1:
        block.add_module("pool", nn.MaxPool2d(2))
      self.blocks.append(block)
    self.features = features[-1]

  def forward(self, x):
    """Returns the last block's map."""
    return self.blocks(x)


class AttentionCNN(nn.Module):
  """aujax.models.attention_cnn."""

  def __init__(
    self, num_outputs, *, features=(32, 64, 128, 128, 256, 256), hidden=128
  ):
    super().__init__()
    self.backbone = ConvBlocks(features)
    width = self.backbone.features
    self.attention = nn.Module()
    self.attention.hidden = nn.Linear(width, hidden, bias=False)
    self.attention.norm = nn.BatchNorm1d(hidden)
    self.attention.score = nn.Linear(hidden, 1, bias=False)
    self.head = nn.Linear(width, num_outputs)

  def forward(self, x):
    """Returns logits."""
    x = self.backbone(x).flatten(2).transpose(1, 2)
    batch, positions, channels = x.shape
    a = self.attention
    hidden = F.relu(a.norm(a.hidden(x.reshape(-1, channels))))
    weights = a.score(hidden).reshape(batch, positions, 1).softmax(1)
    return self.head((weights * x).sum(1))


class Bottleneck(nn.Module):
  """A residual block; the stride is in conv2, or in conv1 for Caffe."""

  def __init__(self, inputs, middle, stride, *, caffe):
    super().__init__()
    first, second = (stride, 1) if caffe else (1, stride)
    outputs = 4 * middle
    self.conv1 = nn.Conv2d(inputs, middle, 1, first, bias=False)
    self.bn1 = nn.BatchNorm2d(middle)
    self.conv2 = nn.Conv2d(middle, middle, 3, second, 1, bias=False)
    self.bn2 = nn.BatchNorm2d(middle)
    self.conv3 = nn.Conv2d(middle, outputs, 1, bias=False)
    self.bn3 = nn.BatchNorm2d(outputs)
    self.downsample = nn.Identity()
    if stride > 1 or inputs != outputs:
      self.downsample = nn.Sequential(
        nn.Conv2d(inputs, outputs, 1, stride, bias=False),
        nn.BatchNorm2d(outputs),
      )

  def forward(self, x):
    """Returns the block's map."""
    y = F.relu(self.bn1(self.conv1(x)), inplace=True)
    y = F.relu(self.bn2(self.conv2(y)), inplace=True)
    return F.relu(self.bn3(self.conv3(y)) + self.downsample(x), inplace=True)


class ResNet(nn.Module):
  """aujax.models.resnet, which is torchvision's without its classifier."""

  def __init__(self, *, stage=4, blocks=(3, 4, 6, 3), width=64, caffe=False):
    super().__init__()
    self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
    self.bn1 = nn.BatchNorm2d(width)
    self.maxpool = nn.MaxPool2d(3, 2, 0 if caffe else 1, ceil_mode=caffe)
    self.stage = stage
    inputs = width
    for index in range(stage):
      middle = width * 2**index
      layer = nn.Sequential()
      for number in range(blocks[index]):
        stride = 2 if number == 0 and index > 0 else 1
        layer.append(Bottleneck(inputs, middle, stride, caffe=caffe))
        inputs = 4 * middle
      self.add_module(f"layer{index + 1}", layer)
    self.features = inputs

  def forward(self, x):
    """Returns the last stage's map."""
    x = self.maxpool(F.relu(self.bn1(self.conv1(x)), inplace=True))
    for index in range(self.stage):
      x = getattr(self, f"layer{index + 1}")(x)
    return x


class Attention(nn.Module):
  """Multi-head attention without a bias on the keys."""

  def __init__(self, width, num_heads):
    super().__init__()
    self.query = nn.Linear(width, width)
    self.key = nn.Linear(width, width, bias=False)
    self.value = nn.Linear(width, width)
    self.out = nn.Linear(width, width)
    self.num_heads = num_heads

  def forward(self, tokens, memory):
    """Returns what each token reads."""
    query, key, value = (
      x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
      for x in (self.query(tokens), self.key(memory), self.value(memory))
    )
    out = F.scaled_dot_product_attention(query, key, value)
    return self.out(out.transpose(1, 2).flatten(2))


class Mlp(nn.Module):
  """The feed-forward part."""

  def __init__(self, width, hidden):
    super().__init__()
    self.up = nn.Linear(width, hidden)
    self.down = nn.Linear(hidden, width)

  def forward(self, x):
    """Returns the tokens' new values."""
    return self.down(F.gelu(self.up(x)))


class Residual(nn.Module):
  """A branch with dropout, added to its input and normalized."""

  def __init__(self, branch, width, dropout):
    super().__init__()
    self.branch = branch
    self.norm = nn.LayerNorm(width, eps=1e-6)
    self.dropout = nn.Dropout(dropout)

  def forward(self, x, *memory):
    """Returns the normalized sum."""
    return self.norm(x + self.dropout(self.branch(x, *memory)))


class Layer(nn.Module):
  """Self-attention, cross-attention if there is a memory, feed-forward."""

  def __init__(self, width, num_heads, *, cross, dropout):
    super().__init__()
    self.self_attention = Residual(Attention(width, num_heads), width, dropout)
    if cross:
      self.cross_attention = Residual(
        Attention(width, num_heads), width, dropout
      )
    self.mlp = Residual(Mlp(width, 4 * width), width, dropout)

  def forward(self, x, memory=None):
    """Returns the tokens after all parts."""
    x = self.self_attention(x, x)
    if memory is not None:
      x = self.cross_attention(x, memory)
    return self.mlp(x)


class AUTransformer(nn.Module):
  """aujax.models.au_transformer on a given backbone, post-norm."""

  def __init__(
    self,
    num_outputs,
    backbone,
    *,
    num_patches=196,
    width=768,
    num_heads=16,
    num_decoder_layers=2,
    dropout=0.1,
  ):
    super().__init__()
    self.backbone = backbone
    self.encoder = nn.Module()
    self.encoder.projection = nn.Linear(backbone.features, width)
    self.encoder.positions = nn.Parameter(torch.zeros(num_patches, width))
    self.encoder.layers = nn.Sequential(
      Layer(width, num_heads, cross=False, dropout=dropout)
    )
    self.decoder = nn.Module()
    self.decoder.tokens = nn.Parameter(torch.randn(num_outputs, width))
    self.decoder.layers = nn.ModuleList(
      Layer(width, num_heads, cross=True, dropout=dropout)
      for _ in range(num_decoder_layers)
    )
    self.decoder.head = nn.Module()
    self.decoder.head.kernel = nn.Parameter(
      torch.randn(num_outputs, width) * width**-0.5
    )
    self.decoder.head.bias = nn.Parameter(torch.zeros(num_outputs))

  def forward(self, x):
    """Returns logits."""
    x = self.backbone(x).flatten(2).transpose(1, 2)
    patches = self.encoder.projection(x) + self.encoder.positions
    patches = self.encoder.layers(patches)
    tokens = self.decoder.tokens.expand(len(x), -1, -1)
    for layer in self.decoder.layers:
      tokens = layer(tokens, patches)
    head = self.decoder.head
    return (tokens * head.kernel).sum(-1) + head.bias


def to_jax(values, tree, *, path=()):
  """Arranges a PyTorch module's values, or their gradients, as aujax's tree.

  Args:
    values: Tensors by name, as of `module.state_dict()`.
    tree: Nested dict of the tree wanted, its leaves are not looked at.
    path: Keys above `tree`.

  Returns:
    The same nested dict of NumPy arrays.
  """
  if isinstance(tree, dict):
    return {
      key: to_jax(values, value, path=(*path, key))
      for key, value in tree.items()
    }
  *parts, last = path
  names = {
    "kernel": "weight",
    "scale": "weight",
    "mean": "running_mean",
    "var": "running_var",
  }
  name = ".".join([*parts, names.get(last, last)])
  if last == "kernel" and name in values:
    return np.ascontiguousarray(_kernel(values[name].detach().numpy()))
  return values.get(name, values.get(".".join(path))).detach().numpy().copy()


def _kernel(weight):
  return weight.transpose((2, 3, 1, 0)) if weight.ndim == 4 else weight.T
