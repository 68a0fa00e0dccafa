"""Every shipped config builds at full size, shrinks, and runs a step."""

import importlib
import inspect
import pathlib

import jax
import numpy as np
import pytest

from aujax.data import records, table
from aujax.protocol import assembly, variants

CONFIGS = pathlib.Path(__file__).parent.parent / "configs"
EXPERIMENTS = [
  ("quickstart", None),
  *(
    (name, set_)
    for name in ("robin_hood", "attention", "balanced_groups", "spatiotemporal")
    for set_ in ("disfa", "bp4d", "synthetic")
  ),
]
SMALL = {
  "attention_cnn": {"features": (4, 8), "hidden": 8},
  "au_transformer": {
    "image_size": 32,
    "backbone": "conv",
    "features": (4, 8),
    "width": 16,
    "num_heads": 2,
  },
}


def _load(name, argument):
  get_config = importlib.import_module(name).get_config
  return get_config(argument) if argument else get_config()


def test_every_config_is_held_here():
  files = {path.stem for path in CONFIGS.glob("*.py")} - {"common"}
  assert files == {name for name, _ in EXPERIMENTS}
  for name in files:
    doc = inspect.getdoc(importlib.import_module(name))
    assert "aujax-crossvalidate" in doc or "quickstart.sh" in doc


@pytest.mark.parametrize("name, argument", EXPERIMENTS)
def test_full_size_builds(name, argument):
  config = _load(name, argument)
  params, _ = jax.eval_shape(
    assembly.make_model(config).init, jax.random.key(0)
  )
  tx = assembly.make_optimizer(config, steps_per_epoch=100)
  jax.eval_shape(tx.init, params)
  base_rates = np.full(len(config.aus), 0.3, np.float32)
  for variant in variants.expand(config).values():
    assembly.make_loss(variant, base_rates=base_rates)
    assembly.check(variant.config)


@pytest.mark.parametrize("name, argument", EXPERIMENTS)
def test_shrunk_it_runs_a_step(name, argument):
  config = _load(name, argument)
  config.image_size = 32
  with config.unlocked():
    config.model.update(SMALL[config.model.name])
  rng = np.random.default_rng(0)
  rows = 4
  names = np.array([f"{row}.png" for row in range(rows)])
  data = records.Records(
    table.Table(
      aus=config.aus,
      image=names,
      labels=rng.integers(-1, 2, (rows, len(config.aus))).astype(np.int8),
      subject=names,
      sequence=names,
      frame=np.arange(rows),
    ),
    None,
    40,
    decoded=rng.integers(0, 255, (rows, 40, 40, 3), dtype=np.uint8),
  )
  base_rates = np.full(len(config.aus), 0.3, np.float32)
  variant = list(variants.expand(config).values())[-1]
  functions = assembly.Assembly(
    config,
    data,
    loss=assembly.make_loss(variant, base_rates=base_rates),
    base_rates=base_rates,
    key=jax.random.key(0),
    steps_per_epoch=1,
  )
  (batch,) = functions.batches(np.array([[0, 1, 2, 3]]))
  state, metrics = functions.train_step(functions.initial, batch)
  assert int(state.step) == 1 and np.isfinite(float(metrics["loss"]))
  config.batch_size = rows
  scores = functions.predict(
    state.params, state.batch_stats, data, np.arange(3)
  )
  assert scores.shape == (3, len(config.aus))


@pytest.mark.parametrize(
  "name", ["robin_hood", "attention", "balanced_groups", "spatiotemporal"]
)
def test_an_unknown_dataset_answers_with_the_known(name):
  with pytest.raises(ValueError, match="disfa, bp4d, synthetic, got 'dfew'"):
    _load(name, "dfew")
