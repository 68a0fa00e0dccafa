"""Reader of BP4D (Zhang et al. 2014), BP4D+ (Zhang et al. 2016) and FERA 2015.

    AUCoding/AU_OCC/F001_T1.csv             the frame, then a column for each AU
    AUCoding/AU_INT/AU06/F001_T1_AU06.csv   lines "frame,intensity"
    F001/T1/2440.jpg

A part of each task is coded, so frames begin at any number. 9 means unknown.
BP4D has a column for every number and BP4D+ leaves some out, so a column's AU
is the one in its header.
"""

import csv
import pathlib
import re
from collections.abc import Iterator, Sequence

import numpy as np

from aujax import action_units
from aujax.data import intensities
from aujax.data import table as table_lib

_CODED_UNKNOWN = 9
_SEQUENCE = r"(?P<subject>[^._]+)_(?P<task>T\d+)"


def read(
  root: str | pathlib.Path,
  *,
  aus: Sequence[int] = action_units.BP4D,
  positive: int | None = None,
  labels: str = "AUCoding",
  images: str = "{subject}/{task}/{frame}.jpg",
  occlusion: str | None = None,
  skip_missing: bool = False,
) -> table_lib.Table:
  r"""Reads the labels of all sequences and finds their pictures.

  BP4D and BP4D+ name their subjects alike, from F001 on, and nothing says that
  equal names are one person: rename those of one before both become one table.

  Args:
    root: Folder that holds the labels' folder and the pictures.
    aus: AUs to read, one column each.
    positive: None reads whether an AU occurs. A number, 1 to 5, reads
      intensities and is the least that counts as present; they are coded for
      AU 6, 10, 12, 14 and 17.
    labels: Folder that holds AU_OCC and AU_INT, or label files itself.
    images: Where pictures lie under root. The file's name has {frame}, or
      {index} if pictures have the number before the one in the labels (said of
      BP4D+). Leading zeros do not matter: 0732.jpg and 732.jpg are both 732.
    occlusion: Header of a column that has 1 where the face is occluded; all
      labels of such a frame become unknown.
    skip_missing: Leave out coded frames that have no picture. Otherwise they
      are an error that says how many there are.

  Returns:
    A table sorted by subject, task and frame. A sequence is such as "F001_T1".

  Raises:
    FileNotFoundError: If a folder or a label file is missing, if all pictures
      are or, unless they are skipped, any.
    ValueError: If a label file is malformed, naming file and line.

  Example:
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...   labels = pathlib.Path(root, "AUCoding", "AU_OCC")
    ...   labels.mkdir(parents=True)
    ...   _ = (labels / "F001_T1.csv").write_text("0,1,2\n732,1,9")
    ...   pictures = pathlib.Path(root, "F001", "T1")
    ...   pictures.mkdir(parents=True)
    ...   _ = (pictures / "0732.jpg").write_bytes(b"")
    ...   table = read(root, aus=(1, 2))
    >>> table.image, table.labels
    (array(['F001/T1/0732.jpg'], dtype='<U16'), array([[ 1, -1]], dtype=int8))
  """
  root = pathlib.Path(root)
  _check_options(aus, positive, images, occlusion)
  if positive is None:
    folder = _label_folder(root / labels, "AU_OCC")
    sequences = _read_occurrences(folder, aus, occlusion)
  else:
    folder = _label_folder(root / labels, "AU_INT")
    sequences = _read_intensities(folder, aus, positive)
  tables = []
  for subject, task, frames, values in sequences:
    tables.append(
      table_lib.Table(
        aus=tuple(aus),
        image=_find_pictures(root, images, subject, task, frames),
        labels=values,
        subject=np.full(len(frames), subject),
        sequence=np.full(len(frames), f"{subject}_{task}"),
        frame=frames,
      )
    )
  table = table_lib.concatenate(tables)
  return _with_pictures(table, root / images, skip_missing)


def _check_options(
  aus: Sequence[int],
  positive: int | None,
  images: str,
  occlusion: str | None,
) -> None:
  if not aus:
    raise ValueError("expected at least one AU to read, got none")
  if positive is not None and not 1 <= positive <= intensities.MAX:
    raise ValueError(
      f"expected positive, the least intensity that counts as present, in 1 "
      f"to {intensities.MAX}, or None for occurrences, got {positive}"
    )
  if positive is not None and occlusion is not None:
    raise ValueError(
      "expected occlusion for occurrences only, whose files have more than one "
      f"column, got {occlusion!r} and positive={positive}"
    )
  fields = re.findall(r"{.*?}", images)
  number = re.findall(r"{(?:frame|index)}", images.rpartition("/")[2])
  if len(number) != 1 or set(fields) - {*number, "{subject}", "{task}"}:
    raise ValueError(
      "expected images with one of {frame} and {index}, once, in the file's "
      f"name, and no other fields than {{subject}} and {{task}}, got {images!r}"
    )


def _label_folder(folder: pathlib.Path, name: str) -> pathlib.Path:
  if not folder.is_dir():
    raise FileNotFoundError(
      f"expected labels in {folder}, found no such folder; give BP4D's root "
      "folder or the name of its labels' folder"
    )
  return folder / name if (folder / name).is_dir() else folder


def _sequences(
  folders: Sequence[pathlib.Path], suffix: str
) -> list[tuple[str, str]]:
  """Returns the `(subject, task)` of all label files, T10 behind T9."""
  names = {
    path.name
    for folder in folders
    if folder.is_dir()
    for path in folder.iterdir()
  }
  matches = [re.fullmatch(_SEQUENCE + suffix, name) for name in names]
  found = {(match["subject"], match["task"]) for match in matches if match}
  if not found:
    raise FileNotFoundError(
      "expected label files such as F001_T1.csv or F001_T1_AU06.csv in "
      f"{folders[0]}, found none; give the name of the labels' folder or ask "
      "for other AUs"
    )
  return sorted(found, key=lambda pair: (pair[0], int(pair[1][1:])))


def _read_occurrences(
  folder: pathlib.Path, aus: Sequence[int], occlusion: str | None
) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
  """Yields `(subject, task, frames [N], labels [N, T])`."""
  wanted = [str(au) for au in aus]
  if occlusion is not None:
    wanted.append(_plain(occlusion))
  for subject, task in _sequences([folder], r"\.csv"):
    path = folder / f"{subject}_{task}.csv"
    frames, codes = _read_codes(path, wanted, {0, 1, _CODED_UNKNOWN})
    values = np.where(codes == _CODED_UNKNOWN, action_units.UNKNOWN, codes)
    if occlusion is not None:
      values[codes[:, -1] == 1] = action_units.UNKNOWN
    yield subject, task, frames, values[:, : len(aus)]


def _read_intensities(
  folder: pathlib.Path, aus: Sequence[int], positive: int
) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
  """Yields `(subject, task, frames [N], labels [N, T])`."""
  names = [action_units.name(au) for au in aus]
  allowed = {*range(intensities.MAX + 1), _CODED_UNKNOWN}
  folders = [folder / name for name in names]
  for subject, task in _sequences(folders, r"_AU\d+\.csv"):
    paths = [folder / n / f"{subject}_{task}_{n}.csv" for n in names]
    read_files = [_read_codes(path, None, allowed) for path in paths]
    first = read_files[0][0]
    for path, (frames, _) in zip(paths, read_files, strict=True):
      if not np.array_equal(first, frames):
        raise ValueError(
          f"expected the same frames in {paths[0]} and {path}, got "
          f"{len(first)} and {len(frames)} rows or other numbers; copy both "
          "from the dataset again"
        )
    codes = np.concatenate([codes for _, codes in read_files], 1)
    values = np.where(
      codes == _CODED_UNKNOWN, action_units.UNKNOWN, codes >= positive
    )
    yield subject, task, first, values


def _read_codes(
  path: pathlib.Path, wanted: Sequence[str] | None, allowed: set[int]
) -> tuple[np.ndarray, np.ndarray]:
  """Reads the frame numbers, which are the first column, and other columns.

  Args:
    path: A file of comma separated values.
    wanted: Headers of the columns to read; None reads the second column of a
      file that has no header.
    allowed: Codes that a column may have.

  Returns:
    `(frames [N], codes [N, columns])`.
  """
  if not path.is_file():
    raise FileNotFoundError(
      f"expected labels in {path}, found no such file; ask for other AUs or "
      "add it"
    )
  allowed_texts = {str(code): code for code in sorted(allowed)}
  frames, rows, last = [], [], -1
  with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
    reader = csv.reader(file)
    columns = (
      [1] if wanted is None else _columns(path, next(reader, []), wanted)
    )
    for row in reader:
      if not row:
        continue
      cells = [cell.strip() for cell in row]
      fault = None
      if len(cells) <= max(columns):
        fault = f"{max(columns) + 1} columns or more"
      elif not re.fullmatch(r"\d{1,18}", cells[0]) or int(cells[0]) <= last:
        fault = f"a frame number above {last}"
      elif not {cells[column] for column in columns} <= set(allowed_texts):
        fault = f"codes of {', '.join(allowed_texts)}"
      if fault:
        raise ValueError(
          f"expected {fault} in {path}, line {reader.line_num}, got "
          f"{','.join(row)[:60]!r}; correct the line or copy the file from the "
          "dataset again"
        )
      last = int(cells[0])
      frames.append(last)
      rows.append([allowed_texts[cells[column]] for column in columns])
  if not rows:
    raise ValueError(
      f"expected coded frames in {path}, got none; copy it from the dataset "
      "again"
    )
  return np.array(frames, np.int64), np.array(rows, np.int8)


def _columns(
  path: pathlib.Path, header: Sequence[str], wanted: Sequence[str]
) -> list[int]:
  # The first column has the frame, whatever its header is.
  plain = [None, *(_plain(text) for text in header[1:])]
  for name in wanted:
    if plain.count(name) != 1:
      raise ValueError(
        f"expected one column {name!r} in {path}, got the header {header}; ask "
        "for what is there"
      )
  return [plain.index(name) for name in wanted]


def _plain(header: str) -> str:
  """Returns "1" for any of "1", "AU1" and "AU01"."""
  return re.sub(r"^\s*(AU)?\s*0*(?=\d)", "", header, flags=re.I).strip()


def _find_pictures(
  root: pathlib.Path, images: str, subject: str, task: str, frames: np.ndarray
) -> np.ndarray:
  """Returns the keys `[N]` of a sequence's pictures, "" where there is none."""
  folder, _, name = images.rpartition("/")
  fields = {"subject": subject, "task": task}
  folder = pathlib.PurePosixPath(folder.format(**fields))
  before, field, after = re.split(r"{(frame|index)}", name)
  before, after = before.format(**fields), after.format(**fields)
  pattern = re.compile(
    re.escape(before) + r"(\d+)" + re.escape(after), re.I | re.A
  )
  found = {}
  for path in (root / folder).iterdir() if (root / folder).is_dir() else ():
    match = pattern.fullmatch(path.name)
    if not match:
      continue
    frame = int(match[1]) + (field == "index")
    if frame in found:
      raise ValueError(
        f"expected one picture of frame {frame} in {root / folder}, got "
        f"{path.name} and {found[frame].name}; remove one"
      )
    found[frame] = folder / path.name
  return np.array([str(found.get(f, "")) for f in frames.tolist()], np.str_)


def _with_pictures(
  table: table_lib.Table, images: pathlib.Path, skip_missing: bool
) -> table_lib.Table:
  lacking = np.flatnonzero(table.image == "")
  if len(lacking) == len(table) or (len(lacking) and not skip_missing):
    first = lacking[0]
    raise FileNotFoundError(
      f"expected a picture of each of {len(table)} coded frames at {images}, "
      f"found none for {len(lacking)} of them, the first being frame "
      f"{table.frame[first]} of {table.sequence[first]}; unpack the pictures, "
      "give their place with images, or leave such frames out with skip_missing"
    )
  return table.select(table.image != "")
