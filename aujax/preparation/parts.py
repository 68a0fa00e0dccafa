"""Part files: what became of each row of a unit, in the order of its rows.

A part is an Arrow file with the columns "image", the encoded face or null, and
"reason", null or why there is none. It appears when it is complete.
"""

import functools
import itertools
import os
import pathlib
import uuid
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from aujax.data import records
from aujax.preparation import crops as crops_lib
from aujax.preparation import units as units_lib

_SCHEMA = pa.schema([("image", pa.binary()), ("reason", pa.string())])
# Rows that are written, and told as progress, at a time.
_BATCH = 32
# Parts that are open at a time.
_OPEN = 64
_PROGRESS = "progress"


def path(folder: pathlib.Path, number: int) -> pathlib.Path:
  """Where the part of a unit is, or will be."""
  return folder / f"{number:06d}.arrow"


def write(
  folder: pathlib.Path,
  number: int,
  crops: Iterable[crops_lib.Crop],
  encoding: str,
) -> None:
  """Writes the part of a unit.

  Args:
    folder: That of the parts.
    number: The unit's.
    crops: What became of each of its rows.
    encoding: As in the records' mark.
  """
  final = path(folder, number)
  # No other process has this name, even if it does the same unit.
  begun = final.with_suffix(f".{uuid.uuid4().hex}")
  crops = iter(crops)
  with (
    begun.open("wb") as file,
    (folder / _PROGRESS).open("ab", buffering=0) as progress,
  ):
    with pa.ipc.new_file(file, _SCHEMA) as writer:
      while some := list(itertools.islice(crops, _BATCH)):
        rows = [_row(crop, encoding) for crop in some]
        writer.write(pa.RecordBatch.from_pylist(rows, _SCHEMA))
        progress.write(b"." * len(some))
    os.fsync(file.fileno())
  os.replace(begun, final)


def clear(folder: pathlib.Path, units: Sequence[units_lib.Unit]) -> None:
  """Removes what an interrupted process began.

  Args:
    folder: That of the parts, made if it is missing.
    units: All units.
  """
  folder.mkdir(parents=True, exist_ok=True)
  for begun in _begun(folder):
    begun.unlink()
  done = sum(len(u.rows) for u in units if path(folder, u.number).exists())
  (folder / _PROGRESS).write_bytes(b"." * done)


def rows_done(folder: pathlib.Path) -> int:
  """Counts the rows that are done, those of unfinished units as well."""
  return (folder / _PROGRESS).stat().st_size


def begun(folder: pathlib.Path) -> list[int]:
  """Numbers of units that were begun and not finished."""
  return sorted({int(path.stem) for path in _begun(folder)})


def read(folder: pathlib.Path, number: int) -> pa.Table:
  """Maps a unit's part into memory; nothing is read before it is needed."""
  return pa.ipc.open_file(pa.memory_map(str(path(folder, number)))).read_all()


def reasons(
  folder: pathlib.Path, units: Sequence[units_lib.Unit], num_rows: int
) -> list[str | None]:
  """Tells of each row of the table why it has no picture; None if it has one.

  Args:
    folder: That of the parts.
    units: All units.
    num_rows: Of the table.

  Returns:
    One entry for each row.
  """
  found = [None] * num_rows
  for unit in units:
    values = read(folder, unit.number)["reason"].to_pylist()
    for row, reason in zip(unit.rows.tolist(), values, strict=True):
      found[row] = reason
  return found


def pictures(
  folder: pathlib.Path,
  units: Sequence[units_lib.Unit],
  rows: Sequence[int] | np.ndarray,
) -> Iterator[bytes]:
  """Takes encoded pictures out of the parts.

  Args:
    folder: That of the parts.
    units: All units.
    rows: Rows of the table that have a picture, in any order.

  Yields:
    The picture of each row.
  """
  places = np.zeros((sum(len(u.rows) for u in units), 2), np.int64)
  for unit in units:
    places[unit.rows, 0] = unit.number
    places[unit.rows, 1] = np.arange(len(unit.rows))
  opened = functools.lru_cache(_OPEN)(functools.partial(read, folder))
  for number, place in places[rows].tolist():
    yield opened(number)["image"][place].as_py()


def _row(crop: crops_lib.Crop, encoding: str) -> dict[str, str | bytes]:
  if isinstance(crop, str):
    return {"reason": crop}
  return {"image": records.encode(crop, encoding)}


def _begun(folder: pathlib.Path) -> list[pathlib.Path]:
  """Unfinished parts: their suffix is a hash."""
  return list(folder.glob("[0-9]*." + "[0-9a-f]" * 32))
