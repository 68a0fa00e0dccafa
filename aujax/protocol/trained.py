"""A finished trial's network, as it was at the chosen epoch."""

import dataclasses
import json
import pathlib
from typing import Any

import ml_collections

from aujax import models
from aujax.models import folder
from aujax.protocol import assembly, store, variants
from aujax.protocol import trial as trial_lib


@dataclasses.dataclass(frozen=True, eq=False)
class Trained:
  """What a trial left.

  Attributes:
    trial: Which one; for a choice among swept values the one chosen.
    config: The settings it was trained with.
    summary: What its trial.json says.
    data: The records of its experiment.
    model: The network's functions.
    variables: (params, batch_stats) at the chosen epoch.
  """

  trial: store.Trial
  config: ml_collections.ConfigDict
  summary: dict[str, Any]
  data: assembly.Data
  model: models.Model
  variables: tuple[Any, Any]


def restore(
  trial: store.Trial,
  config: ml_collections.ConfigDict,
  workdir: str | pathlib.Path,
) -> Trained:
  """Reads the network of a finished trial.

  Args:
    trial: Which one.
    config: The config that the experiment was run with.
    workdir: The experiment's folder.

  Returns:
    The network with all that belongs to it.

  Raises:
    FileNotFoundError: If the trial is not finished, or is made of others.
    ValueError: If it was trained with another config or other data.
  """
  workdir = pathlib.Path(workdir)
  summary = store.summary(trial.directory(workdir)) or {}
  if "chosen" in summary:
    trial = dataclasses.replace(trial, method=summary["chosen"])
    summary = store.summary(trial.directory(workdir))
  directory = trial.model(workdir)
  if not summary or not directory.is_dir():
    raise FileNotFoundError(
      f"expected a finished trial with its model in {directory.parent}, found "
      "none; train it, or name another by --method, --fold and --repeat"
    )
  variant = _variant(trial, config, workdir)
  data = assembly.open_data(variant.config)
  trial_lib.check_same(summary, trial, variant, data, workdir)
  trained = folder.read(directory)
  variables = trained.params, trained.batch_stats
  return Trained(trial, variant.config, summary, data, trained.model, variables)


def _variant(trial, config, workdir):
  """What was trained under the trial's name, swept values included."""
  path = workdir / "experiment.json"
  written = json.loads(path.read_text()) if path.exists() else {}
  swept = written.get("variants", {}).get(trial.method, {}).get("values", {})
  sweep = {key: (value,) for key, value in swept.items()}
  found = variants.expand(config, sweep)
  if trial.method not in found:
    raise ValueError(
      f"expected one of the experiment's methods, {sorted(found)}, got "
      f"{trial.method!r}"
    )
  return found[trial.method]
