"""One trial: a method trained on all folds but one and tested on that one."""

import dataclasses
import hashlib
import json
import pathlib
import time
from typing import Any

import jax
import numpy as np

import aujax
from aujax import labels as labels_lib
from aujax.data import records as records_lib
from aujax.evaluation import scores as scores_lib
from aujax.models import folder
from aujax.protocol import assembly, choices, plans, splits, store, variants
from aujax.training import checkpoint, loop

# What a trial's result does not depend on: which other trials there are, what
# is made of them, where the records lie, and how often it is saved.
_ELSEWHERE = (
  "methods",
  "ensembles",
  "num_repeats",
  "inner_folds",
  "records",
  "test_records",
  "preload",
  "save_every_steps",
)


def check(
  variant: variants.Variant, data: assembly.Data, split: splits.Split
) -> None:
  """Finds out whether a variant can be trained on a fold.

  Args:
    variant: Which one; its config has been checked.
    data: Its records.
    split: Rows by their use.

  Raises:
    ValueError: If its loss is not known, or loss, sampler and labels do not
      fit.
  """
  base_rates = _base_rates(data.train, split.train)
  assembly.make_loss(variant, base_rates=base_rates)
  plans.make(variant.config, data.train.table.labels, split.train, seed=0)


def run(
  trial: store.Trial,
  variant: variants.Variant,
  data: assembly.Data,
  split: splits.Split,
  workdir: pathlib.Path,
) -> None:
  """Trains, chooses epoch and thresholds, and tests once.

  Goes on where it was interrupted.

  Args:
    trial: Which one.
    variant: What is trained.
    data: Its records.
    split: Rows by their use.
    workdir: The experiment's folder.

  Raises:
    ValueError: If config and data do not fit, or the folder holds a
      checkpoint of another config.
    FloatingPointError: If the loss is not finite.
  """
  started = time.monotonic()
  config, table = variant.config, data.train.table
  directory = trial.directory(workdir)
  base_rates = _base_rates(data.train, split.train)
  held = plans.hold(
    config, table.labels, split.train, seed=_seed(trial, config, "hold")
  )
  functions = assembly.Assembly(
    config,
    data.train,
    loss=assembly.make_loss(variant, base_rates=base_rates),
    base_rates=base_rates,
    key=jax.random.key(_seed(trial, config, "device")),
    steps_per_epoch=plans.num_steps(config, held),
  )

  def score(params, batch_stats, records, rows):
    found = functions.predict(params, batch_stats, records, rows)
    return scores_lib.from_table(records.table.select(rows), found)

  rule = {"rule": config.threshold_rule, "otherwise": config.threshold}

  def evaluate(*weights):
    validation = score(*weights, data.train, split.validation)
    return choices.grade(validation, choices.threshold(validation, **rule))

  name = {"config": digest(trial, variant, data)}
  with checkpoint.Checkpoints(
    directory / "checkpoints", identity=name
  ) as checkpoints:
    order = _seed(trial, config, "order")
    result = loop.train(
      functions.initial,
      functions.train_step,
      plan=plans.make(config, table.labels, held, seed=order),
      batches=functions.batches,
      num_epochs=config.num_epochs,
      evaluate=evaluate,
      checkpoints=checkpoints,
      log_path=directory / "metrics.jsonl",
      save_every_steps=config.save_every_steps,
      label=str(trial),
    )
  weights = result.params, result.batch_stats
  validation = score(*weights, data.train, split.validation)
  test = score(*weights, data.test, split.test) if len(split.test) else None
  if jax.process_index() == 0:
    summary = _summary(trial, variant, data, split, base_rates, result)
    summary["threshold"] = choices.threshold(validation, **rule)
    summary["frames"] = {"train": len(split.train), "held": len(held)}
    summary["seconds"] = round(time.monotonic() - started, 1)
    description = _description(config, data.train, summary)
    folder.write(trial.model(workdir), description, *weights)
    store.write(directory, summary, validation=validation, test=test)


def is_complete(
  trial: store.Trial,
  variant: variants.Variant,
  data: assembly.Data,
  workdir: pathlib.Path,
) -> bool:
  """Whether a trial was finished, with this very config.

  Args:
    trial: Which one.
    variant: What it trains.
    data: Its records.
    workdir: The experiment's folder.

  Returns:
    True if its `trial.json` is there.

  Raises:
    ValueError: If it was finished with another config or other data.
  """
  summary = store.summary(trial.directory(workdir))
  if summary is None:
    return False
  check_same(summary, trial, variant, data, workdir)
  return True


def check_same(
  summary: dict[str, Any],
  trial: store.Trial,
  variant: variants.Variant,
  data: assembly.Data,
  workdir: pathlib.Path,
) -> None:
  """Finds out whether a trial was finished with this very config.

  Args:
    summary: What its trial.json says.
    trial: Which one.
    variant: What it trains.
    data: Its records.
    workdir: The experiment's folder.

  Raises:
    ValueError: If it was finished with another config or other data.
  """
  if summary.get("digest") != digest(trial, variant, data):
    raise ValueError(
      f"expected trials of this config and data in {workdir}, but those in"
      f" {trial.directory(workdir)} are of others; give another --workdir or"
      " remove that trial's folder"
    )


def digest(
  trial: store.Trial, variant: variants.Variant, data: assembly.Data
) -> str:
  """Names all that a trial's result depends on, the machine apart.

  Args:
    trial: Which one.
    variant: What it trains.
    data: Its records.

  Returns:
    16 hexadecimal digits.
  """
  config = variant.config.to_dict()
  settings = {k: v for k, v in config.items() if k not in _ELSEWHERE}
  if trial.part is not None:
    settings["inner_folds"] = config["inner_folds"]
  parts = [
    dataclasses.asdict(trial),
    variant.loss,
    variant.options,
    settings,
    data.digest,
  ]
  text = json.dumps(parts, sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()[:16]


def _description(config, data, summary):
  """What a model folder says of the trained network."""
  network = config.model.to_dict()
  told = "dataset method fold repeat loss options best_epoch frames aujax"
  subjects = {use: len(of) for use, of in summary["subjects"].items()}
  return folder.Description(
    network=network.pop("name"),
    options=network,
    aus=config.aus,
    alignment=data.alignment,
    margin=data.margin,
    stored_size=data.size,
    image_size=config.image_size,
    standardize=config.standardize,
    thresholds=np.broadcast_to(summary["threshold"], len(config.aus)).tolist(),
    threshold_rule=summary["threshold_rule"],
    base_rates=summary["base_rates"],
    training={key: summary[key] for key in told.split()}
    | {"subjects": subjects, "validation": max(summary["validation"])},
  )


def _base_rates(records: records_lib.Records, rows):
  labels, mask = labels_lib.split_missing(records.table.labels[rows])
  return np.asarray(labels_lib.base_rates(labels, mask))


def _seed(trial, config, use):
  """A number that differs between folds, repeats and uses, not methods."""
  part = "" if trial.part is None else f"part {trial.part} "
  text = f"{config.seed} {trial.fold} {part}{trial.repeat} {use}"
  return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def _summary(trial, variant, data, split, base_rates, result):
  config = variant.config
  tables = {"test": data.test.table}
  return {
    **dataclasses.asdict(trial),
    "dataset": config.dataset,
    "loss": variant.loss,
    "options": variant.options,
    "values": variant.values,
    "aus": list(config.aus),
    "threshold_rule": config.threshold_rule,
    "best_epoch": result.best_epoch,
    "validation": [row["score"] for row in result.history],
    "base_rates": [round(float(rate), 6) for rate in base_rates],
    "subjects": {
      use: np.unique(
        tables.get(use, data.train.table).subject[getattr(split, use)]
      ).tolist()
      for use in ("train", "validation", "test")
    },
    "digest": digest(trial, variant, data),
    "aujax": aujax.__version__,
    "devices": f"{jax.device_count()} x {jax.devices()[0].device_kind}",
  }
