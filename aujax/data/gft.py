"""Reader of GFT (Girard et al. 2017), brought to one CSV file per participant.

    labels/<subject>.csv            one row for each frame, a header
    images/<subject>/<frame>.jpg

How GFT lies on disk is not described in public and this was not tried on it.
Therefore all names and the code for unknown are options, and a code that is not
known here is refused rather than guessed.
"""

import csv
import pathlib
import re
from collections.abc import Sequence

import numpy as np

from aujax import action_units
from aujax.data import table as table_lib

# Level A, a trace, is not coded in GFT.
CODES = {"0": 0, "1": 1, "B": 1, "C": 1, "D": 1, "E": 1}


def read(
  root: str | pathlib.Path,
  *,
  aus: Sequence[int] = action_units.BP4D,
  labels: str = "labels",
  images: str = "images/{subject}/{frame}.jpg",
  frame: str = "Frame",
  column: str = "AU{au}",
  unknown: str = "",
) -> table_lib.Table:
  r"""Reads the label files of all participants.

  Args:
    root: Folder that holds the labels' folder and the pictures.
    aus: AUs to read, one column each; by default those of Chu et al. 2019.
    labels: Folder of the label files, `<subject>.csv`.
    images: Where pictures lie under root, with {subject} and one of {frame},
      the frame's number, and {index}, the one before; "{subject}.mp4#{index}"
      takes them from a video. Formats such as {frame:05d} are understood.
    frame: Header of the column with the frame's number.
    column: Header of an AU's column, with {au}, its number.
    unknown: What stands where a label is unknown, beside nothing at all.

  Returns:
    A table sorted by subject, in each file's order. An AU is present at
    intensity B or above, or where it is 1. A sequence is a subject's one file.

  Raises:
    FileNotFoundError: If there are no label files.
    ValueError: If a file lacks a column or has an unknown code, naming both.

  Example:
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...   folder = pathlib.Path(root, "labels")
    ...   folder.mkdir()
    ...   _ = (folder / "S1.csv").write_text("Frame,AU1,AU2\n7,C,-9")
    ...   table = read(root, aus=(1, 2), unknown="-9")
    >>> table.image, table.labels
    (array(['images/S1/7.jpg'], dtype='<U15'), array([[ 1, -1]], dtype=int8))
  """
  root = pathlib.Path(root)
  _check_options(aus, images, column)
  paths = sorted((root / labels).glob("[!.]*.csv"))
  if not paths:
    raise FileNotFoundError(
      f"expected label files <subject>.csv in {root / labels}, found none; "
      "give the name of the labels' folder"
    )
  codes = {**CODES, "": action_units.UNKNOWN, unknown: action_units.UNKNOWN}
  columns = [column.format(au=au) for au in aus]
  tables = []
  for path in paths:
    frames, values = _read_file(path, frame, columns, codes)
    subject = np.full(len(frames), path.stem)
    keys = [
      images.format(subject=path.stem, frame=number, index=number - 1)
      for number in frames.tolist()
    ]
    tables.append(
      table_lib.Table(
        aus=tuple(aus),
        image=np.array(keys, np.str_),
        labels=values,
        subject=subject,
        sequence=subject,
        frame=frames,
      )
    )
  return table_lib.concatenate(tables)


def _check_options(aus: Sequence[int], images: str, column: str) -> None:
  if not aus:
    raise ValueError("expected at least one AU to read, got none")
  try:
    images.format(subject="S1", frame=1, index=0)
  except (KeyError, IndexError, ValueError) as error:
    raise ValueError(
      "expected images with the fields {subject}, {frame} and {index} only, "
      f"got {images!r}"
    ) from error
  if not re.fullmatch(r"[^{}]*{au(:[^{}]*)?}[^{}]*", column):
    raise ValueError(
      "expected column with the field {au}, such as 'AU{au}', got "
      f"{column!r}"
    )


def _read_file(
  path: pathlib.Path,
  frame: str,
  columns: Sequence[str],
  codes: dict[str, int],
) -> tuple[np.ndarray, np.ndarray]:
  """Returns `(frames [N], labels [N, T])`."""
  frames, rows = [], []
  with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
    reader = csv.DictReader(file, restval="(no cell)")
    header = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = header
    lacking = [name for name in (frame, *columns) if header.count(name) != 1]
    if lacking:
      raise ValueError(
        f"expected each of the columns {lacking} once in {path}, got the "
        f"header {header}; name them with frame and column or ask for other AUs"
      )
    for row in reader:
      cells = [row[name].strip() for name in columns]
      wrong = [cell for cell in cells if cell not in codes]
      if wrong or not re.fullmatch(r"\d{1,18}", row[frame].strip()):
        raise ValueError(
          f"expected a frame number and codes of {sorted(codes)} in {path}, "
          f"line {reader.line_num}, got frame {row[frame]!r} and codes "
          f"{cells}; give what stands for unknown with unknown"
        )
      frames.append(int(row[frame]))
      rows.append([codes[cell] for cell in cells])
  labels = np.array(rows, np.int8).reshape(len(rows), len(columns))
  return np.array(frames, np.int64), labels
