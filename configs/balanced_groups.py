"""Balancing by unique class groups (Rieger, Pahl & Seuss 2020).

  aujax-prepare --dataset=disfa --root=DISFA --output=data/disfa --size=112
  aujax-balance --records=data/disfa --output=runs/balanced/distribution
  for balance in none groups; do
    aujax-crossvalidate --config=configs/balanced_groups.py:disfa \
      --config.records=data/disfa --config.balance=$balance \
      --workdir=runs/balanced/$balance
  done

The argument is disfa, bp4d or synthetic. The paper trains on four merged
datasets and reports, on Aff-Wild2's validation set, a macro F1 of 0.21
without and 0.24 with balancing. It augments the repetitions of an image; here
every image that is trained on is augmented slightly, so that both runs differ
in the balance alone. Its network, a ResNet-18 with fewer parameters on grey
images, is not here yet: the attention CNN stands in. Batch size and epochs
are not given in the paper.
"""

import common

from aujax import action_units
from aujax.data import augment


def get_config(dataset="disfa"):
  """Returns the experiment on one of the datasets."""
  if dataset not in ("disfa", "bp4d", "synthetic"):
    raise ValueError(
      "expected configs/balanced_groups.py:DATASET with a dataset among disfa,"
      f" bp4d, synthetic, got {dataset!r}"
    )
  config = common.get_config()
  config.dataset = dataset
  config.aus = action_units.BP4D if dataset == "bp4d" else action_units.DISFA
  config.folds = "bp4d" if dataset == "bp4d" else "disfa"
  config.methods = {"soft_f1": {"weights": "support"}}

  config.image_size = 112
  config.model.name = "attention_cnn"
  config.model.features = (32, 64, 128, 128, 256, 256)

  # Section IV.B, which gives no strengths.
  config.augment.update(augment.SLIGHT)
  config.balance = "groups"
  config.groups.variance_weight = 70.0
  config.groups.max_growth = 10.0

  # Section IV.D: Adam at 1e-4, all the way.
  config.optimizer.name = "adam_step"
  config.optimizer.rate = 1e-4
  config.optimizer.factor = 1.0
  config.batch_size = 64
  config.num_epochs = 10
  return config
