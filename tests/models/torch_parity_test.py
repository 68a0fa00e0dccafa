"""The networks against the same in PyTorch, in float64, from the same weights.

Kept apart from the other tests because PyTorch is no dependency of aujax.
"""

import functools
import importlib.util
import pathlib

import jax
import numpy as np
import pytest
from flax import nnx

torch = pytest.importorskip(
  "torch", reason="PyTorch, with which networks are compared, is not installed"
)

from aujax import models  # noqa: E402
from aujax.models import resnet  # noqa: E402

_FILE = pathlib.Path(__file__).parents[2] / "benchmarks" / "torch_networks.py"
_SPEC = importlib.util.spec_from_file_location("torch_networks", _FILE)
networks = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(networks)

# Outputs and gradients are of order one. Both sides compute in float64, so
# what is left is the order of sums, through some ten layers.
TOLERANCE = 1e-10


@pytest.fixture(autouse=True)
def float64():
  with jax.enable_x64(True):
    yield


def images(size, batch=3):
  shape = (batch, size, size, 3)
  return np.random.default_rng(0).normal(size=shape)


def double(module):
  """A module in float64 whose every parameter and statistic is random."""
  torch.manual_seed(0)
  module = module.double()
  with torch.no_grad():
    for name, value in module.state_dict().items():
      if name.endswith("running_var") or value.ndim == 1:
        value.uniform_(0.5, 1.5)
      elif name.endswith("running_mean"):
        value.normal_()
  return module


def run_torch(module, x, *, train):
  """Output, gradients by name and state of `module` for sum(sin(output))."""
  module.train(train)
  out = module(torch.from_numpy(x.transpose(0, 3, 1, 2)))
  out.sin().sum().backward()
  grads = {name: p.grad for name, p in module.named_parameters()}
  out = out.detach().numpy()
  return out.transpose(0, 2, 3, 1) if out.ndim == 4 else out, grads


def compare(module, apply, params, batch_stats, x, *, train):
  params = networks.to_jax(module.state_dict(), params)
  batch_stats = networks.to_jax(module.state_dict(), batch_stats)
  expected, expected_grads = run_torch(module, x, train=train)

  @functools.partial(jax.value_and_grad, has_aux=True)
  def loss(params):
    out, new = apply(params, batch_stats, x, train=train)
    return jax.numpy.sin(out).sum(), (out, new)

  (_, (out, new)), grads = jax.jit(loss)(params)
  close = functools.partial(
    np.testing.assert_allclose, rtol=TOLERANCE, atol=TOLERANCE
  )
  close(out, expected)
  jax.tree.map(close, grads, networks.to_jax(expected_grads, params))
  jax.tree.map(close, new, networks.to_jax(module.state_dict(), batch_stats))


@pytest.mark.parametrize("train", [False, True])
def test_attention_cnn(train):
  options = {"features": (4, 8, 8), "hidden": 6}
  model = models.create("attention_cnn", num_outputs=5, **options)
  trees = jax.eval_shape(model.init, jax.random.key(0))
  module = double(networks.AttentionCNN(5, **options))
  compare(module, model.apply, *trees, images(14), train=train)


# Odd and even sides: the two layouts' poolings pad them differently.
@pytest.mark.parametrize(
  "caffe, size, stage, train",
  [(False, 32, 3, True), (False, 45, 4, False), (True, 38, 2, True)],
)
def test_resnet(caffe, size, stage, train):
  options = {
    "stage": stage,
    "blocks": (2, 1, 1, 1),
    "width": 4,
    "caffe": caffe,
  }
  apply, *trees = pure(functools.partial(resnet.ResNet, **options))
  module = double(networks.ResNet(**options))
  compare(module, apply, *trees, images(size, 2), train=train)


@pytest.mark.parametrize("size", range(17, 33))
def test_caffe_pooling_has_pytorchs_size(size):
  apply, *trees = pure(
    functools.partial(resnet.ResNet, stage=1, width=4, caffe=True)
  )
  apply = functools.partial(apply, train=False)
  out, _ = jax.eval_shape(apply, *trees, images(size, 1))
  module = networks.ResNet(stage=1, width=4, caffe=True)
  expected = module(torch.zeros(1, 3, size, size)).shape
  assert out.shape[1:3] == expected[2:]


def test_au_transformer():
  backbone = {"backbone": "conv", "features": (4, 8)}
  model = models.create(
    "au_transformer",
    num_outputs=5,
    image_size=12,
    width=16,
    num_heads=4,
    **backbone,
  )
  trees = jax.eval_shape(model.init, jax.random.key(0))
  module = networks.AUTransformer(
    5,
    networks.ConvBlocks((4, 8), pool_last=True),
    num_patches=9,
    width=16,
    num_heads=4,
    dropout=0.0,
  )
  compare(double(module), model.apply, *trees, images(12), train=True)


def test_resnet50_has_torchvisions_names_and_shapes():
  module = networks.ResNet()
  _, params, batch_stats = pure(resnet.ResNet)
  expected = [
    value.shape
    for name, value in module.state_dict().items()
    if not name.endswith("num_batches_tracked")
  ]
  leaves = jax.tree.leaves((params, batch_stats))
  assert len(leaves) == len(expected)
  arranged = networks.to_jax(module.state_dict(), params)
  jax.tree.map(
    lambda a, b: np.testing.assert_equal(a.shape, b.shape), params, arranged
  )
  # torchvision's ResNet-50 has 25,557,032, of which 2,049,000 classify.
  count = sum(leaf.size for leaf in jax.tree.leaves(params))
  assert count == 25_557_032 - 2_049_000


def pure(build):
  """The pure apply of an NNX module and its abstract trees."""
  abstract = nnx.eval_shape(lambda: build(rngs=nnx.Rngs(0)))
  graph, params, batch_stats = nnx.split(abstract, nnx.Param, nnx.BatchStat)

  def plain(state):
    return nnx.to_pure_dict(nnx.as_pure(state))

  def apply(params, batch_stats, x, *, train):
    module = nnx.merge(graph, params, batch_stats, copy=True)
    return module(x, train=train), plain(nnx.state(module, nnx.BatchStat))

  return apply, plain(params), plain(batch_stats)
