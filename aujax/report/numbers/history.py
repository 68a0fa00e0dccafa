"""What happened during training: loss by step, validation F1 by epoch."""

import dataclasses
import json
import math
import pathlib
from collections.abc import Iterable, Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class History:
  """Curves of one trial, empty where nothing was recorded.

  Attributes:
    loss: (step, loss), by step.
    validation: (epoch, macro F1 on the validation subjects), by epoch.
    per_au: (epoch, {"AU01": F1 on the validation subjects, ...}), by epoch;
      an AU without an F1 is left out.
  """

  loss: tuple[tuple[float, float], ...] = ()
  validation: tuple[tuple[float, float], ...] = ()
  per_au: tuple[tuple[float, dict[str, float]], ...] = ()


def read(path: pathlib.Path) -> History:
  """Reads a trial's metrics.jsonl.

  A line with "step" and "loss" is a step's. A line with "epoch" and "score",
  or "validation": {"macro_f1": ...}, is an epoch's, and its loss a mean that
  is left out; it may say "f1": {"AU01": ...} of the AUs.

  Args:
    path: One JSON object per line. Where a run was taken up again a step may
      occur twice; the later line holds. A last line cut short is left out.

  Returns:
    The curves; empty if there is no such file.
  """
  if not path.is_file():
    return History()
  loss, validation, per_au = {}, {}, {}
  for line in path.read_text().splitlines():
    record = _record(line)
    score = _score(record)
    if _finite(score) and _finite(record.get("epoch")):
      validation[record["epoch"]] = score
      per_au[record["epoch"]] = _per_au(record)
    elif _finite(record.get("step")) and _finite(record.get("loss")):
      loss[record["step"]] = record["loss"]
  return History(
    tuple(sorted(loss.items())),
    tuple(sorted(validation.items())),
    tuple((epoch, f1) for epoch, f1 in sorted(per_au.items()) if f1),
  )


def binned(
  curve: Sequence[tuple[float, float]], *, points: int = 80
) -> list[tuple[float, float]]:
  """Thins a curve by averaging neighbours.

  Args:
    curve: (x, y), by x.
    points: At most how many to leave.

  Returns:
    (x, y), the means of equally many neighbours.

  Example:
    >>> binned([(1, 4.0), (2, 2.0), (3, 1.0), (4, 1.0)], points=2)
    [(1.5, 3.0), (3.5, 1.0)]
  """
  if not curve:
    return []
  groups = np.array_split(np.array(curve, float), min(points, len(curve)))
  return [tuple(group.mean(0).tolist()) for group in groups]


def mean(
  curves: Iterable[Sequence[tuple[float, float]]],
) -> list[tuple[float, float]]:
  """Averages curves where they share an x.

  Args:
    curves: Each (x, y), by x.

  Returns:
    (x, mean y) for every x that all curves have.

  Example:
    >>> mean([[(1, 0.0), (2, 1.0)], [(1, 1.0)]])
    [(1, 0.5)]
  """
  tables = [dict(curve) for curve in curves]
  if not tables:
    return []
  shared = set.intersection(*map(set, tables))
  return [(x, sum(t[x] for t in tables) / len(tables)) for x in sorted(shared)]


def _record(line):
  try:
    record = json.loads(line)
  except ValueError:
    return {}
  return record if isinstance(record, dict) else {}


def _score(record):
  validation = record.get("validation")
  if isinstance(validation, dict):
    return validation.get("macro_f1")
  return record.get("score")


def _per_au(record):
  f1 = record.get("f1")
  if not isinstance(f1, dict):
    return {}
  return {str(au): value for au, value in f1.items() if _finite(value)}


def _finite(value):
  return isinstance(value, (int, float)) and math.isfinite(value)
