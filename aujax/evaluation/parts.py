"""Files of another system's scores, which may hold several trials.

The columns method, fold and repeat, where there are any, tell them apart.
"""

import dataclasses
import os

import numpy as np
import pandas as pd
from jaxtyping import Int

from aujax.evaluation import scores as scores_lib
from aujax.evaluation import tabular

_NUMBERS = ("fold", "repeat")


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
  """The frames of a file that belong to one trial.

  Attributes:
    method: Name in the column "method", None if there is none.
    fold: Number in the column "fold", None if there is none.
    repeat: Number in the column "repeat", None if there is none.
    rows: `[N]` where in the file they stand.
    scores: Of these rows.
  """

  method: str | None
  fold: int | None
  repeat: int | None
  rows: Int[np.ndarray, " N"]
  scores: scores_lib.Scores


def read(path: str | os.PathLike) -> list[Part]:
  """Reads a file that may hold the scores of several trials.

  Args:
    path: As for `scores.read`, with any of the columns "method", "fold" and
      "repeat".

  Returns:
    One part for each combination of them that occurs, in the order of their
    first rows.

  Raises:
    FileNotFoundError: If there is no such file.
    ValueError: As by `scores.read`, or if a trial has a frame twice.
  """
  table = tabular.read(path)
  try:
    return _parts(table)
  except ValueError as error:
    raise ValueError(f"{path}: {error}") from error


def _parts(table):
  scores = scores_lib.from_arrow(table)
  method = tabular.texts(table, "method") if _has(table, "method") else None
  numbers = {name: _numbers(table, name) for name in _NUMBERS}
  named = {"method": method, **numbers}
  columns = pd.DataFrame({k: v for k, v in named.items() if v is not None})
  number = np.zeros(len(scores), np.int64)
  if len(columns.columns):
    # Numbered in the order in which they first occur.
    number = columns.groupby(list(columns), sort=False).ngroup().to_numpy()
  found = []
  for trial in range(number.max() + 1):
    rows = np.flatnonzero(number == trial)
    first = {k: None if v is None else v[rows[0]] for k, v in named.items()}
    part = Part(
      method=None if method is None else str(first["method"]),
      fold=None if first["fold"] is None else int(first["fold"]),
      repeat=None if first["repeat"] is None else int(first["repeat"]),
      rows=rows,
      scores=scores.select(rows),
    )
    _check_frames(part)
    found.append(part)
  return found


def _has(table, name):
  return name in table.column_names


def _numbers(table, name):
  """A column that counts from 0, None if there is none."""
  if not _has(table, name):
    return None
  values = tabular.whole_numbers(table, name)
  if values.min() < 0:
    raise ValueError(
      f"expected numbers from 0 in column {name!r}, found {values.min()}"
    )
  return values


def _check_frames(part):
  """Raises if a frame occurs twice."""
  scores, order = part.scores, part.scores.in_time()
  videos = scores.videos()[order]
  same = (np.diff(videos) == 0) & (np.diff(scores.frame[order]) == 0)
  if not same.any():
    return
  first = int(np.argmax(same))
  one, two = sorted(part.rows[order[first : first + 2]].tolist())
  row = order[first]
  sequence = (
    f" sequence {str(scores.sequence[row])!r}"
    if scores.sequence[row] != scores.subject[row]
    else ""
  )
  raise ValueError(
    f"expected every frame once, got subject {str(scores.subject[row])!r}"
    f"{sequence} frame {scores.frame[row]} in rows {one} and {two}; videos of "
    "one subject differ in a column 'sequence', trials in 'method', 'fold' or "
    "'repeat'"
  )
