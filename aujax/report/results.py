"""Reads what the trials of an experiment left in its working directory.

A trial is a method trained on all folds but one and tested on that one, with
one seed. It is complete when <method>/fold<k>/repeat<r>/ holds scores.parquet
and trial.json; every number is counted anew from the scores.
"""

import dataclasses
import hashlib
import json
import os
import pathlib
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from aujax import evaluation
from aujax.evaluation import scores as scores_lib
from aujax.report import history

_REQUIRED = ("method", "fold", "repeat", "threshold")


@dataclasses.dataclass(frozen=True, eq=False)
class Trial:
  """One method, fold and repeat, reduced from frames to counts.

  Attributes:
    method: Name of the method.
    fold: The fold that was tested.
    repeat: Number of the seed.
    threshold: Where a score becomes a detection; one number or one per AU.
    aus: AUs that were graded.
    counts: By "labels" and, where it is known, "truth".
    coder: Counts of the coded labels graded against the truth.
    subjects: The subjects that were tested.
    num_frames: How many of their frames.
    digest: Of the tested frames and their labels: equal means the same test.
    settings: What trial.json says.
    history: Loss and validation F1 during training.
  """

  method: str
  fold: int
  repeat: int
  threshold: float | tuple[float, ...]
  aus: tuple[int, ...]
  counts: dict[str, evaluation.Counts]
  coder: evaluation.Counts | None
  subjects: tuple[str, ...]
  num_frames: int
  digest: str
  settings: dict[str, Any]
  history: history.History

  def apart(self, use: str) -> tuple[str, ...]:
    """Subjects that trial.json names for a use.

    Args:
      use: "train" or "validation".

    Returns:
      Their names, empty if it does not say.
    """
    subjects = self.settings.get("subjects")
    named = subjects.get(use) if isinstance(subjects, dict) else None
    return tuple(map(str, named or ()))


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
  """

  trials: dict[tuple[str, int, int], Trial]
  methods: tuple[str, ...]
  folds: tuple[int, ...]
  repeats: tuple[int, ...]
  missing: tuple[str, ...]
  experiment: dict[str, Any]

  @property
  def any_trial(self) -> Trial:
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

  def fold(self, number: int) -> Trial | None:
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
  if not trials:
    raise FileNotFoundError(
      "expected finished trials such as "
      f"{workdir / 'baseline' / 'fold0' / 'repeat0' / 'scores.parquet'}, found "
      "none; run a cross-validation first"
    )
  _check_aus(trials)
  experiment = _experiment(workdir / "experiment.json")
  by_key = {(t.method, t.fold, t.repeat): t for t in trials}
  # Trials that were started count as planned, so that they are missed.
  seen = [key for key in (*map(_key, folders), *by_key) if key]
  methods = _methods(experiment, [key[0] for key in seen])
  folds = _numbers(experiment, "folds", [key[1] for key in seen])
  repeats = _numbers(experiment, "repeats", [key[2] for key in seen])
  order = [(m, f, r) for m in methods for f in folds for r in repeats]
  return Results(
    trials={key: by_key[key] for key in order if key in by_key},
    methods=methods,
    folds=folds,
    repeats=repeats,
    missing=tuple(_missing(by_key, methods, folds, repeats)),
    experiment=experiment,
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
  threshold = settings["threshold"]
  if isinstance(threshold, list):
    threshold = tuple(map(float, threshold))
  return Trial(
    method=str(settings["method"]),
    fold=int(settings["fold"]),
    repeat=int(settings["repeat"]),
    threshold=threshold,
    aus=scores.aus,
    counts=_counts(scores, threshold, trial_path),
    coder=_coder(scores),
    subjects=tuple(sorted(set(scores.subject.tolist()))),
    num_frames=len(scores),
    digest=_digest(scores),
    settings=settings,
    history=_history(folder / "metrics.jsonl", settings),
  )


def _counts(scores, threshold, path):
  """Counts against whatever there is to grade against."""
  targets = ("labels", "truth") if scores.truth is not None else ("labels",)
  try:
    return {
      against: evaluation.count(
        scores.scores, scores.target(against), threshold=np.asarray(threshold)
      )
      for against in targets
    }
  except (TypeError, ValueError) as error:
    raise ValueError(f"{path}: {error}") from error


def _history(path, settings):
  """Curves from the log; validation from trial.json if the log is gone."""
  found = history.read(path)
  scores = settings.get("validation")
  if found.validation or not isinstance(scores, list):
    return found
  return dataclasses.replace(found, validation=tuple(enumerate(scores, 1)))


def _coder(scores):
  """Grades the labels as if they were predictions of the truth."""
  if scores.truth is None:
    return None
  return evaluation.count(
    scores.labels, scores.truth, (scores.labels >= 0) & (scores.truth >= 0)
  )


def _digest(scores):
  """Names the frames and labels of a test, whatever their order."""
  order = np.lexsort((scores.frame, scores.sequence, scores.subject))
  sha = hashlib.sha256()
  for column in (scores.subject, scores.sequence):
    sha.update("\n".join(column[order].tolist()).encode())
  sha.update(np.asarray(scores.frame, np.int64)[order].tobytes())
  sha.update(np.ascontiguousarray(scores.labels[order]).tobytes())
  return sha.hexdigest()


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


def _key(folder):
  """(method, fold, repeat) of a folder, None if it is not one of a trial."""
  text = "/".join(folder.parts[-3:])
  match = re.fullmatch(r"([^/]+)/fold(\d+)/repeat(\d+)", text)
  return (match[1], int(match[2]), int(match[3])) if match else None


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


def _missing(by_key, methods, folds, repeats):
  """Names each gap: a whole method, a whole fold of it, or one repeat."""
  for method in methods:
    if not any(key[0] == method for key in by_key):
      yield method
      continue
    for fold in folds:
      gaps = [r for r in repeats if (method, fold, r) not in by_key]
      if len(gaps) == len(repeats):
        yield f"{method} fold {fold}"
      else:
        yield from (f"{method} fold {fold} repeat {r}" for r in gaps)


def _check_aus(trials):
  first = trials[0]
  for trial in trials:
    if trial.aus != first.aus:
      raise ValueError(
        f"expected the AUs of {first.method} fold {first.fold}, "
        f"{list(first.aus)}, in every trial, got {list(trial.aus)} in "
        f"{trial.method} fold {trial.fold} repeat {trial.repeat}"
      )
