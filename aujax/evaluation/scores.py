"""The file of one trial: labels and scores of its test fold.

Columns, one row per frame: subject, sequence, frame, then per AU "AU01" (int8,
-1 unknown), "AU01_score" (float32 probability) and, where the truth behind the
labels is known, "AU01_truth". Everything that is reported is computed from
these files.

Ours are Parquet; those of another system may be CSV and leave out the sequence.
"""

import dataclasses
import os
import pathlib
import re
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float, Int, Int8, Shaped

from aujax import action_units
from aujax.evaluation import tabular


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
    for name in ("subject", "sequence"):
      if len(getattr(self, name)) != len(self.frame):
        raise ValueError(
          f"expected a {name} for each of {len(self.frame)} frames, got "
          f"{len(getattr(self, name))}"
        )
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

  def select(self, rows: Int[np.ndarray, " M"]) -> "Scores":
    """Some of the frames.

    Args:
      rows: Which, in the order in which they are to be.

    Returns:
      Their scores.
    """
    return dataclasses.replace(
      self,
      **{
        field.name: getattr(self, field.name)[rows]
        for field in dataclasses.fields(self)
        if field.name != "aus" and getattr(self, field.name) is not None
      },
    )

  def project(self, aus: tuple[int, ...]) -> "Scores":
    """Some of the AUs.

    Args:
      aus: Which, in the order in which they are to be.

    Returns:
      Their scores.

    Raises:
      ValueError: If there is no such AU.
    """
    if missing := [au for au in aus if au not in self.aus]:
      raise ValueError(
        f"expected AUs among those scored, {list(self.aus)}, got {missing}"
      )
    columns = [self.aus.index(au) for au in aus]
    taken = {
      name: getattr(self, name)[:, columns]
      for name in ("labels", "scores", "truth")
      if getattr(self, name) is not None
    }
    return dataclasses.replace(self, aus=tuple(aus), **taken)

  def videos(self) -> Int[np.ndarray, " N"]:
    """A number for each frame's video, by the names of subject and video."""
    subject, _ = pd.factorize(self.subject, sort=True)
    sequence, names = pd.factorize(self.sequence, sort=True)
    return subject * len(names) + sequence

  def in_time(self) -> Int[np.ndarray, " N"]:
    """The rows by subject, video and frame, so that neighbours follow."""
    return np.lexsort((self.frame, self.videos()))

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
    path: A Parquet file with the columns that `write` gives, or a CSV. Without
      a column "sequence" each subject is one video.

  Returns:
    The scores, AUs in the order of the file's columns.

  Raises:
    FileNotFoundError: If there is no such file.
    ValueError: If the file does not read, a column is missing, or a column
      holds what it should not.
  """
  table = tabular.read(path)
  try:
    return from_arrow(table)
  except ValueError as error:
    raise ValueError(f"{path}: {error}") from error


def from_arrow(table: pa.Table) -> Scores:
  """Takes the columns of a file apart.

  Args:
    table: As `aujax.evaluation.tabular.read` gives it.

  Returns:
    The scores, AUs in the order of the file's columns.

  Raises:
    ValueError: If a column is missing or holds what it should not.
  """
  aus = _aus(table.column_names)
  truth = any(name.endswith("_truth") for name in table.column_names)
  subject = tabular.texts(table, "subject")
  frame = tabular.whole_numbers(table, "frame")
  if not len(frame):
    raise ValueError("expected at least one frame, found none")
  has_sequence = "sequence" in table.column_names
  return Scores(
    aus=aus,
    subject=subject,
    sequence=tabular.texts(table, "sequence") if has_sequence else subject,
    frame=frame,
    labels=_matrix(table, aus, "", np.int8),
    scores=_matrix(table, aus, "_score", np.float32),
    truth=_matrix(table, aus, "_truth", np.int8) if truth else None,
  )


def _aus(names):
  """AUs that are named by a label or a score, in the file's order."""
  matches = (re.fullmatch(r"AU(\d\d+)(_score)?", name) for name in names)
  aus = tuple(dict.fromkeys(int(match[1]) for match in matches if match))
  if not aus:
    near = tabular.nearest("AU01_score", names)
    raise ValueError(
      "expected columns such as 'AU01' and 'AU01_score', found only "
      + ", ".join(map(repr, names))
      + near
    )
  return aus


def _matrix(table, aus, suffix, dtype):
  """Columns of all AUs `[N, T]`."""
  columns = []
  for name in (action_units.name(au) + suffix for au in aus):
    values = tabular.numbers(table, name)
    if dtype is np.int8 and not np.isin(values, (-1, 0, 1)).all():
      row = int(np.argmin(np.isin(values, (-1, 0, 1))))
      raise ValueError(
        f"expected 1, 0 or -1 in column {name!r}, found {values[row]:g} in row "
        f"{row}; unknown is -1"
      )
    columns.append(values)
  return np.stack(columns, axis=1).astype(dtype)


def _check(scores, name, allowed, wrong):
  """Raises for the first value that is not allowed, naming its column."""
  values = getattr(scores, name)
  if values is None:
    return
  bad, hint = wrong(values), ""
  if bad.any():
    row, column = np.argwhere(bad)[0]
    value = values[row, column]
    if name == "scores":
      hint = (
        "; leave out frames that were not scored"
        if np.isnan(value)
        else "; logits need a sigmoid first"
      )
    raise ValueError(
      f"expected {name} in {allowed}, got {value:g} for "
      f"{action_units.name(scores.aus[column])} in row {row}{hint}"
    )
