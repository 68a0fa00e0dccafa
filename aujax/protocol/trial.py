"""One trial: a method trained on all folds but one and tested on that one.

Its folder is <workdir>/<method>/fold<k>/repeat<r>/ with checkpoints/,
metrics.jsonl, scores.parquet of the test fold, and trial.json, written last,
which says that the trial is complete.
"""

import dataclasses
import hashlib
import json
import os
import pathlib
import time
from typing import Any

import jax
import ml_collections
import numpy as np

import aujax
from aujax import evaluation
from aujax import labels as labels_lib
from aujax.data import records
from aujax.evaluation import scores as scores_lib
from aujax.protocol import assembly, plans, splits
from aujax.training import checkpoint, loop

# What a trial's result does not depend on: which other trials there are,
# where the records lie, and how often it is saved.
_ELSEWHERE = (
  "methods",
  "num_repeats",
  "records",
  "preload",
  "save_every_steps",
)


@dataclasses.dataclass(frozen=True)
class Trial:
  """Which method, fold and repeat.

  Attributes:
    method: A key of `config.methods`.
    fold: The fold that is tested, from 0.
    repeat: Which repeat, from 0.
  """

  method: str
  fold: int
  repeat: int

  def __str__(self) -> str:
    return f"{self.method}, fold {self.fold}, repeat {self.repeat}"

  def directory(self, workdir: pathlib.Path) -> pathlib.Path:
    """The trial's folder."""
    name = f"{self.method}/fold{self.fold}/repeat{self.repeat}"
    return pathlib.Path(workdir) / name


def check(
  trial: Trial, config: ml_collections.ConfigDict, data: records.Records
) -> None:
  """Finds out whether a trial can be run, given that its config can.

  Args:
    trial: Which one.
    config: The experiment's config.
    data: Its records.

  Raises:
    ValueError: If its method or fold is not known, or they and the data do
      not fit.
  """
  rows = _split(trial, config, data)
  assembly.make_loss(
    config, trial.method, base_rates=_base_rates(data, rows.train)
  )
  plans.make(config, data.table.labels, rows.train, seed=0)


def run(
  trial: Trial,
  config: ml_collections.ConfigDict,
  data: records.Records,
  workdir: pathlib.Path,
) -> None:
  """Trains, chooses the epoch and tests; goes on where it was interrupted.

  Args:
    trial: Which one.
    config: The experiment's config.
    data: Its records.
    workdir: The experiment's folder.

  Raises:
    ValueError: If config and data do not fit, or the folder holds a
      checkpoint of another config.
    FloatingPointError: If the loss is not finite.
  """
  started = time.monotonic()
  directory = trial.directory(workdir)
  rows = _split(trial, config, data)
  base_rates = _base_rates(data, rows.train)
  labels = data.table.labels
  held = plans.hold(
    config, labels, rows.train, seed=_seed(trial, config, "hold")
  )
  functions = assembly.Assembly(
    config,
    data,
    loss=assembly.make_loss(config, trial.method, base_rates=base_rates),
    base_rates=base_rates,
    key=jax.random.key(_seed(trial, config, "device")),
    steps_per_epoch=plans.num_steps(config, held),
  )

  def evaluate(params, batch_stats):
    scores = functions.predict(params, batch_stats, rows.validation)
    return {"score": _macro_f1(config, data, rows.validation, scores)}

  identity = {"config": digest(trial, config, data)}
  with checkpoint.Checkpoints(
    directory / "checkpoints", identity=identity
  ) as checkpoints:
    result = loop.train(
      functions.initial,
      functions.train_step,
      plan=plans.make(config, labels, held, seed=_seed(trial, config, "order")),
      batches=functions.batches,
      num_epochs=config.num_epochs,
      evaluate=evaluate,
      checkpoints=checkpoints,
      log_path=directory / "metrics.jsonl",
      save_every_steps=config.save_every_steps,
      label=str(trial),
    )
  scores = functions.predict(result.params, result.batch_stats, rows.test)
  if jax.process_index() == 0:
    scores_lib.write(
      directory / "scores.parquet",
      scores_lib.from_table(data.table.select(rows.test), scores),
    )
    summary = _summary(trial, config, data, rows, base_rates, result)
    summary["frames"] = {"train": len(rows.train), "held": len(held)}
    summary["seconds"] = round(time.monotonic() - started, 1)
    write_json(directory / "trial.json", summary)


def is_complete(
  trial: Trial,
  config: ml_collections.ConfigDict,
  data: records.Records,
  workdir: pathlib.Path,
) -> bool:
  """Whether a trial was finished, with this very config.

  Args:
    trial: Which one.
    config: The experiment's config.
    data: Its records.
    workdir: The experiment's folder.

  Returns:
    True if its `trial.json` is there.

  Raises:
    ValueError: If it was finished with another config or other data.
  """
  path = trial.directory(workdir) / "trial.json"
  if not path.exists():
    return False
  if json.loads(path.read_text()).get("digest") != digest(trial, config, data):
    raise ValueError(
      f"expected trials of this config and data in {workdir}, but {path} is of"
      " others; give another --workdir or remove that trial's folder"
    )
  return True


def digest(
  trial: Trial, config: ml_collections.ConfigDict, data: records.Records
) -> str:
  """Names all that a trial's result depends on, the machine apart.

  Args:
    trial: Which one.
    config: The experiment's config.
    data: Its records.

  Returns:
    16 hexadecimal digits.
  """
  settings = {
    key: value
    for key, value in config.to_dict().items()
    if key not in _ELSEWHERE
  }
  options = config.methods[trial.method].to_dict()
  parts = [dataclasses.asdict(trial), options, settings, data.digest]
  text = json.dumps(parts, sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_json(path: pathlib.Path, value: Any) -> None:
  """Replaces a JSON file by a whole one.

  Args:
    path: The file; its folder is made.
    value: What to write.
  """
  path.parent.mkdir(parents=True, exist_ok=True)
  half = path.with_name(f".{path.name}.{os.getpid()}")
  half.write_text(json.dumps(value, indent=2) + "\n")
  os.replace(half, path)


def _split(trial, config, data):
  subjects = data.table.subject
  return splits.split(
    subjects,
    splits.folds_of(config.folds, subjects, seed=config.seed),
    trial.fold,
    validation_share=config.validation_share,
    seed=config.seed,
  )


def _base_rates(data, rows):
  labels, mask = labels_lib.split_missing(data.table.labels[rows])
  return np.asarray(labels_lib.base_rates(labels, mask))


def _seed(trial, config, use):
  """A number that differs between folds, repeats and uses, not methods."""
  text = f"{config.seed} {trial.fold} {trial.repeat} {use}"
  return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def _macro_f1(config, data, rows, scores):
  """Mean F1 over the AUs; 0 where there is nothing to find or found."""
  counts = evaluation.count(
    scores, data.table.labels[rows], threshold=config.threshold
  )
  return float(np.nan_to_num(evaluation.macro(evaluation.f1(counts))))


def _summary(trial, config, data, rows, base_rates, result):
  subjects = data.table.subject
  return {
    **dataclasses.asdict(trial),
    "dataset": config.dataset,
    "options": config.methods[trial.method].to_dict(),
    "aus": list(config.aus),
    "threshold": config.threshold,
    "best_epoch": result.best_epoch,
    "validation": [row["score"] for row in result.history],
    "base_rates": [round(float(rate), 6) for rate in base_rates],
    "subjects": {
      use: np.unique(subjects[getattr(rows, use)]).tolist()
      for use in ("train", "validation", "test")
    },
    "digest": digest(trial, config, data),
    "aujax": aujax.__version__,
    "devices": f"{jax.device_count()} x {jax.devices()[0].device_kind}",
  }
