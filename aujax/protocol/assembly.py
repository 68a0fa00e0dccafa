"""From a config to the functions of a run: the one place that joins boxes."""

import dataclasses
import os
from collections.abc import Callable, Iterator

import jax
import ml_collections
import numpy as np
import optax
from jax.experimental.compilation_cache import compilation_cache
from jaxtyping import Array, Float, Int, Key, Num, UInt8

from aujax import models
from aujax.data import augment, normalization, pipeline, records
from aujax.protocol import choices, plans, variants
from aujax.training import methods, optimizer, sharding, state, step


@dataclasses.dataclass(frozen=True, eq=False)
class Data:
  """What an experiment learns from and what it is tested on.

  Attributes:
    train: Records whose subjects train and validate.
    test: Records whose subjects test: the same, or another dataset's.
  """

  train: records.Records
  test: records.Records

  @property
  def digest(self) -> str:
    """Names both."""
    if self.test is self.train:
      return self.train.digest
    return f"{self.train.digest} {self.test.digest}"


def open_data(config: ml_collections.ConfigDict) -> Data:
  """Opens a config's records, labels brought to its AU set.

  Args:
    config: As `configs/common.py` describes it.

  Returns:
    The records.

  Raises:
    ValueError: If the records do not fit the config or each other.
  """
  train = _open(config, config.records)
  if not config.test_records:
    return Data(train, train)
  test = _open(config, config.test_records)
  kinds = [
    f"{of.size} pixels, alignment {of.alignment}, margin {of.margin:g}"
    for of in (train, test)
  ]
  if kinds[0] != kinds[1]:
    raise ValueError(
      f"expected records of one kind to train and test, got {kinds[0]} in "
      f"{config.records} and {kinds[1]} in {config.test_records}; prepare one "
      "of them again"
    )
  return Data(train, test)


def _open(config, directory):
  data = records.open_(directory)
  if data.size < config.image_size:
    raise ValueError(
      f"expected records of at least {config.image_size} pixels, the config's"
      f" image_size, got {data.size} in {directory}; prepare larger ones"
    )
  missing = sorted(set(config.aus) - set(data.table.aus))
  if missing:
    raise ValueError(
      f"expected records that code the config's AUs, got none for {missing} in"
      f" {directory}; set config.aus to some of {data.table.aus}"
    )
  data = dataclasses.replace(data, table=data.table.project(config.aus))
  return records.preload(data) if config.preload else data


def check(config: ml_collections.ConfigDict) -> None:
  """Finds out whether what a config names can be made.

  Args:
    config: As `configs/common.py` describes it.

  Raises:
    ValueError: If a number is out of range, or the network, the optimizer,
      the sampling or one of their options is not known.
  """
  for name in ("batch_size", "num_epochs", "num_repeats"):
    if config[name] < 1:
      raise ValueError(f"expected {name} of 1 or more, got {config[name]}")
  if config.threshold_rule not in choices.RULES:
    raise ValueError(
      f"expected config.threshold_rule among {', '.join(choices.RULES)}, got "
      f"{config.threshold_rule!r}"
    )
  make_model(config)
  make_optimizer(config, steps_per_epoch=1)
  plans.check(config)
  pixel = np.zeros((1, 1, 1, 3), np.uint8)
  augment.augment(jax.random.key(0), pixel, **config.augment)


def keep_compiled(directory: str | os.PathLike) -> None:
  """Keeps what is compiled, so that trials of one shape share it.

  Args:
    directory: Where, unless `JAX_COMPILATION_CACHE_DIR` or the like says
      another place.
  """
  if jax.config.jax_compilation_cache_dir is None:
    jax.config.update("jax_compilation_cache_dir", os.fspath(directory))
    # Else what was compiled before has settled that there is none.
    compilation_cache.reset_cache()


class Assembly:
  """A config's functions, compiled for this machine.

  Args:
    config: As `configs/common.py` describes it.
    data: The records that are trained on.
    loss: A method's loss.
    base_rates: `[T]` of the training rows.
    key: Of the initial parameters and of all randomness on the device.
    steps_per_epoch: Batches per epoch.

  Attributes:
    initial: The initial state, placed on the devices.
    train_step: Maps (state, batch) to (state, metrics).
  """

  def __init__(
    self,
    config: ml_collections.ConfigDict,
    data: records.Records,
    *,
    loss: Callable,
    base_rates: Float[np.ndarray, " T"],
    key: Key[Array, ""],
    steps_per_epoch: int,
  ):
    self._config, self._data = config, data
    model = make_model(config)
    tx = make_optimizer(config, steps_per_epoch=steps_per_epoch)
    mesh = sharding.make_mesh()
    initial = state.create(
      jax.jit(model.init), tx, key=key, base_rates=base_rates
    )
    places = sharding.replicate(initial, mesh)
    self.initial = sharding.place(initial, places)
    self.train_step = sharding.jit_step(
      step.make(model.apply, tx, loss, self._prepare), mesh, places
    )
    self._predict = sharding.jit_predict(
      step.make_predict(model.apply, self._prepare), mesh
    )

  def batches(
    self, plan: Int[np.ndarray, "steps B"], *, start_step: int = 0
  ) -> Iterator[dict[str, np.ndarray]]:
    """This process's part of a plan's batches, from a step on."""
    return self._batches(self._data, plan, start_step)

  def predict(
    self,
    params,
    batch_stats,
    data: records.Records,
    rows: Int[np.ndarray, " N"],
  ) -> Float[np.ndarray, "N T"]:
    """Probabilities of rows of some records, in their order."""
    size = self._config.batch_size
    plan = np.full((-(-len(rows) // size), size), -1, np.int64)
    plan.flat[: len(rows)] = rows
    parts = [
      self._predict(params, batch_stats, batch["image"])
      for batch in self._batches(data, plan)
    ]
    scores = np.concatenate(parts)[: len(rows)]
    if not np.isfinite(scores).all():
      raise FloatingPointError(
        "expected finite scores, got nan from parameters that are too large;"
        " lower the learning rate"
      )
    return scores

  def _batches(self, data, plan, start_step=0):
    return pipeline.batches(
      data,
      plan,
      start_step=start_step,
      process_index=jax.process_index(),
      process_count=jax.process_count(),
    )

  def _prepare(
    self,
    key: Key[Array, ""] | None,
    images: UInt8[Array, "B H W 3"],
    train: bool,
  ) -> Float[Array, "B h w 3"]:
    """Cuts, augments when training, and normalises, on the device."""
    if not train:
      return normalize(self._config, cut(self._config, images))
    crop_key, augment_key = jax.random.split(key)
    size = self._config.image_size
    images = augment.random_crop(crop_key, images, size=size)
    images = augment.augment(augment_key, images, **self._config.augment)
    return normalize(self._config, images)


def cut(
  config: ml_collections.ConfigDict,
  images: UInt8[Array | np.ndarray, "B H W 3"],
) -> UInt8[Array, "B h w 3"]:
  """Cuts pictures to what the network gets when it is not trained.

  Args:
    config: "image_size" says how large.
    images: As in the records.

  Returns:
    Their centres.
  """
  return normalization.center_crop(images, size=config.image_size)


def normalize(
  config: ml_collections.ConfigDict, images: Num[Array, "B h w 3"]
) -> Float[Array, "B h w 3"]:
  """Brings pixels to the scale that the network gets.

  Args:
    config: "standardize" says whether each image by itself.
    images: From 0 to 255.

  Returns:
    The images, normalized.
  """
  if config.standardize:
    return normalization.standardize(images)
  return normalization.normalize(images)


def make_loss(
  variant: variants.Variant, *, base_rates: Float[np.ndarray, " T"]
) -> Callable:
  """The loss of one of the methods, tried once.

  Args:
    variant: Names the loss and its options.
    base_rates: `[T]` of the training rows, on which the loss is tried.

  Returns:
    The loss.

  Raises:
    ValueError: If it is not known, or cannot use its options or the base
      rates.
  """
  loss = methods.create(variant.loss, **variant.options)
  # Outside jit, where values can be checked.
  nothing = np.zeros((1, len(base_rates)), np.float32)
  loss(nothing, nothing, nothing == 0, base_rates, jax.random.key(0))
  return loss


def make_model(config: ml_collections.ConfigDict) -> models.Model:
  """The network that `config.model` names, with its options.

  Args:
    config: As `configs/common.py` describes it.

  Returns:
    Its pure functions.

  Raises:
    ValueError: If the network or one of its options is not known.
  """
  network = config.model.to_dict()
  return models.create(
    network.pop("name"), num_outputs=len(config.aus), **network
  )


def make_optimizer(
  config: ml_collections.ConfigDict, *, steps_per_epoch: int
) -> optax.GradientTransformation:
  """The optimizer that `config.optimizer` names, with its options.

  Args:
    config: As `configs/common.py` describes it.
    steps_per_epoch: Batches per epoch.

  Returns:
    The optimizer.

  Raises:
    ValueError: If the optimizer or one of its options is not known.
  """
  return optimizer.create(
    **config.optimizer.to_dict(),
    steps_per_epoch=steps_per_epoch,
    num_epochs=config.num_epochs,
  )
