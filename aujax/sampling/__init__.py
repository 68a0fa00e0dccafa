"""Which frames form which batch: label matrix and seed in, indices out."""

from aujax.sampling.batches import (
  momu_batches,
  random_batches,
  stratified_batches,
)
from aujax.sampling.groups import (
  Balance,
  Groups,
  augmentation_plan,
  balance_groups,
  unique_groups,
)
from aujax.sampling.resampling import (
  Imbalance,
  imbalance,
  lp_ros,
  lp_rus,
  ml_ros,
  ml_rus,
)

__all__ = [
  "Balance",
  "Groups",
  "Imbalance",
  "augmentation_plan",
  "balance_groups",
  "imbalance",
  "lp_ros",
  "lp_rus",
  "ml_ros",
  "ml_rus",
  "momu_batches",
  "random_batches",
  "stratified_batches",
  "unique_groups",
]
