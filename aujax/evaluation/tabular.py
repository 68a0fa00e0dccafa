"""Tables of frames from disk, Parquet or CSV, with every fault named.

What a CSV holds is text until it is asked for as numbers, so that the column
and the row of what is no number can be said. Rows count from 0.
"""

import difflib
import os
import pathlib
import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from jaxtyping import Int64, Num, Shaped

_CSV = (".csv", ".csv.gz")


def read(path: str | os.PathLike) -> pa.Table:
  """Reads a file of frames.

  Args:
    path: A CSV by its name, which may be compressed, as theirs.csv.gz, and a
      Parquet file otherwise.

  Returns:
    Its columns; those of a CSV hold text.

  Raises:
    FileNotFoundError: If there is no such file.
    ValueError: If it does not read as what it is, or a column occurs twice.
  """
  path = pathlib.Path(path)
  if not path.is_file():
    raise FileNotFoundError(f"expected a file of scores, found none at {path}")
  with path.open("rb") as file:
    is_parquet = file.read(4) == b"PAR1"
  is_csv = path.name.endswith(_CSV) and not is_parquet
  table = _read_csv(path) if is_csv else _read_parquet(path)
  names = table.column_names
  if twice := [name for name in names if names.count(name) > 1]:
    raise ValueError(
      f"{path}: expected column {twice[0]!r} once, found it twice"
    )
  return table


def texts(table: pa.Table, name: str) -> Shaped[np.ndarray, " N"]:
  """A column of names.

  Args:
    table: The file.
    name: The column.

  Returns:
    `[N]` strings.

  Raises:
    ValueError: If there is no such column or a cell is empty.

  Example:
    >>> texts(pa.table({"subject": [1, 2]}), "subject").tolist()
    ['1', '2']
  """
  encoded = _column(table, name).cast(pa.string()).combine_chunks()
  missing = pc.fill_null(pc.equal(encoded, ""), True).to_numpy(False)
  if missing.any():
    raise _empty(name, missing)
  encoded = encoded.dictionary_encode()
  values = np.array(encoded.dictionary.to_pylist(), dtype=str)
  return values[encoded.indices.to_numpy(False)] if len(values) else values


def whole_numbers(table: pa.Table, name: str) -> Int64[np.ndarray, " N"]:
  """A column of whole numbers.

  Args:
    table: The file.
    name: The column.

  Returns:
    `[N]`.

  Raises:
    ValueError: If there is no such column or it holds anything else.

  Example:
    >>> whole_numbers(pa.table({"frame": ["7", "8.0"]}), "frame").tolist()
    [7, 8]
  """
  values = numbers(table, name)
  if values.dtype.kind == "f":
    fractional = ~(np.isfinite(values) & (values == np.floor(values)))
    if fractional.any():
      row = int(np.argmax(fractional))
      raise ValueError(
        f"expected whole numbers in column {name!r}, found {values[row]:g} in "
        f"row {row}"
      )
  return values.astype(np.int64)


def numbers(table: pa.Table, name: str) -> Num[np.ndarray, " N"]:
  """A column of numbers.

  Args:
    table: The file.
    name: The column.

  Returns:
    `[N]`, float64 where the file holds text.

  Raises:
    ValueError: If there is no such column, a cell is empty or is no number.

  Example:
    >>> numbers(pa.table({"AU01": ["1", " 0"]}), "AU01").tolist()
    [1.0, 0.0]
  """
  column = _column(table, name)
  if pa.types.is_dictionary(column.type):
    column = column.cast(column.type.value_type)
  if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
    column = _parse(name, column)
  if column.null_count:
    raise _empty(name, column.is_null().to_numpy())
  values = column.to_numpy()
  if values.dtype.kind not in "biuf":
    raise ValueError(
      f"expected numbers in column {name!r}, found text or another kind: "
      f"{column.type}"
    )
  return values.astype(np.int8) if values.dtype.kind == "b" else values


def nearest(name: str, names: Sequence[str]) -> str:
  """The name that was probably meant, as an error goes on to say it.

  Args:
    name: What was expected.
    names: What there is.

  Returns:
    Such as "; the nearest is 'Subject'", empty if nothing is near.

  Example:
    >>> nearest("subject", ["Frame", "Subject "])
    "; the nearest is 'Subject '"
  """
  plain = {_plain(found): found for found in reversed(names)}
  near = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=0.5)
  return f"; the nearest is {plain[near[0]]!r}" if near else ""


def _read_parquet(path):
  try:
    return pq.read_table(path, partitioning=None)
  except pa.ArrowException as error:
    raise ValueError(
      f"expected a Parquet file of scores, but {path} does not read as one; "
      "make it again, or name it .csv if that is what it is"
    ) from error


def _read_csv(path):
  try:
    with pa_csv.open_csv(path) as opened:
      names = opened.schema.names
    # Types guessed from the first rows may not hold for later ones.
    options = pa_csv.ConvertOptions(
      column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
    )
    table = pa_csv.read_csv(path, convert_options=options)
  except (pa.ArrowException, UnicodeDecodeError) as error:
    if "Empty CSV" in str(error):
      raise ValueError(
        f"expected a header and a row per frame in {path}, found an empty file"
      ) from error
    reason = str(error).strip().partition(": ")[2] or error
    raise ValueError(
      f"expected a CSV of scores, but {path} does not read as one: {reason}"
    ) from error
  if len(names) == 1 and re.search(r"[;\t]", names[0]):
    raise ValueError(
      f"{path}: expected columns parted by commas, found the single column "
      f"{names[0]!r}"
    )
  return table


def _column(table, name):
  if name not in table.column_names:
    # What is right in itself was not meant to be something else.
    names = [n for n in table.column_names if not _is_known(n)]
    raise ValueError(
      f"expected a column {name!r}, found none{nearest(name, names)}"
    )
  return table[name]


def _is_known(name):
  return re.fullmatch(
    r"subject|sequence|frame|method|fold|repeat|AU\d\d+(_score|_truth)?", name
  )


def _parse(name, column):
  """Text to float64."""
  column = pc.utf8_trim_whitespace(column)
  missing = pc.fill_null(pc.equal(column, ""), True).to_numpy()
  if missing.any():
    raise _empty(name, missing)
  try:
    return column.cast(pa.float64())
  except pa.ArrowInvalid as error:
    row, text = next(
      (row, text)
      for row, text in enumerate(column.to_pylist())
      if not _is_number(text)
    )
    raise ValueError(
      f"expected numbers in column {name!r}, found text, {text!r}, in row {row}"
    ) from error


def _is_number(text):
  try:
    pa.scalar(text).cast(pa.float64())
  except pa.ArrowInvalid:
    return False
  return True


def _empty(name, missing):
  hint = "; unknown is -1" if re.fullmatch(r"AU\d+(_truth)?", name) else ""
  return ValueError(
    f"expected a value in every row of column {name!r}, found an empty cell "
    f"in row {int(np.argmax(missing))}{hint}"
  )


def _plain(name):
  """A name without what people write differently: au1_Score is AU01_score."""
  name = re.sub(r"[^a-z0-9]", "", name.lower())
  return re.sub(r"(?<!\d)0+(?=\d)", "", name)
