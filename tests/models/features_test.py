"""What the output layer reads, of every network."""

import jax
import numpy as np
import pytest

from tests.models import create_test


@pytest.mark.parametrize("name", create_test.SMALL)
def test_logits_are_linear_in_the_features(name):
  model, params, batch_stats = create_test.started(name)
  batch = create_test.images(12)
  features = np.asarray(jax.jit(model.features)(params, batch_stats, batch))
  logits, _ = jax.jit(model.apply)(params, batch_stats, batch)
  if name == "attention_cnn":
    head = jax.tree.map(np.asarray, params["head"])
    expected = features @ head["kernel"] + head["bias"]
  else:
    head = jax.tree.map(np.asarray, params["decoder"]["head"])
    tokens = features.reshape(12, *head["kernel"].shape)
    expected = (tokens * head["kernel"]).sum(-1) + head["bias"]
  np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", create_test.SMALL)
def test_features_are_one_row_for_each_image(name):
  model, params, batch_stats = create_test.started(name)
  batch = create_test.images(4)
  features = jax.jit(model.features)
  together = features(params, batch_stats, batch)
  assert together.ndim == 2 and len(together) == 4
  for image, row in zip(batch, together, strict=True):
    alone = features(params, batch_stats, image[None])[0]
    np.testing.assert_allclose(alone, row, rtol=1e-4, atol=1e-5)


def test_bad_images_are_refused():
  model, params, batch_stats = create_test.started("attention_cnn")
  with pytest.raises(ValueError, match="batch, height, width, 3"):
    model.features(params, batch_stats, np.zeros((2, 3, 24, 24), np.float32))
