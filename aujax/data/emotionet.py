"""Reader of EmotioNet (Benitez-Quiroz et al. 2016), single pictures of the web.

    EmotioNet_FACS_aws_2020_24600.csv           coded by experts
    emotioNet_challenge_files_server_challenge_1.2_aws/*.txt    by an algorithm
    images/N_0000000356_00190.jpg               downloaded, named as in the URL

The experts' file has columns "URL" and "'AU 1'", quotes and all; a line of the
automatic files holds two URLs and 60 values, AU 1 to AU 60. Values are 1, 0 and
999 for unknown, as is a blank.
"""

import csv
import os
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np

from aujax import action_units
from aujax.data import table as table_lib

EXPERT = "EmotioNet_FACS_aws_2020_24600.csv"
AUTOMATIC = "emotioNet_challenge_files_server_challenge_1.2_aws"

_NUM_AUTOMATIC = 60
_LABELS = {1.0: 1, 0.0: 0, 999.0: action_units.UNKNOWN}
_QUOTES = " \t'\""

# Where it stands, the URL, and the cells of the AUs that are asked for.
_Row = tuple[str, str, list[str]]


def read(
  root: str | pathlib.Path,
  *,
  aus: Sequence[int] = action_units.EMOTIONET,
  labels: str = EXPERT,
  images: str = "images",
  skip_missing: bool = False,
) -> table_lib.Table:
  r"""Reads the labels of all pictures that a file or a folder lists.

  Args:
    root: Folder that holds the labels and the pictures' folder.
    aus: AUs to read, one column each.
    labels: `EXPERT`, `AUTOMATIC` or another name: a file ".csv" is read as the
      experts', a file ".txt" or a folder of such files as automatic.
    images: Name of the folder that holds all pictures.
    skip_missing: Leave out pictures that are not in the folder, as many URLs
      lead nowhere today. Otherwise they are an error that says how many.

  Returns:
    A table in the order of the files. Who is seen is not known, so each picture
    is its own subject and sequence, of which it is frame 0. The same person may
    so be on both sides of a fold.

  Raises:
    FileNotFoundError: If labels or, unless they are skipped, pictures are
      missing.
    ValueError: If labels are malformed, naming file and line.

  Example:
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...   file = pathlib.Path(root, "a.csv")
    ...   _ = file.write_text("URL,'AU 1'\n'http://a.b/N_1.jpg',999\n")
    ...   pathlib.Path(root, "N_1.jpg").touch()
    ...   table = read(root, aus=(1,), labels=file.name, images=".")
    >>> table.subjects, table.labels
    (['N_1'], array([[-1]], dtype=int8))
  """
  root = pathlib.Path(root)
  if not aus:
    raise ValueError("expected at least one AU to read, got none")
  path = root / labels
  is_expert = path.suffix.lower() == ".csv"
  rows = _expert_rows(path, aus) if is_expert else _automatic_rows(path, aus)
  names, values = [], []
  for where, url, cells in rows:
    names.append(_file_name(url, where))
    values.append([_label(cell, where) for cell in cells])
  if not names:
    raise ValueError(f"expected a line for each picture in {path}, got none")
  kept = _kept_rows(root / images, names, skip_missing)
  names = [names[row] for row in kept]
  stems = np.array([os.path.splitext(name)[0] for name in names], np.str_)
  return table_lib.Table(
    aus=tuple(aus),
    image=np.array([f"{images}/{name}" for name in names], np.str_),
    labels=np.array(values, np.int8)[kept],
    subject=stems,
    sequence=stems,
    frame=np.zeros(len(names), np.int64),
  )


def _expert_rows(path: pathlib.Path, aus: Sequence[int]) -> Iterator[_Row]:
  if not path.is_file():
    raise FileNotFoundError(
      f"expected the experts' labels in {path}, found no such file; if yours "
      "is an .xlsx, export it as CSV from a spreadsheet"
    )
  with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
    reader = csv.reader(file)
    header = next(reader, [])
    columns = action_units.columns(header, file=path)
    names = [name.strip(_QUOTES).lower() for name in header]
    missing = [action_units.name(au) for au in aus if au not in columns]
    if "url" not in names or missing:
      raise ValueError(
        f"expected the columns URL and those of the AUs in {path}, found "
        f"none for {missing or 'URL'}; ask for AU {sorted(columns)} or export "
        "the file again"
      )
    url = names.index("url")
    places = [header.index(columns[au]) for au in aus]
    for row in reader:
      where = f"{path}, line {reader.line_num}"
      if not any(row):
        continue
      if len(row) != len(header):
        raise ValueError(
          f"expected {len(header)} columns as in the header in {where}, got "
          f"{len(row)}; export the file again"
        )
      yield where, row[url], [row[place] for place in places]


def _automatic_rows(path: pathlib.Path, aus: Sequence[int]) -> Iterator[_Row]:
  files = sorted(path.glob("[!.]*.txt")) if path.is_dir() else [path]
  if not files or not files[0].is_file() or files[0].suffix != ".txt":
    raise FileNotFoundError(
      f"expected labels in {path}, a .csv, a .txt or a folder of .txt files, "
      "found none; an .xlsx is to be exported as CSV"
    )
  wrong = [au for au in aus if not 1 <= au <= _NUM_AUTOMATIC]
  if wrong:
    raise ValueError(
      f"expected AUs of 1 to {_NUM_AUTOMATIC}, got {wrong[0]}; the automatic "
      "files have no others"
    )
  for file in files:
    with file.open(encoding="utf-8", errors="replace") as lines:
      for number, line in enumerate(lines, 1):
        where = f"{file}, line {number}"
        fields = line.split()
        if not fields:
          continue
        if len(fields) < 2 + _NUM_AUTOMATIC:
          raise ValueError(
            f"expected two URLs and {_NUM_AUTOMATIC} values in {where}, got "
            f"{len(fields)} fields; copy the file from the dataset again"
          )
        # From the right, as the second URL may have spaces.
        cells = fields[-_NUM_AUTOMATIC:]
        yield where, fields[0], [cells[au - 1] for au in aus]


def _file_name(url: str, where: str) -> str:
  name = url.strip(_QUOTES).rpartition("/")[2]
  if not name:
    raise ValueError(
      f"expected a URL that ends with a picture's name in {where}, got {url!r}"
    )
  return name


def _label(cell: str, where: str) -> int:
  try:
    return _LABELS[float(cell.strip(_QUOTES) or 999)]
  except (KeyError, ValueError) as error:
    raise ValueError(
      f"expected 1, 0 or 999 for unknown in {where}, got {cell!r}; correct it "
      "or copy the file from the dataset again"
    ) from error


def _kept_rows(
  folder: pathlib.Path, names: list[str], skip_missing: bool
) -> list[int]:
  if not folder.is_dir():
    raise FileNotFoundError(
      f"expected the downloaded pictures in {folder}, found no such folder"
    )
  # One listing: asking for each of a million files would take minutes.
  there = set(os.listdir(folder))
  kept = [row for row, name in enumerate(names) if name in there]
  if not kept or (len(kept) < len(names) and not skip_missing):
    first = next(name for name in names if name not in there)
    raise FileNotFoundError(
      f"expected {len(names)} pictures in {folder}, found no file for "
      f"{len(names) - len(kept)} of them, the first is {first}; download them, "
      "or leave these out with skip_missing"
    )
  return kept
