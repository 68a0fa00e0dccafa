"""The table of predictions: written row by row, and gone on with.

A frame has a row for each face, numbered by `face`, or one row with blanks if
it has none. Beside a table that is not complete lies what is needed to go on,
in a file named like it with ".progress" at its end.
"""

import csv
import io
import json
import os
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyarrow import csv as pa_csv
from pyarrow import parquet

from aujax import action_units

_PLACE = ("input", "frame", "timestamp", "face")
_FACE = ("x", "y", "width", "height", "confidence")


def columns(aus: Sequence[int]) -> list[str]:
  """Names of the columns.

  Args:
    aus: FACS numbers of the model's outputs.

  Returns:
    Where a row is from, `input`, `frame` (from 0), `timestamp` (seconds) and
    `face`; the face's box in pixels and the detector's confidence; the
    probability and, by the model's thresholds, the presence (1 or 0) of each
    AU.

  Example:
    >>> columns([12])[-4:]
    ['height', 'confidence', 'AU12_score', 'AU12']
  """
  names = [action_units.name(au) for au in aus]
  return [*_PLACE, *_FACE, *(f"{name}_score" for name in names), *names]


class Writer:
  """Writes a table of predictions; a context manager.

  Args:
    path: CSV file, or Parquet if it ends with ".parquet", which is made of a
      CSV file when all rows are there.
    aus: FACS numbers of the model's outputs.
    identity: What must be the same to go on: JSON values by name.
    overwrite: Begin anew, whatever is there.

  Attributes:
    done: What was marked last, None at the beginning.

  Raises:
    FileExistsError: If a complete table is there, or an incomplete one with
      another identity.
    FileNotFoundError: If the folder is missing.
  """

  def __init__(
    self,
    path: str | pathlib.Path,
    aus: Sequence[int],
    *,
    identity: Mapping[str, Any],
    overwrite: bool = False,
  ):
    self._path = pathlib.Path(path)
    self._columns = columns(aus)
    self._identity = json.loads(json.dumps(identity))
    self._is_parquet = self._path.suffix.lower() == ".parquet"
    self._written = self._path
    if self._is_parquet:
      self._written = self._path.with_name(f"{self._path.name}.partial")
    self._progress = self._path.with_name(f"{self._path.name}.progress")
    if not self._path.absolute().parent.is_dir():
      raise FileNotFoundError(
        f"expected a folder at {self._path.absolute().parent}, found none; "
        "make it or give another output"
      )
    progress = None if overwrite else self._read_progress()
    self.done = progress["done"] if progress else None
    if progress:
      os.truncate(self._written, progress["bytes"])
      self._file = self._written.open("ab")
    else:
      self._file = self._written.open("wb")
      self._write([self._columns])
      self.mark(None)

  def __enter__(self) -> "Writer":
    return self

  def __exit__(self, kind, error, trace) -> None:
    self._file.close()

  def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
    """Appends rows.

    Args:
      rows: By column; what is missing is blank.
    """
    self._write([row.get(name, "") for name in self._columns] for row in rows)

  def mark(self, done: Any) -> None:
    """Notes that all rows so far stand, whatever happens from now on.

    Args:
      done: JSON value that says what they are, `done` of who goes on.
    """
    self._file.flush()
    said = {
      "identity": self._identity,
      "bytes": self._file.tell(),
      "done": done,
    }
    # In one step, so that there is always a whole one.
    new = self._progress.with_name(f"{self._progress.name}.new")
    new.write_text(json.dumps(said))
    os.replace(new, self._progress)

  def complete(self) -> None:
    """Says that there are no more rows."""
    self._file.close()
    if self._is_parquet:
      _to_parquet(self._written, self._path)
      self._written.unlink()
    self._progress.unlink()

  def discard(self) -> None:
    """Removes the table, as there is nothing to put into it."""
    self._file.close()
    self._written.unlink()
    self._progress.unlink()

  def _read_progress(self):
    if not (self._progress.exists() and self._written.exists()):
      if self._path.exists():
        raise FileExistsError(
          f"expected no file at {self._path}, as it would be replaced; give "
          "another output or --overwrite"
        )
      return None
    try:
      progress = json.loads(self._progress.read_text())
      before, _, _ = (progress[key] for key in ("identity", "bytes", "done"))
    except (KeyError, TypeError, ValueError) as error:
      raise ValueError(
        f"expected how far {self._path} has come in {self._progress}, but it "
        "does not read; begin anew with --overwrite"
      ) from error
    other = [
      key
      for key in {**before, **self._identity}
      if before.get(key) != self._identity.get(key)
    ]
    if other:
      raise FileExistsError(
        f"expected to go on with {self._path}, but it was begun with other "
        f"{', '.join(other)}; give the same, another output or --overwrite"
      )
    return progress

  def _write(self, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    self._file.write(text.getvalue().encode())


def _to_parquet(source: pathlib.Path, path: pathlib.Path) -> None:
  """Rewrites a CSV file, a part at a time."""
  with source.open(encoding="utf-8", newline="") as file:
    names = next(csv.reader(file))
  types = {name: pa.float64() for name in names}
  types |= {name: pa.int64() for name in ("frame", "face")}
  types |= {name: pa.int8() for name in names if name[2:].isdecimal()}
  options = pa_csv.ConvertOptions(column_types=types | {"input": pa.string()})
  with (
    pa_csv.open_csv(source, convert_options=options) as parts,
    parquet.ParquetWriter(path, parts.schema) as writer,
  ):
    for part in parts:
      writer.write_batch(part)
