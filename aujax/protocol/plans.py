"""From the training frames to the batches of every epoch, as plans of indices.

First what an epoch holds: each frame once, or more often or never by a
resampling or by balancing. Then how that forms batches. A frame that an epoch
holds twice stands in two slots of the plan, and is augmented in each anew.
"""

from collections.abc import Callable

import ml_collections
import numpy as np
from jaxtyping import Int, Int8, Int64

from aujax import sampling
from aujax.sampling import groups as groups_lib

_RESAMPLE = {
  "ml_ros": sampling.ml_ros,
  "ml_rus": sampling.ml_rus,
  "lp_ros": sampling.lp_ros,
  "lp_rus": sampling.lp_rus,
}


def check(config: ml_collections.ConfigDict) -> None:
  """Finds out whether a config's way of sampling can be gone.

  Args:
    config: As `configs/common.py` describes it.

  Raises:
    ValueError: If a name is not known, an option is out of range, or frames
      are both resampled and balanced.
  """
  for name, known in (
    ("resample", ("none", *_RESAMPLE)),
    ("balance", ("none", "groups")),
    ("sampler", ("random", "stratified", "momu")),
  ):
    if config[name] not in known:
      raise ValueError(
        f"expected config.{name} among {', '.join(known)}, got {config[name]!r}"
      )
  if config.resample != "none" and config.balance != "none":
    raise ValueError(
      "expected frames to be resampled or balanced, got both, resample"
      f" {config.resample!r} and balance {config.balance!r}; set one to 'none'"
    )
  # With two frames, which takes no time.
  labels = np.eye(2, dtype=np.int8)
  make(config, labels, hold(config, labels, np.arange(2), seed=0), seed=0)(0)


def hold(
  config: ml_collections.ConfigDict,
  labels: Int8[np.ndarray, "N T"],
  rows: Int64[np.ndarray, " train"],
  *,
  seed: int,
) -> Int64[np.ndarray, " held"]:
  """Which rows an epoch holds, each as often as it is trained on.

  Args:
    config: As `configs/common.py` describes it.
    labels: `[N, T]` of all rows.
    rows: Those that may be trained on.
    seed: Decides which frames are repeated or left out; the same in every
      epoch, as the papers do it.

  Returns:
    Rows, with repetitions.

  Raises:
    ValueError: If an option is out of range.
  """
  if config.resample != "none":
    resample = _RESAMPLE[config.resample]
    return rows[
      resample(labels[rows], percent=config.resample_percent, seed=seed)
    ]
  if config.balance == "groups":
    groups = sampling.unique_groups(labels[rows])
    balance = groups_lib.balance(groups, **config.groups)
    repeats = sampling.augmentation_plan(
      groups.membership, balance.counts, seed=seed
    )
    return np.repeat(rows, repeats)
  return rows


def make(
  config: ml_collections.ConfigDict,
  labels: Int8[np.ndarray, "N T"],
  held: Int64[np.ndarray, " held"],
  *,
  seed: int,
) -> Callable[[int], Int[np.ndarray, "steps B"]]:
  """How what an epoch holds forms batches.

  Args:
    config: As `configs/common.py` describes it.
    labels: `[N, T]` of all rows.
    held: What an epoch holds, from `hold`.
    seed: Decides the order.

  Returns:
    Maps an epoch, from 0, to its plan `[steps, B]` of rows, -1 an empty slot;
    steps is `num_steps(config, held)` in every epoch.

  Raises:
    ValueError: If an option is out of range, or MOMU finds no positive label.
  """
  size = config.batch_size
  labels = labels[held]
  if config.sampler == "momu":
    # Said now, not in the first epoch.
    sampling.momu_batches(labels, size, 0, **config.momu, seed=seed)

  def plan(epoch):
    order = {"seed": seed, "epoch": epoch}
    if config.sampler == "momu":
      slots = sampling.momu_batches(
        labels, size, num_steps(config, held), **config.momu, **order
      )
    elif config.sampler == "stratified":
      slots = sampling.stratified_batches(
        labels, size, **config.stratified, **order
      )
    else:
      slots = sampling.random_batches(len(held), size, **order)
    return np.where(slots < 0, -1, held[slots])

  return plan


def num_steps(
  config: ml_collections.ConfigDict, held: Int64[np.ndarray, " held"]
) -> int:
  """Number of batches in an epoch: as many as hold all it holds once.

  Args:
    config: As `configs/common.py` describes it.
    held: What an epoch holds, from `hold`.

  Returns:
    The number, for every sampler.
  """
  return -(-len(held) // config.batch_size)
