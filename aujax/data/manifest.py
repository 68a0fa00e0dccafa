"""Reader of your own data: a CSV or Parquet file with a row for each picture.

    path,subject,AU01,AU12
    anna/0001.jpg,anna,0,1
    videos/ben.mp4#0,ben,1,

"ben.mp4#0" is the first picture of a video. A cell that is blank, NaN, NA, null
or None says that the label is unknown; True and False are 1 and 0. In errors,
rows count from 1, without the header.
"""

import collections
import itertools
import pathlib
import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from aujax import action_units
from aujax.data import images, intensities
from aujax.data import table as table_lib

_NEEDED = {
  "path": "write where each picture lies, as 'anna/0001.jpg' or 'ben.mp4#0'",
  "subject": "folds keep people apart, so write who each picture shows, or the "
  "picture's own name if all show different people",
}
_BLANKS = ("", "nan", "na", "null", "none")
_WORDS = {"true": 1, "false": 0}
_VIDEOS = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm")


def read(
  root: str | pathlib.Path,
  *,
  manifest: str = "manifest.csv",
  aus: Sequence[int] | None = None,
  positive: float | int | None = None,
  unknown: float | int = -1,
) -> table_lib.Table:
  r"""Reads a manifest and looks whether its pictures are there.

  Columns are found by name, in upper or lower case and in any order: "path" and
  "subject", "sequence" and "frame" where they exist, and every AU. An AU's
  column may be called "AU01", "AU1", "au_1" or "AU 1"; all others are ignored,
  "AU01_r" and "AU01_score" too.

  Where "sequence" is blank or not there, a video is a sequence, and so are a
  subject's picture files. Where "frame" is, the index in the video is the
  frame's number; without the column, picture files count from 0 within their
  sequence as they stand in the file.

  Args:
    root: Folder that paths are relative to.
    manifest: The file, relative to root: Parquet if it ends with ".parquet",
      otherwise CSV with commas in UTF-8.
    aus: AUs to read, one column each; None reads all that have a column.
    positive: Least intensity that counts as present, if the file holds
      intensities of 0 to 5. None takes 1 as present and 0 as absent.
    unknown: Another code for unknown, such as 9 or 999.

  Returns:
    A table sorted by subject, sequence and frame.

  Raises:
    FileNotFoundError: If the manifest or a picture or video is missing.
    ValueError: If the manifest is malformed, naming column and row.

  Example:
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...   pathlib.Path(root, "a.png").touch()
    ...   file = pathlib.Path(root, "manifest.csv")
    ...   _ = file.write_text("path,subject,AU 4,au_12\na.png,anna,1,\n")
    ...   table = read(root)
    >>> table.aus, table.labels
    ((4, 12), array([[ 1, -1]], dtype=int8))
  """
  root = pathlib.Path(root)
  if positive is not None and not 0 < positive <= intensities.MAX:
    raise ValueError(
      "expected positive, the least intensity that counts as present, above 0 "
      f"and at most {intensities.MAX}, got {positive}"
    )
  file = root / manifest
  rows = _read_file(file)
  columns = _au_columns(rows, aus, file)
  image = _texts(rows, "path", file)
  subject = _texts(rows, "subject", file)
  keys = [images.parse_key(key) for key in image]
  _check_files(root, keys, file)
  sequence = [
    text or (who if index is None else path)
    for text, who, (path, index) in zip(
      _texts(rows, "sequence", file), subject, keys, strict=True
    )
  ]
  names = list(zip(subject, sequence, strict=True))
  frame = _frames(rows, keys, names, file)
  _check_once(names, frame, file)
  labels = [
    _labels(rows[name], name, positive, unknown, file)
    for name in columns.values()
  ]
  table = table_lib.Table(
    aus=tuple(columns),
    image=np.array(image, np.str_),
    labels=np.stack(labels, 1),
    subject=np.array(subject, np.str_),
    sequence=np.array(sequence, np.str_),
    frame=np.array(frame, np.int64),
  )
  return table.select(np.lexsort((table.frame, table.sequence, table.subject)))


def _read_file(file: pathlib.Path) -> pa.Table:
  """Reads the file; what a CSV holds stays text."""
  if not file.is_file():
    raise FileNotFoundError(
      f"expected a CSV or Parquet file at {file}, found none; write one with "
      "the columns path, subject and AU01 ... or name yours as manifest"
    )
  try:
    if file.suffix.lower() == ".parquet":
      rows = parquet.read_table(file, partitioning=None)
    else:
      rows = _read_csv(file)
  except (pa.ArrowException, UnicodeDecodeError) as error:
    raise ValueError(
      "expected a CSV with a header, commas and UTF-8, or a Parquet file named "
      f".parquet, but {file} does not read as one: {error}"
    ) from error
  if not len(rows):
    raise ValueError(f"expected a row for each picture in {file}, got none")
  return rows


def _read_csv(file: pathlib.Path) -> pa.Table:
  with csv.open_csv(file) as opened:
    names = opened.schema.names
  # A type guessed from the first rows may not hold for later ones.
  types = dict.fromkeys(names, pa.string())
  return csv.read_csv(
    file, convert_options=csv.ConvertOptions(column_types=types)
  )


def _au_columns(
  rows: pa.Table, aus: Sequence[int] | None, file: pathlib.Path
) -> dict[int, str]:
  found = action_units.columns(rows.column_names, file=file)
  if not found:
    raise ValueError(
      "expected columns named as AU01 with the labels, and commas between the "
      f"columns, in {file}, got {rows.column_names}"
    )
  missing = [au for au in aus or () if au not in found]
  if missing:
    raise ValueError(
      f"expected a column such as {action_units.name(missing[0])} in {file}, "
      f"found those of AU {sorted(found)}; ask for these only or add it"
    )
  return {au: found[au] for au in (aus or found)}


def _texts(rows: pa.Table, name: str, file: pathlib.Path) -> list[str]:
  """Returns a column's texts; blanks without it, if it is not needed."""
  names = [column.strip().lower() for column in rows.column_names]
  if names.count(name) > 1:
    raise ValueError(
      f"expected one column {name!r} in {file}, got {rows.column_names}"
    )
  if name not in names:
    if name in _NEEDED:
      raise ValueError(
        f"expected a column {name!r} in {file}, got {rows.column_names}; "
        f"{_NEEDED[name]}"
      )
    return [""] * len(rows)
  column = rows.column(names.index(name)).cast(pa.string())
  column = pc.fill_null(pc.utf8_trim_whitespace(column), "")
  texts = ["" if text == "nan" else text for text in column.to_pylist()]
  if name in _NEEDED and "" in texts:
    raise ValueError(
      f"expected a value in every row of column {name!r} in {file}, got a "
      f"blank in row {texts.index('') + 1}; {_NEEDED[name]}"
    )
  return texts


def _check_files(
  root: pathlib.Path,
  keys: list[tuple[str, int | None]],
  file: pathlib.Path,
) -> None:
  for row, (path, index) in enumerate(keys, 1):
    if index is None and path.lower().endswith(_VIDEOS):
      raise ValueError(
        f"expected a video's path with the picture's index, as '{path}#0' for "
        f"its first, in row {row} of {file}, got {path!r}"
      )
  paths = dict.fromkeys(path for path, _ in keys)
  missing = [path for path in paths if not (root / path).is_file()]
  if missing:
    raise FileNotFoundError(
      f"expected the {len(paths)} pictures and videos of {file} under {root}, "
      f"found no file for {len(missing)} of them, the first is {missing[0]!r}; "
      "paths are relative to that folder"
    )


def _frames(
  rows: pa.Table,
  keys: list[tuple[str, int | None]],
  names: list[tuple[str, str]],
  file: pathlib.Path,
) -> list[int]:
  texts = _texts(rows, "frame", file)
  are_counted = not any(texts)
  counts, frames = collections.defaultdict(itertools.count), []
  for row, ((_, index), name, text) in enumerate(
    zip(keys, names, texts, strict=True), 1
  ):
    if not text and index is not None:
      frames.append(index)
    elif are_counted:
      frames.append(next(counts[name]))
    elif re.fullmatch(r"\d{1,18}(\.0*)?", text):
      frames.append(int(text.partition(".")[0]))
    else:
      raise ValueError(
        f"expected whole numbers of 0 or more in column 'frame' of {file}, got "
        f"{text!r} in row {row}; only frames of videos may be blank"
      )
  return frames


def _check_once(
  names: list[tuple[str, str]], frame: list[int], file: pathlib.Path
) -> None:
  """Sequences that run into each other would make no sense as events."""
  seen = {}
  for row, key in enumerate(zip(names, frame, strict=True), 1):
    if key in seen:
      (subject, sequence), number = key
      raise ValueError(
        f"expected every frame once in {file}, got frame {number} of subject "
        f"{subject!r}, sequence {sequence!r} in rows {seen[key]} and {row}; "
        "remove one, or tell them apart by a column 'sequence' or 'frame'"
      )
    seen[key] = row


def _labels(
  column: pa.ChunkedArray,
  name: str,
  positive: float | int | None,
  unknown: float | int,
  file: pathlib.Path,
) -> np.ndarray:
  """Returns int8 `[N]`. Each different text is parsed once."""
  texts = pc.fill_null(column.cast(pa.string()), "")
  encoded = texts.combine_chunks().dictionary_encode()
  which, labels = encoded.indices.to_numpy(), []
  for number, text in enumerate(encoded.dictionary.to_pylist()):
    label = _label(text, positive, unknown)
    if label is None:
      scale = "0 or 1" if positive is None else f"0 to {intensities.MAX}"
      raise ValueError(
        f"expected {scale}, a blank or {unknown:g} for unknown in column "
        f"{name!r} of {file}, got {text!r} in row "
        f"{np.argmax(which == number) + 1}; for intensities give positive, for "
        "another code give unknown"
      )
    labels.append(label)
  return np.array(labels, np.int8)[which]


def _label(
  text: str, positive: float | int | None, unknown: float | int
) -> int | None:
  """Returns 1, 0, -1, or None for a text that is no label."""
  text = text.strip().lower()
  if text in _BLANKS:
    return action_units.UNKNOWN
  try:
    value = float(_WORDS.get(text, text))
  except ValueError:
    return None
  if value == unknown:
    return action_units.UNKNOWN
  if positive is None:
    return int(value) if value in (0, 1) else None
  return int(value >= positive) if 0 <= value <= intensities.MAX else None
