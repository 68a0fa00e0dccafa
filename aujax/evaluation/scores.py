"""The file of one trial: labels and scores of its test fold, as Parquet.

Columns, one row per frame: subject, sequence, frame, then per AU "AU01" (int8,
-1 unknown), "AU01_score" (float32 probability) and, where the truth behind the
labels is known, "AU01_truth". Everything that is reported is computed from
these files.
"""

import dataclasses
import os
import pathlib
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float, Int8, Shaped

from aujax import action_units

_KEYS = ("subject", "sequence", "frame")


@dataclasses.dataclass(frozen=True, eq=False)
class Scores:
  """Labels and scores of N frames and T AUs.

  Attributes:
    aus: AUs of the columns.
    subject: `[N]` names of the subjects.
    sequence: `[N]` names of the videos.
    frame: `[N]` the dataset's frame numbers.
    labels: `[N, T]` as coded: 1 present, 0 absent, -1 unknown.
    scores: `[N, T]` probabilities.
    truth: `[N, T]` what the labels should have been, coded likewise, where a
      synthetic dataset tells.
  """

  aus: tuple[int, ...]
  subject: Shaped[np.ndarray, " N"]
  sequence: Shaped[np.ndarray, " N"]
  frame: Shaped[np.ndarray, " N"]
  labels: Int8[np.ndarray, "N T"]
  scores: Float[np.ndarray, "N T"]
  truth: Int8[np.ndarray, "N T"] | None = None

  def __post_init__(self):
    """Checks that all columns are of one length and hold what they should."""
    shape = (len(self.frame), len(self.aus))
    for name in ("labels", "scores", "truth"):
      values = getattr(self, name)
      if values is not None and values.shape != shape:
        raise ValueError(
          f"expected {name} of shape {list(shape)}, frames by AUs, got "
          f"{list(values.shape)}"
        )
    for name in ("labels", "truth"):
      _check(self, name, (-1, 0, 1), lambda x: (x < -1) | (x > 1))
    _check(self, "scores", "[0, 1]", lambda x: ~((x >= 0) & (x <= 1)))

  def __len__(self) -> int:
    """Number of frames."""
    return len(self.frame)

  def target(self, against: str = "labels") -> Int8[np.ndarray, "N T"]:
    """What the scores are graded against.

    Args:
      against: "labels" for the labels as coded, "truth" for what they should
        have been.

    Returns:
      `[N, T]`, -1 where unknown.

    Raises:
      ValueError: If the name is another one, or the truth is not known.
    """
    if against not in ("labels", "truth"):
      raise ValueError(
        f"expected to grade against 'labels' or 'truth', got {against!r}"
      )
    if against == "truth" and self.truth is None:
      raise ValueError(
        "expected columns such as 'AU01_truth' to grade against the truth, "
        "but only the labels are known; grade against 'labels'"
      )
    return self.labels if against == "labels" else self.truth


def from_table(table: Any, scores: Float[np.ndarray, "N T"]) -> Scores:
  """Joins the scores of frames to their labels.

  Args:
    table: Anything with the columns of `aujax.data.table.Table`: aus, subject,
      sequence, frame, labels and truth.
    scores: `[N, T]` probabilities, in the order of the table.

  Returns:
    The scores, ready to be written.

  Raises:
    ValueError: If shapes differ or a score lies outside [0, 1].
  """
  return Scores(
    aus=tuple(table.aus),
    subject=np.asarray(table.subject),
    sequence=np.asarray(table.sequence),
    frame=np.asarray(table.frame),
    labels=np.asarray(table.labels, np.int8),
    scores=np.asarray(scores, np.float32),
    truth=None if table.truth is None else np.asarray(table.truth, np.int8),
  )


def write(path: str | os.PathLike, scores: Scores) -> None:
  """Writes the scores of one trial, whole or not at all.

  Args:
    path: The Parquet file. Its folder is made; a file that is there stays as
      it is until the new one is complete.
    scores: What to write.
  """
  path = pathlib.Path(path)
  columns = {
    "subject": [str(subject) for subject in scores.subject],
    "sequence": [str(sequence) for sequence in scores.sequence],
    "frame": np.asarray(scores.frame, np.int64),
  }
  for suffix, values in (
    ("", scores.labels),
    ("_score", scores.scores.astype(np.float32)),
    ("_truth", scores.truth),
  ):
    if values is not None:
      for column, au in enumerate(scores.aus):
        columns[action_units.name(au) + suffix] = values[:, column]
  path.parent.mkdir(parents=True, exist_ok=True)
  half = path.with_name(f".{path.name}.{os.getpid()}")
  try:
    pq.write_table(pa.table(columns), half, compression="zstd")
    os.replace(half, path)
  finally:
    half.unlink(missing_ok=True)


def read(path: str | os.PathLike) -> Scores:
  """Reads the scores of one trial.

  Args:
    path: A Parquet file with the columns that `write` gives.

  Returns:
    The scores, AUs in the order of the file's columns.

  Raises:
    FileNotFoundError: If there is no such file.
    ValueError: If it is not a Parquet file, a column is missing, or a column
      holds what it should not.
  """
  path = pathlib.Path(path)
  if not path.is_file():
    raise FileNotFoundError(f"expected a file of scores, found none at {path}")
  try:
    table = pq.read_table(path, partitioning=None)
  except pa.ArrowException as error:
    raise ValueError(
      f"expected a Parquet file of scores, but {path} does not read as one; "
      "make it again"
    ) from error
  try:
    return _scores(table)
  except ValueError as error:
    raise ValueError(f"{path}: {error}") from error


def _scores(table):
  """Arrow columns to arrays."""
  aus = _aus(table.column_names)
  truth = any(name.endswith("_truth") for name in table.column_names)
  for key in _KEYS:
    _column(table, key)
  return Scores(
    aus=aus,
    subject=_column(table, "subject").astype(str),
    sequence=_column(table, "sequence").astype(str),
    frame=_column(table, "frame").astype(np.int64),
    labels=_matrix(table, aus, "", np.int8),
    scores=_matrix(table, aus, "_score", np.float32),
    truth=_matrix(table, aus, "_truth", np.int8) if truth else None,
  )


def _aus(names):
  """AUs that are named by a label or a score, in the file's order."""
  matches = (re.fullmatch(r"AU(\d+)(_score)?", name) for name in names)
  aus = tuple(dict.fromkeys(int(match[1]) for match in matches if match))
  if not aus:
    raise ValueError(
      "expected columns such as 'AU01' and 'AU01_score', found only "
      + ", ".join(map(repr, names))
    )
  return aus


def _matrix(table, aus, suffix, dtype):
  names = [action_units.name(au) + suffix for au in aus]
  columns = [_column(table, name) for name in names]
  for name, values in zip(names, columns, strict=True):
    if values.dtype.kind not in "biuf":
      raise ValueError(f"expected numbers in column {name!r}, found text")
    if dtype is np.int8 and not np.isin(values, (-1, 0, 1)).all():
      raise ValueError(
        f"expected 1, 0 or -1 in column {name!r}, found "
        f"{values[~np.isin(values, (-1, 0, 1))][0]}"
      )
  if not aus or not len(columns[0]):
    raise ValueError("expected at least one frame, found none")
  return np.stack(columns, axis=1).astype(dtype)


def _column(table, name):
  if name not in table.column_names:
    raise ValueError(f"expected a column {name!r}, found none")
  return table[name].to_numpy()


def _check(scores, name, allowed, wrong):
  """Raises for the first value that is not allowed, naming its column."""
  values = getattr(scores, name)
  if values is None:
    return
  bad = wrong(values)
  if bad.any():
    row, column = np.argwhere(bad)[0]
    raise ValueError(
      f"expected {name} in {allowed}, got {values[row, column]} for "
      f"{action_units.name(scores.aus[column])} in row {row}"
    )
