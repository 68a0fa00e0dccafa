"""A finished table of predictions, read again for what is made of it."""

import dataclasses
import functools
import os
import pathlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Int, Int8
from pyarrow import csv as pa_csv
from pyarrow import parquet

from aujax import action_units

_BOX = ("x", "y", "width", "height")
_NUMBERS = ("frame", "timestamp", "face", *_BOX)


@dataclasses.dataclass(frozen=True, eq=False)
class Input:
  """What was predicted of one picture or video: N rows, T AUs.

  Attributes:
    name: As the table calls it.
    path: Where it should be: as it is called, or beside the table.
    aus: FACS numbers of the columns.
    frame: `[N]`, ascending.
    seconds: `[N]` from the video's start.
    face: `[N]` number of the face, -1 in a frame without one.
    box: `[N, 4]` left, top, width and height in pixels, nan without a face.
    scores: `[N, T]` in [0, 1], nan without a face.
    present: `[N, T]` 1 present, 0 absent, -1 without a face.
  """

  name: str
  path: pathlib.Path
  aus: tuple[int, ...]
  frame: Int[np.ndarray, " N"]
  seconds: Float[np.ndarray, " N"]
  face: Int[np.ndarray, " N"]
  box: Float[np.ndarray, "N 4"]
  scores: Float[np.ndarray, "N T"]
  present: Int8[np.ndarray, "N T"]

  @functools.cached_property
  def faces(self) -> list[int]:
    """The numbers of its faces; their order gives them their colours."""
    return np.unique(self.face[self.face >= 0]).tolist()

  @property
  def is_video(self) -> bool:
    """Whether it has more than one frame."""
    return bool(self.frame[0] != self.frame[-1])

  def rows(self, frame: int) -> slice:
    """Which rows are of a frame.

    Args:
      frame: Its number.

    Returns:
      The rows, none if the table leaves the frame out.
    """
    return slice(*np.searchsorted(self.frame, (frame, frame + 1)).tolist())


def read(path: str | os.PathLike) -> list[Input]:
  """Reads a table that `rows.Writer` completed.

  Args:
    path: CSV, or Parquet if it ends with ".parquet".

  Returns:
    The inputs in the table's order.

  Raises:
    FileNotFoundError: If there is no such file.
    ValueError: If it is not such a table, is not complete or has no rows.
  """
  path = pathlib.Path(path)
  if path.with_name(f"{path.name}.progress").exists():
    raise ValueError(
      f"expected a complete table in {path}, but beside it stands how far it "
      "has come; let the prediction end first"
    )
  if not path.is_file():
    raise FileNotFoundError(
      f"expected a table of predictions at {path}, found no such file"
    )
  table = _load(path)
  columns = action_units.columns(table.column_names, file=path)
  aus = tuple(columns)
  scores = [f"{column}_score" for column in columns.values()]
  needed = ("input", *_NUMBERS, *scores)
  missing = [name for name in needed if name not in table.column_names]
  if missing or not aus or not len(table):
    what = f"no {', '.join(missing) or 'Action Unit'}"
    raise ValueError(
      f"expected a table of predictions in {path}, got one with "
      f"{what if missing or not aus else 'no rows'}; make it with aujax-predict"
    )
  names = pc.dictionary_encode(table["input"].combine_chunks())
  index = names.indices.to_numpy()
  place = _matrix(table, _NUMBERS, path)
  scores = _matrix(table, scores, path)
  present = _whole(_matrix(table, columns.values(), path)).astype(np.int8)
  found = []
  for number, name in enumerate(names.dictionary.to_pylist()):
    rows = np.flatnonzero(index == number)
    rows = rows[np.argsort(place[rows, 0], kind="stable")]
    found.append(
      Input(
        name=name,
        path=_locate(name, path),
        aus=aus,
        frame=_whole(place[rows, 0]),
        seconds=place[rows, 1],
        face=_whole(place[rows, 2]),
        box=place[rows, 3:],
        scores=scores[rows],
        present=present[rows],
      )
    )
  return found


def check_output(
  path: pathlib.Path,
  suffixes: Sequence[str],
  *,
  overwrite: bool,
  name: str = "output",
) -> None:
  """Raises, before much is done, if a file has no place.

  Args:
    path: What is to be written.
    suffixes: Those that it may have.
    overwrite: Whether a file that is there may be replaced.
    name: What the error calls it.

  Raises:
    FileExistsError: If it is there and may not be replaced.
    FileNotFoundError: If its folder is missing.
    ValueError: If it has another suffix.
  """
  if path.suffix.lower() not in suffixes:
    raise ValueError(
      f"expected an output that ends with {' or '.join(suffixes)}, got {path}"
    )
  if not path.absolute().parent.is_dir():
    raise FileNotFoundError(
      f"expected a folder at {path.absolute().parent}, found none; make it or "
      f"give another {name}"
    )
  if path.exists() and not overwrite:
    raise FileExistsError(
      f"expected no file at {path}, as it would be replaced; give another "
      f"{name} or --overwrite"
    )


def _load(path):
  try:
    if path.suffix.lower() == ".parquet":
      return parquet.read_table(path)
    types = pa_csv.ConvertOptions(column_types={"input": pa.string()})
    return pa_csv.read_csv(path, convert_options=types)
  except pa.ArrowInvalid as error:
    raise ValueError(
      f"expected a table of predictions in {path}, got what does not read; "
      "make it again with aujax-predict"
    ) from error


def _matrix(table, names, path):
  """Columns as float64, blanks as nan."""
  names = list(names)
  try:
    columns = [table[name].cast(pa.float64()).to_numpy() for name in names]
  except pa.ArrowInvalid as error:
    raise ValueError(
      f"expected numbers or blanks in the columns {', '.join(names)} of "
      f"{path}, got something else; make it again with aujax-predict"
    ) from error
  return np.stack(columns, 1)


def _whole(values):
  return np.where(np.isnan(values), -1, values).astype(np.int64)


def _locate(name, table):
  beside = table.parent / name
  path = pathlib.Path(name)
  return beside if beside.is_file() and not path.is_file() else path
