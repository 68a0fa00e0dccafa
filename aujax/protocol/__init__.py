"""The cross-validated experiment: methods x folds x repeats on one dataset.

A trial trains one method on all folds but one, chooses epoch and thresholds on
subjects set aside from the training folds, and scores the test fold once with
what was chosen. Within a fold and repeat all methods share initial parameters
and batches, so that they differ in the method alone.
"""

import dataclasses
import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import ml_collections

from aujax.protocol import assembly, choices, ensembles, splits, store
from aujax.protocol import trial as trial_lib
from aujax.protocol import variants as variants_lib
from aujax.protocol.store import Trial

__all__ = ["Experiment", "Trial", "crossvalidate", "train"]


@dataclasses.dataclass(frozen=True)
class Experiment:
  """What became of an experiment's trials.

  Attributes:
    trials: All of them, those of inner folds last.
    failures: Of those that failed, why.
  """

  trials: tuple[Trial, ...]
  failures: Mapping[Trial, str]


def crossvalidate(
  config: ml_collections.ConfigDict,
  workdir: str | pathlib.Path,
  *,
  sweep: Mapping[str, Sequence[Any]] | None = None,
  say: Callable[[str], None] = print,
) -> Experiment:
  """Runs the trials that are not complete yet; one that fails stops no other.

  Then it makes what follows from them: for each method that is swept, the one
  chosen on validation, and the config's ensembles.

  Args:
    config: As `configs/common.py` describes it.
    workdir: The experiment's folder; made if missing.
    sweep: Dotted keys of the config, each with the values to try.
    say: Told what happens, one line at a time.

  Returns:
    The trials and which of them failed.

  Raises:
    ValueError: If the config names something unknown, data and folds do not
      fit, or the folder holds trials of another config.
  """
  workdir = pathlib.Path(workdir)
  data = assembly.open_data(config)
  variants = variants_lib.expand(config, sweep)
  outer = _prepare(config, variants, data)
  inner = [
    splits.inner(
      split, data.train.table.subject, config.inner_folds, seed=config.seed + k
    )
    if config.inner_folds
    else []
    for k, split in enumerate(outer)
  ]
  assembly.keep_compiled(workdir / "compiled")
  trials = {}
  for part in (None, *range(config.inner_folds)):
    for repeat in range(config.num_repeats):
      for fold in range(len(outer)):
        split = outer[fold] if part is None else inner[fold][part]
        for name in variants:
          trials[Trial(name, fold, repeat, part)] = split
  open_ = [
    trial
    for trial in trials
    if not trial_lib.is_complete(trial, variants[trial.method], data, workdir)
  ]
  _describe(config, variants, len(outer), workdir)
  if open_ and (told := splits.balance(config, data.train.table)):
    say(told)
  failures = {}
  for number, trial in enumerate(open_, len(trials) - len(open_) + 1):
    say(f"trial {number} of {len(trials)}: {trial}")
    try:
      trial_lib.run(trial, variants[trial.method], data, trials[trial], workdir)
    except Exception as error:
      if os.environ.get("AUJAX_TRACEBACK"):
        raise
      failures[trial] = store.write_failure(trial.directory(workdir), error)
      say(f"failed: {failures[trial]}")
  if not open_:
    say(f"all {len(trials)} trials were complete")
  if jax.process_index() == 0:
    _follow(config, variants, len(outer), workdir)
  return Experiment(tuple(trials), failures)


def train(
  trial: Trial,
  config: ml_collections.ConfigDict,
  workdir: str | pathlib.Path,
) -> None:
  """Runs one trial, if it is not complete yet.

  Args:
    trial: Which one; its method is an entry of `config.methods`.
    config: As `configs/common.py` describes it.
    workdir: The experiment's folder; made if missing.

  Raises:
    ValueError: If the config names something unknown, data and folds do not
      fit, or the folder holds a trial of another config.
  """
  workdir = pathlib.Path(workdir)
  data = assembly.open_data(config)
  variants = variants_lib.expand(config)
  if trial.method not in variants:
    raise ValueError(
      f"expected one of the config's methods, {sorted(variants)}, got"
      f" {trial.method!r}"
    )
  variant = variants[trial.method]
  folds = _prepare(config, {trial.method: variant}, data)
  if not 0 <= trial.fold < len(folds):
    raise ValueError(
      f"expected a fold from 0 to {len(folds) - 1}, got {trial.fold}"
    )
  if not trial_lib.is_complete(trial, variant, data, workdir):
    assembly.keep_compiled(workdir / "compiled")
    trial_lib.run(trial, variant, data, folds[trial.fold], workdir)


def _prepare(config, variants, data):
  """The folds' splits, once all that can be wrong with a trial is ruled out."""
  checked = []
  for variant in variants.values():
    settings = variant.config.to_dict() | {"methods": None}
    if settings not in checked:
      assembly.check(variant.config)
      checked.append(settings)
  names = [*variants, *choices.groups(variants)]
  ensembles.check(config.ensembles, names)
  if config.inner_folds == 1 or config.inner_folds < 0:
    raise ValueError(
      "expected inner_folds of 0, for none, or 2 or more, got "
      f"{config.inner_folds}"
    )
  folds = splits.make(config, data.train.table, data.test.table)
  for split in folds:
    for variant in variants.values():
      trial_lib.check(variant, data, split)
  return folds


def _describe(config, variants, num_folds, workdir):
  """Writes experiment.json, by which a report knows what is missing."""
  store.write_json(
    workdir / "experiment.json",
    {
      "dataset": config.dataset,
      "methods": [*variants, *choices.groups(variants), *config.ensembles],
      "folds": num_folds,
      "repeats": config.num_repeats,
      "variants": {
        name: {"method": variant.method, "values": variant.values}
        for name, variant in variants.items()
        if variant.values
      },
      "config": config.to_dict(),
    },
  )


def _follow(config, variants, num_folds, workdir):
  """Makes the trials that are chosen or combined from others."""
  for fold in range(num_folds):
    for repeat in range(config.num_repeats):
      for name, group in choices.groups(variants).items():
        choices.choose(
          name, group, fold, repeat, workdir, inner_folds=config.inner_folds
        )
      for name in config.ensembles:
        ensembles.make(name, config, fold, repeat, workdir)
