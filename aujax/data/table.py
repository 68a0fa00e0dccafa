"""Table: what a dataset says about its frames, one row for each frame.

Labels are int8 `[N, T]`: 1 present, 0 absent, -1 unknown. Column t belongs to
the AU `aus[t]`. Pictures are named by key, not held.
"""

import dataclasses
import hashlib
import pathlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Int
from pyarrow import parquet

from aujax import action_units

_TEXTS = ("image", "subject", "sequence")
_TRUTH = "_truth"


@dataclasses.dataclass(frozen=True, eq=False)
class Table:
  """Frames with their labels, checked and brought to the types below.

  Attributes:
    aus: FACS numbers of the T label columns.
    image: `[N]` str, the picture's key relative to the dataset's root: a file
      path, or "path/video.avi#0" with the picture's index in the video from 0.
    labels: `[N, T]` int8, 1 present, 0 absent, -1 unknown.
    subject: `[N]` str.
    sequence: `[N]` str; the rows of one sequence belong to one recording.
    frame: `[N]` int64, the dataset's own frame number (DISFA's begin at 1).
    truth: `[N, T]` int8 as labels, where more is known than what was coded.

  Raises:
    ValueError: If lengths differ, an AU comes twice or a label is not -1, 0, 1.
    TypeError: If frame numbers are not integers.

  Example:
    >>> table = Table(
    ...   aus=(1, 12),
    ...   image=np.array(["a.png", "b.png"]),
    ...   labels=np.array([[0, 1], [-1, 0]]),
    ...   subject=np.array(["S1", "S2"]),
    ...   sequence=np.array(["S1", "S2"]),
    ...   frame=np.array([1, 1]),
    ... )
    >>> table.mask
    array([[ True,  True],
           [False,  True]])
  """

  aus: tuple[int, ...]
  image: np.ndarray
  labels: np.ndarray
  subject: np.ndarray
  sequence: np.ndarray
  frame: np.ndarray
  truth: np.ndarray | None = None

  def __post_init__(self):
    aus = tuple(int(au) for au in self.aus)
    if len(set(aus)) != len(aus):
      raise ValueError(f"expected every AU once in aus, got {aus}")
    put = object.__setattr__  # The way to normalise a frozen dataclass.
    put(self, "aus", aus)
    put(self, "labels", _label_matrix("labels", self.labels, len(aus)))
    if self.truth is not None:
      put(self, "truth", _label_matrix("truth", self.truth, len(aus)))
    for name in _TEXTS:
      put(self, name, _column(name, getattr(self, name), len(self)))
    put(self, "frame", _column("frame", self.frame, len(self)))
    if self.truth is not None and len(self.truth) != len(self):
      raise ValueError(
        f"expected {len(self)} rows in truth, as in labels, got "
        f"{len(self.truth)}"
      )

  def __len__(self) -> int:
    return len(self.labels)

  @property
  def mask(self) -> Bool[np.ndarray, "N T"]:
    """Whether each label is known."""
    return self.labels != action_units.UNKNOWN

  @property
  def subjects(self) -> list[str]:
    """Names of the subjects, each once, in sorted order."""
    return [str(name) for name in np.unique(self.subject)]

  def select(
    self, rows: Int[np.ndarray, "M"] | Bool[np.ndarray, "N"] | slice
  ) -> "Table":
    """Returns a table of some rows.

    Args:
      rows: Row indices in the order wanted, a mask over all rows, or a slice.

    Returns:
      A table of the chosen rows.

    Raises:
      ValueError: If a mask does not have one entry for each row.
    """
    if not isinstance(rows, slice):
      rows = np.asarray(rows)
      if rows.dtype == bool and rows.shape != (len(self),):
        raise ValueError(
          f"expected a mask of shape [{len(self)}], one entry for each row, "
          f"got {list(rows.shape)}"
        )
    columns = {name: getattr(self, name)[rows] for name in (*_TEXTS, "frame")}
    return dataclasses.replace(
      self,
      labels=self.labels[rows],
      truth=None if self.truth is None else self.truth[rows],
      **columns,
    )

  def project(self, aus: Sequence[int]) -> "Table":
    """Returns the table with other label columns.

    Args:
      aus: AUs to have, in the order wanted.

    Returns:
      A table in which an AU that was not coded is unknown throughout.
    """
    truth = self.truth
    if truth is not None:
      truth = action_units.project(truth, self.aus, aus)
    labels = action_units.project(self.labels, self.aus, aus)
    return dataclasses.replace(self, aus=tuple(aus), labels=labels, truth=truth)

  def digest(self) -> str:
    """Returns a SHA-256 of all that the table holds, as 64 hex digits."""
    sha = hashlib.sha256(repr(self.aus).encode())
    for name in _TEXTS:
      sha.update("\n".join(getattr(self, name)).encode() + b"\0")
    for name in ("frame", "labels", "truth"):
      values = getattr(self, name)
      sha.update(b"-" if values is None else values.tobytes())
    return sha.hexdigest()


def concatenate(tables: Sequence[Table], *, aus: str = "union") -> Table:
  """Puts the rows of several tables below each other.

  Args:
    tables: At least one table. Their image keys should have one common root,
      and equal names of subjects or sequences should mean the same.
    aus: "union" keeps every AU of any table, "intersection" those that all
      have, both in the order of their first appearance.

  Returns:
    One table. What a table does not code is unknown in its rows; truth is
    None only if no table has it.

  Raises:
    ValueError: If there is no table, or `aus` is another word.

  Example:
    >>> name = np.array(["S"])
    >>> row = dict(image=name, subject=name, sequence=name, frame=np.array([1]))
    >>> one = Table(aus=(1, 2), labels=np.array([[1, 0]]), **row)
    >>> two = Table(aus=(2, 4), labels=np.array([[1, 1]]), **row)
    >>> concatenate([one, two]).labels
    array([[ 1,  0, -1],
           [-1,  1,  1]], dtype=int8)
  """
  if not tables:
    raise ValueError("expected at least one table to concatenate, got none")
  if aus not in ("union", "intersection"):
    raise ValueError(f"expected aus 'union' or 'intersection', got {aus!r}")
  wanted = dict.fromkeys(au for table in tables for au in table.aus)
  if aus == "intersection":
    wanted = [au for au in wanted if all(au in t.aus for t in tables)]
  parts = [table.project(tuple(wanted)) for table in tables]
  columns = {
    name: np.concatenate([getattr(part, name) for part in parts])
    for name in (*_TEXTS, "frame", "labels")
  }
  truth = None
  if any(part.truth is not None for part in parts):
    truth = np.concatenate(
      [
        np.full_like(part.labels, action_units.UNKNOWN)
        if part.truth is None
        else part.truth
        for part in parts
      ]
    )
  return Table(aus=tuple(wanted), truth=truth, **columns)


def subsample(table: Table, stride: int) -> Table:
  """Keeps every k-th frame of each sequence.

  Args:
    table: Any table.
    stride: k, 1 or more; a sequence's first frame is always kept.

  Returns:
    A table of the kept rows, in their old order.

  Raises:
    ValueError: If the stride is not positive.

  Example:
    >>> name = np.array(["S1"] * 3 + ["S2"] * 2)
    >>> table = Table(
    ...   aus=(), image=name, labels=np.zeros((5, 0)), subject=name,
    ...   sequence=name, frame=np.array([1, 2, 3, 1, 2]),
    ... )
    >>> subsample(table, 2).frame
    array([1, 3, 1])
  """
  if stride < 1:
    raise ValueError(f"expected a stride of 1 or more, got {stride}")
  order = np.lexsort((table.frame, table.sequence, table.subject))
  names = np.char.add(np.char.add(table.subject, "\n"), table.sequence)[order]
  starts = np.flatnonzero(np.r_[True, names[1:] != names[:-1]][: len(table)])
  lengths = np.diff(np.r_[starts, len(table)])
  position = np.arange(len(table)) - np.repeat(starts, lengths)
  return table.select(np.sort(order[position % stride == 0]))


def write_parquet(table: Table, path: str | pathlib.Path) -> None:
  """Writes a table as Parquet, one column for each AU, named as "AU01".

  Args:
    table: Any table.
    path: File to write. Truth, where known, goes to columns as "AU01_truth".
  """
  columns = {name: getattr(table, name) for name in (*_TEXTS, "frame")}
  columns = {name: pa.array(values) for name, values in columns.items()}
  for t, au in enumerate(table.aus):
    columns[action_units.name(au)] = pa.array(table.labels[:, t])
  if table.truth is not None:
    for t, au in enumerate(table.aus):
      columns[action_units.name(au) + _TRUTH] = pa.array(table.truth[:, t])
  parquet.write_table(pa.table(columns), str(path))


def read_parquet(path: str | pathlib.Path) -> Table:
  """Reads a table that `write_parquet` wrote.

  Args:
    path: File to read.

  Returns:
    The table, its AUs in the order of the columns.

  Raises:
    FileNotFoundError: If there is no such file.
    ValueError: If it is not Parquet or lacks a column, naming file and column.
  """
  path = pathlib.Path(path)
  if not path.is_file():
    raise FileNotFoundError(f"expected a table in {path}, found no such file")
  try:
    stored = parquet.read_table(str(path))
  except pa.ArrowInvalid as error:
    raise ValueError(
      f"expected a Parquet file in {path}, but it does not read as one "
      f"({error}); write it again"
    ) from error
  for name in (*_TEXTS, "frame"):
    if name not in stored.column_names:
      raise ValueError(
        f"expected a column {name!r} in {path}, got {stored.column_names}"
      )
  columns = {
    name: stored[name].to_numpy(zero_copy_only=False)
    for name in stored.column_names
  }
  names = [name for name in columns if name[:2] == "AU" and name[2:].isdigit()]
  truths = [name + _TRUTH for name in names if name + _TRUTH in columns]
  rows = len(columns["frame"])
  return Table(
    aus=tuple(action_units.parse(name) for name in names),
    labels=_stack([columns[name] for name in names], rows),
    truth=_stack([columns[name] for name in truths], rows) if truths else None,
    **{name: columns[name] for name in (*_TEXTS, "frame")},
  )


def _stack(columns: list[np.ndarray], rows: int) -> np.ndarray:
  return np.stack(columns, 1) if columns else np.zeros((rows, 0), np.int8)


def _label_matrix(name: str, values, num_aus: int) -> np.ndarray:
  values = np.asarray(values)
  if values.ndim != 2 or values.shape[1] != num_aus:
    raise ValueError(
      f"expected {name} of shape [N, {num_aus}], one column for each AU, got "
      f"{list(values.shape)}"
    )
  wrong = ~np.isin(values, (-1, 0, 1))
  if wrong.any():
    row, column = np.argwhere(wrong)[0]
    raise ValueError(
      f"expected {name} of 1, 0 or -1 for unknown, got {values[row, column]} "
      f"in row {row}, column {column}"
    )
  return values.astype(np.int8, copy=False)


def _column(name: str, values, rows: int) -> np.ndarray:
  values = np.asarray(values)
  if values.shape != (rows,):
    raise ValueError(
      f"expected {name} of shape [{rows}], one entry for each row of labels, "
      f"got {list(values.shape)}"
    )
  if name in _TEXTS:
    return values.astype(np.str_, copy=False)
  if values.size and not np.issubdtype(values.dtype, np.integer):
    raise TypeError(f"expected integers in {name}, got {values.dtype}")
  return values.astype(np.int64, copy=False)
