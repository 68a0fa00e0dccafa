"""The files of a trial, each whole or not there.

scores.parquet holds the test fold, validation.parquet the validation subjects
at the chosen epoch, and trial.json, written last, says that the trial is
complete. What was trained is the model folder in model/. A trial that failed
leaves failure.txt with its error in one line.
"""

import dataclasses
import json
import os
import pathlib
import shutil
from typing import Any

from aujax.evaluation import scores as scores_lib

_SCORES, _VALIDATION = "scores.parquet", "validation.parquet"
_METRICS, _MODEL = "metrics.jsonl", "model"
_SUMMARY, _FAILURE = "trial.json", "failure.txt"


@dataclasses.dataclass(frozen=True)
class Trial:
  """Which method, fold and repeat.

  Attributes:
    method: Name of a variant of the experiment.
    fold: The fold that is tested, from 0.
    repeat: Which repeat, from 0.
    part: Which inner fold validates, from 0, where the trial is part of a
      cross-validation inside the training folds; it tests nothing.
  """

  method: str
  fold: int
  repeat: int
  part: int | None = None

  def __str__(self) -> str:
    part = "" if self.part is None else f", inner fold {self.part}"
    return f"{self.method}, fold {self.fold}{part}, repeat {self.repeat}"

  def model(self, workdir: str | pathlib.Path) -> pathlib.Path:
    """The trial's model folder."""
    return self.directory(workdir) / _MODEL

  def directory(self, workdir: str | pathlib.Path) -> pathlib.Path:
    """The trial's folder."""
    part = "" if self.part is None else f"/part{self.part}"
    name = f"{self.method}/fold{self.fold}{part}/repeat{self.repeat}"
    return pathlib.Path(workdir) / name


def write(
  directory: pathlib.Path,
  summary: dict[str, Any],
  *,
  validation: scores_lib.Scores,
  test: scores_lib.Scores | None,
) -> None:
  """Writes what a trial found; the summary last, which completes it.

  Args:
    directory: The trial's folder.
    summary: What trial.json is to say.
    validation: Scores of the validation subjects.
    test: Scores of the test fold, None for an inner trial.
  """
  scores_lib.write(directory / _VALIDATION, validation)
  if test is not None:
    scores_lib.write(directory / _SCORES, test)
  (directory / _FAILURE).unlink(missing_ok=True)
  write_json(directory / _SUMMARY, summary)


def copy(
  source: pathlib.Path, directory: pathlib.Path, summary: dict[str, Any]
) -> None:
  """Hands a trial's scores, metrics and model on under another name.

  Args:
    source: Folder of the complete trial.
    directory: Folder of the other.
    summary: What its trial.json is to say; written last.
  """
  directory.mkdir(parents=True, exist_ok=True)
  for name in (_SCORES, _VALIDATION, _METRICS):
    shutil.copyfile(source / name, directory / name)
  shutil.copytree(source / _MODEL, directory / _MODEL, dirs_exist_ok=True)
  write_json(directory / _SUMMARY, summary)


def summary(directory: pathlib.Path) -> dict[str, Any] | None:
  """What a trial's trial.json says, None if the trial is not complete.

  Args:
    directory: The trial's folder.

  Returns:
    The summary.

  Raises:
    ValueError: If the file does not read.
  """
  path = directory / _SUMMARY
  if not path.exists():
    return None
  try:
    return json.loads(path.read_text())
  except ValueError as error:
    raise ValueError(
      f"expected JSON in {path}, but it does not read as such; remove that "
      "trial's folder"
    ) from error


def scores(
  directory: pathlib.Path,
) -> tuple[scores_lib.Scores, scores_lib.Scores]:
  """Scores of a complete trial: of its validation subjects and its test fold.

  Args:
    directory: The trial's folder.

  Returns:
    (validation, test).
  """
  return (
    scores_lib.read(directory / _VALIDATION),
    scores_lib.read(directory / _SCORES),
  )


def write_failure(directory: pathlib.Path, error: Exception) -> str:
  """Notes why a trial failed.

  Args:
    directory: The trial's folder.
    error: What was raised.

  Returns:
    The note, one line.
  """
  text = " ".join(str(error).split()) or "no message"
  known = isinstance(error, (ValueError, OSError, FloatingPointError))
  line = text if known else f"{type(error).__name__}: {text}"
  directory.mkdir(parents=True, exist_ok=True)
  (directory / _FAILURE).write_text(line + "\n")
  return line


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
