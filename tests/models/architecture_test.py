"""The networks at their papers' sizes, by shapes alone, and their options."""

import functools

import jax
import numpy as np
import pytest
from flax import nnx

from aujax import models
from aujax.models import conv_blocks, resnet

# Weights without biases that a following norm or softmax takes out; with the
# 864 of the convolutions and 129 of the attention it would be 1,164,173.
ATTENTION_CNN = 1_163_180
RESNET50_TO_LAYER3 = 8_543_296


def abstract(name, **kwargs):
  model = models.create(name, num_outputs=12, **kwargs)
  return model, *jax.eval_shape(model.init, jax.random.key(0))


def size(tree):
  return sum(leaf.size for leaf in jax.tree.leaves(tree))


def logits_shape(model, params, batch_stats, side, batch=2):
  images = jax.ShapeDtypeStruct((batch, side, side, 3), np.float32)
  return jax.eval_shape(model.apply, params, batch_stats, images)[0].shape


def map_shape(build, side):
  """Shape of a backbone's map for one image."""
  module = nnx.eval_shape(lambda: build(rngs=nnx.Rngs(0)))
  images = jax.ShapeDtypeStruct((1, side, side, 3), np.float32)
  return nnx.eval_shape(lambda m, x: m(x), module, images).shape[1:]


def test_attention_cnn_at_the_papers_size():
  model, params, batch_stats = abstract("attention_cnn")
  assert size(params) == ATTENTION_CNN
  assert ATTENTION_CNN + 864 + 129 == 1_164_173
  assert logits_shape(model, params, batch_stats, 112) == (2, 12)


def test_attention_has_more_than_one_position():
  blocks = functools.partial(
    conv_blocks.ConvBlocks, (32, 64, 128, 128, 256, 256)
  )
  assert map_shape(blocks, 112) == (3, 3, 256)
  # As the paper prints it, which is why it is not the default.
  assert map_shape(functools.partial(blocks, pool_last=True), 112) == (
    1,
    1,
    256,
  )


def test_attention_changes_the_logits():
  logits = []
  images = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("f")
  for attention in (True, False):
    model = models.create(
      "attention_cnn", num_outputs=2, features=(4,), attention=attention
    )
    params, batch_stats = model.init(jax.random.key(0))
    assert ("attention" in params) is attention
    logits.append(model.apply(params, batch_stats, images)[0])
  assert not np.allclose(*logits)


def test_au_transformer_at_the_papers_size():
  model, params, batch_stats = abstract("au_transformer")
  assert set(params) == {"backbone", "encoder", "decoder"}
  assert size(params["backbone"]) == RESNET50_TO_LAYER3
  assert params["encoder"]["projection"]["kernel"].shape == (1024, 768)
  assert params["encoder"]["positions"].shape == (196, 768)
  assert params["decoder"]["tokens"].shape == (12, 768)
  assert params["decoder"]["head"]["kernel"].shape == (12, 768)
  # Attention without key bias 2,361,600; feed-forward 4,722,432; norm 1,536.
  attention, mlp, norm = 4 * 768**2 + 3 * 768, 8 * 768**2 + 5 * 768, 2 * 768
  encoder = 1024 * 768 + 768 + 196 * 768 + attention + mlp + 2 * norm
  assert size(params["encoder"]) == encoder == 8_024_832
  decoder = 2 * (2 * attention + mlp + 3 * norm) + 12 * 768 + 12 * 769
  assert size(params["decoder"]) == decoder == 18_918_924
  assert logits_shape(model, params, batch_stats, 224) == (2, 12)


@pytest.mark.parametrize(
  "stage, expected",
  [
    (1, (56, 56, 256)),
    (2, (28, 28, 512)),
    (3, (14, 14, 1024)),
    (4, (7, 7, 2048)),
  ],
)
@pytest.mark.parametrize("caffe", [False, True])
def test_resnet50_stages(stage, expected, caffe):
  build = functools.partial(resnet.ResNet, stage=stage, caffe=caffe)
  assert map_shape(build, 224) == expected


@pytest.mark.parametrize("stage", [0, 5])
def test_resnet_has_four_stages(stage):
  with pytest.raises(ValueError, match=f"from 1 to 4.*{stage}"):
    models.create("au_transformer", num_outputs=1, stage=stage)


TINY = {"backbone": "conv", "features": (4, 8), "width": 8, "num_heads": 2}


@pytest.mark.parametrize(
  "options",
  [
    {"norm": "pre"},
    {"positions": False},
    {"token_attention": False},
    {"shared_head": True},
    {"num_encoder_layers": 0},
    {"num_decoder_layers": 1},
    {"mlp_ratio": 2},
    {"width": 16},
  ],
)
def test_au_transformer_options(options):
  options = {"image_size": 16} | TINY | options
  _, default, _ = abstract("au_transformer", **{"image_size": 16} | TINY)
  model, params, batch_stats = abstract("au_transformer", **options)
  assert size(params) != size(default)
  assert logits_shape(model, params, batch_stats, 16) == (2, 12)


def test_positions_are_for_one_size():
  model, *trees = abstract("au_transformer", image_size=16, **TINY)
  with pytest.raises(ValueError, match="16 patches, got 25.*image_size"):
    logits_shape(model, *trees, 20)
  model, *trees = abstract("au_transformer", positions=False, **TINY)
  assert logits_shape(model, *trees, 20) == (2, 12)


@pytest.mark.parametrize(
  "options, match",
  [
    ({"backbone": "vgg"}, "'resnet50' or 'conv', got 'vgg'"),
    ({"norm": "batch"}, "'post' or 'pre', got 'batch'"),
    ({"num_heads": 3}, "num_heads 3"),
    ({"features": ()}, "at least one"),
  ],
)
def test_bad_values_are_refused_at_creation(options, match):
  with pytest.raises(ValueError, match=match):
    abstract("au_transformer", **{"image_size": 16} | TINY | options)
