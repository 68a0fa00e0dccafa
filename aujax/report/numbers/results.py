"""Reads what the trials of an experiment left in its working directory.

A trial is a method trained on all folds but one and tested on that one, with
one seed. It is complete when <method>/fold<k>/repeat<r>/ holds scores.parquet
and trial.json; every number is counted anew from the scores.
"""

import dataclasses
import json
import os
import pathlib
from collections.abc import Sequence
from typing import Any

from aujax.evaluation import scores as scores_lib
from aujax.report.numbers import gaps, history
from aujax.report.numbers import trials as trials_lib

_REQUIRED = ("method", "fold", "repeat", "threshold")


@dataclasses.dataclass(frozen=True, eq=False)
class Results:
  """The complete trials of an experiment, and what is missing.

  Attributes:
    trials: By (method, fold, repeat).
    methods: Names, in the order in which they are shown.
    folds: Numbers of the folds.
    repeats: Numbers of the repeats.
    missing: Such as "robin_hood fold 2", one for each gap.
    experiment: What experiment.json says; empty where there is none.
    failures: Errors of trials that failed, by (method, fold, repeat).
    is_foreign: Whether the scores are files of other systems, of whose
      training nothing is known.
  """

  trials: dict[tuple[str, int, int], trials_lib.Trial]
  methods: tuple[str, ...]
  folds: tuple[int, ...]
  repeats: tuple[int, ...]
  missing: tuple[str, ...]
  experiment: dict[str, Any]
  failures: dict[tuple[str, int, int], str] = dataclasses.field(
    default_factory=dict
  )
  is_foreign: bool = False

  @property
  def any_trial(self) -> trials_lib.Trial:
    """One of the trials, for what all have in common."""
    return next(iter(self.trials.values()))

  @property
  def aus(self) -> tuple[int, ...]:
    """AUs that were graded."""
    return self.any_trial.aus

  @property
  def targets(self) -> tuple[str, ...]:
    """What there is to grade against: "labels", and "truth" if known."""
    known = all("truth" in trial.counts for trial in self.trials.values())
    return ("labels", "truth") if known else ("labels",)

  @property
  def dataset(self) -> str:
    """Name of the dataset."""
    name = self.experiment.get("dataset")
    return str(name or self.any_trial.settings.get("dataset") or "a dataset")

  @property
  def variants(self) -> dict[str, dict[str, Any]]:
    """Of a sweep: "method" and swept "values" of each of `methods`."""
    return {
      str(name): {
        "method": str(variant.get("method", name)),
        "values": dict(variant.get("values") or {}),
      }
      for name, variant in (self.experiment.get("variants") or {}).items()
    }

  def fold(self, number: int) -> trials_lib.Trial | None:
    """Any trial that tested a fold, for what they have in common."""
    for (_, fold, _), trial in self.trials.items():
      if fold == number:
        return trial
    return None


def load(workdir: str | os.PathLike) -> Results:
  """Reads all complete trials below a working directory.

  Args:
    workdir: Where a cross-validation was run. experiment.json in it may name
      "dataset", "methods", "folds" and "repeats" (how many) and "config".

  Returns:
    The trials and what is missing among methods x folds x repeats.

  Raises:
    FileNotFoundError: If there is no such folder or no complete trial in it.
    ValueError: If a file does not read, or trials graded different AUs.
  """
  workdir = pathlib.Path(workdir)
  folders = sorted(workdir.glob("*/fold*/repeat*"))
  trials = [trial for trial in map(_trial, folders) if trial is not None]
  by_key = {(t.method, t.fold, t.repeat): t for t in trials}
  failures = {
    k: v for k, v in gaps.failures(folders).items() if k not in by_key
  }
  if not trials:
    raise FileNotFoundError(_nothing(workdir, failures))
  check_aus(trials)
  experiment = _experiment(workdir / "experiment.json")
  # Trials that were started count as planned, so that they are missed.
  seen = [key for key in (*map(gaps.key, folders), *by_key) if key]
  methods = _methods(experiment, [key[0] for key in seen])
  folds = _numbers(experiment, "folds", [key[1] for key in seen])
  repeats = _numbers(experiment, "repeats", [key[2] for key in seen])
  order = [(m, f, r) for m in methods for f in folds for r in repeats]
  return Results(
    trials={key: by_key[key] for key in order if key in by_key},
    methods=methods,
    folds=folds,
    repeats=repeats,
    missing=(
      *gaps.missing(by_key, methods, folds, repeats, failures),
      *gaps.inner_failures(workdir),
    ),
    experiment=experiment,
    failures=failures,
  )


def check_aus(trials: Sequence[trials_lib.Trial]) -> None:
  """Finds out whether all trials graded the same AUs.

  Args:
    trials: Of any methods.

  Raises:
    ValueError: If they did not.
  """
  first = trials[0]
  for trial in trials:
    if trial.aus != first.aus:
      raise ValueError(
        f"expected the AUs of {first.method} fold {first.fold}, "
        f"{list(first.aus)}, in every trial, got {list(trial.aus)} in "
        f"{trial.method} fold {trial.fold} repeat {trial.repeat}"
      )


def _trial(folder):
  """Reads one trial; None if it is not complete."""
  scores_path, trial_path = folder / "scores.parquet", folder / "trial.json"
  if not (scores_path.is_file() and trial_path.is_file()):
    return None
  settings = _json(trial_path)
  for key in _REQUIRED:
    if key not in settings:
      raise ValueError(f"expected {key!r} in {trial_path}, found none")
  scores = scores_lib.read(scores_path)
  curves = _history(folder / "metrics.jsonl", settings)
  try:
    return trials_lib.reduce(
      scores, settings=settings, path=scores_path, history=curves
    )
  except (TypeError, ValueError) as error:
    raise ValueError(f"{trial_path}: {error}") from error


def _history(path, settings):
  """Curves from the log; validation from trial.json if the log is gone."""
  found = history.read(path)
  scores = settings.get("validation")
  if found.validation or not isinstance(scores, list):
    return found
  return dataclasses.replace(found, validation=tuple(enumerate(scores, 1)))


def _nothing(workdir, failures):
  """What to say where no trial is finished."""
  example = workdir / "baseline" / "fold0" / "repeat0" / "scores.parquet"
  text = f"expected finished trials such as {example}, found none; "
  if failures:
    (method, fold, repeat), error = next(iter(failures.items()))
    return (
      f"{text}{len(failures)} failed, the first, {method} fold {fold} repeat "
      f"{repeat}, with: {error}"
    )
  return text + "run a cross-validation first"


def _json(path):
  try:
    content = json.loads(path.read_text())
  except ValueError as error:
    raise ValueError(
      f"expected JSON in {path}, but it does not read as such: {error}"
    ) from error
  if not isinstance(content, dict):
    raise ValueError(f"expected a JSON object in {path}, found another value")
  return content


def _experiment(path):
  return _json(path) if path.is_file() else {}


def _methods(experiment, found):
  """Methods as the experiment lists them, else baseline first."""
  planned = experiment.get("methods") or ()
  others = sorted(set(found) - set(planned), key=lambda m: (m != "baseline", m))
  return (*map(str, planned), *others)


def _numbers(experiment, key, found):
  """Folds or repeats: the planned ones and all that were found."""
  planned = experiment.get(key) or 0
  if isinstance(planned, Sequence):
    planned = len(planned)
  return tuple(sorted(set(range(int(planned))) | set(found)))
