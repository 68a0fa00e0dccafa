"""Multi-label sampling (Chu et al. 2019, section 5): MOMU and its rivals.

  aujax-prepare --dataset=disfa --root=DISFA --output=data/disfa --size=200
  for sampler in random stratified momu; do
    aujax-crossvalidate --config=configs/spatiotemporal.py:disfa \
      --config.records=data/disfa --config.sampler=$sampler \
      --workdir=runs/spatiotemporal/$sampler
  done

The argument is disfa, bp4d or synthetic. The paper compares the samplers on
GFT and BP4D+, with a mean F1 of 0.40 (random), 0.44 (stratified) and 0.51
(MOMU) within GFT, and 0.52, 0.52 and 0.67 within BP4D+. It does not say how
many images MOMU draws at a time. Its network, a CNN with LSTMs, is not here
yet: the attention CNN stands in, on the paper's crops, batches and rates.
"""

import common

from aujax import action_units


def get_config(dataset="disfa"):
  """Returns the experiment on one of the datasets."""
  if dataset not in ("disfa", "bp4d", "synthetic"):
    raise ValueError(
      "expected configs/spatiotemporal.py:DATASET with a dataset among disfa,"
      f" bp4d, synthetic, got {dataset!r}"
    )
  config = common.get_config()
  config.dataset = dataset
  config.aus = action_units.BP4D if dataset == "bp4d" else action_units.DISFA
  config.folds = "10"
  del config.methods.robin_hood

  # Section 4.2: crops of 176 from 200 pixels, flipped or not.
  config.image_size = 176
  config.model.name = "attention_cnn"
  config.model.features = (32, 64, 128, 128, 256, 256)

  config.sampler = "momu"
  config.momu.draw = 4
  config.batch_size = 196
  config.num_epochs = 10
  config.optimizer.name = "sgd_step"
  config.optimizer.rate = 1e-3
  config.optimizer.momentum = 0.9
  config.optimizer.weight_decay = 5e-4
  return config
