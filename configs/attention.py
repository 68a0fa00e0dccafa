"""The attention CNN with re-weighted loss (Le Hoai et al. 2022) at its size.

  aujax-prepare --dataset=disfa --root=DISFA --output=data/disfa --size=112
  aujax-crossvalidate --config=configs/attention.py:disfa \
    --config.records=data/disfa --workdir=runs/attention

The argument is disfa, bp4d or synthetic. The paper trains on Aff-Wild2 and
reports a macro F1 of 0.48 on its validation set after 3 epochs, 0.43 without
the weights; --config.model.attention=False is its other ablation (0.45).
"""

import common

from aujax import action_units


def get_config(dataset="disfa"):
  """Returns the experiment on one of the datasets."""
  if dataset not in ("disfa", "bp4d", "synthetic"):
    raise ValueError(
      "expected configs/attention.py:DATASET with a dataset among disfa, bp4d,"
      f" synthetic, got {dataset!r}"
    )
  config = common.get_config()
  config.dataset = dataset
  config.aus = action_units.BP4D if dataset == "bp4d" else action_units.DISFA
  config.folds = "bp4d" if dataset == "bp4d" else "disfa"
  del config.methods.robin_hood
  config.methods.reweighted = {}

  config.image_size = 112
  config.model.name = "attention_cnn"
  config.model.features = (32, 64, 128, 128, 256, 256)
  config.model.attention = True

  # Section 4.2.
  config.optimizer.name = "adam_step"
  config.optimizer.rate = 1e-3
  config.optimizer.drop_epochs = 5
  config.batch_size = 256
  config.num_epochs = 10
  return config
