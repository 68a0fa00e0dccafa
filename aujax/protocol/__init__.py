"""The cross-validated experiment: methods x folds x repeats on one dataset.

A trial trains one method on all folds but one, chooses its epoch on subjects
set aside from the training folds, and scores the test fold once with what was
chosen. Within a fold and repeat all methods share initial parameters, batches
and augmentation, so that they differ in the method alone.
"""

import pathlib
from collections.abc import Callable

import ml_collections

from aujax.protocol import assembly, splits
from aujax.protocol import trial as trial_lib
from aujax.protocol.trial import Trial

__all__ = ["Trial", "crossvalidate", "train"]


def crossvalidate(
  config: ml_collections.ConfigDict,
  workdir: str | pathlib.Path,
  *,
  say: Callable[[str], None] = print,
) -> list[Trial]:
  """Runs the trials that are not complete yet.

  Args:
    config: As `configs/common.py` describes it.
    workdir: The experiment's folder; made if missing.
    say: Told what happens, one line at a time.

  Returns:
    All trials of the experiment, one repeat after another.

  Raises:
    ValueError: If the config names something unknown, data and folds do not
      fit, or the folder holds trials of another config.
  """
  workdir = pathlib.Path(workdir)
  data = assembly.open_records(config)
  assembly.check(config)
  fold_of = splits.folds_of(config.folds, data.table.subject, seed=config.seed)
  trials = [
    Trial(method, fold, repeat)
    for repeat in range(config.num_repeats)
    for fold in range(1 + max(fold_of.values()))
    for method in config.methods
  ]
  # What can be wrong with a later trial is said before the first one starts.
  for trial in trials:
    trial_lib.check(trial, config, data)
  open_ = [
    trial
    for trial in trials
    if not trial_lib.is_complete(trial, config, data, workdir)
  ]
  trial_lib.write_json(
    workdir / "experiment.json",
    {
      "dataset": config.dataset,
      "methods": list(config.methods),
      "folds": 1 + max(fold_of.values()),
      "repeats": config.num_repeats,
      "config": config.to_dict(),
    },
  )
  for number, trial in enumerate(open_, len(trials) - len(open_) + 1):
    say(f"trial {number} of {len(trials)}: {trial}")
    trial_lib.run(trial, config, data, workdir)
  if not open_:
    say(f"all {len(trials)} trials were complete")
  return trials


def train(
  trial: Trial,
  config: ml_collections.ConfigDict,
  workdir: str | pathlib.Path,
) -> None:
  """Runs one trial, if it is not complete yet.

  Args:
    trial: Which one.
    config: As `configs/common.py` describes it.
    workdir: The experiment's folder; made if missing.

  Raises:
    ValueError: If the config names something unknown, data and folds do not
      fit, or the folder holds a trial of another config.
  """
  workdir = pathlib.Path(workdir)
  data = assembly.open_records(config)
  assembly.check(config)
  trial_lib.check(trial, config, data)
  if not trial_lib.is_complete(trial, config, data, workdir):
    trial_lib.run(trial, config, data, workdir)
