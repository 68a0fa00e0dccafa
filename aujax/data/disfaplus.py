"""Reader of DISFA+ (Mavadati et al. 2016): posed expressions, by trial.

    Labels/SN001/<trial>/AU1.txt    lines "000.jpg 0", comments begin with #
    Images/SN001/<trial>/000.jpg

Intensities go from 0 to 5, as in DISFA.
"""

import pathlib
import re
from collections.abc import Sequence

import numpy as np

from aujax import action_units
from aujax.data import intensities as intensities_lib
from aujax.data import table as table_lib

_LINE = re.compile(
  r"(?P<name>\S*?(?P<frame>\d{1,18})\.\w+)\s+(?P<level>[0-5])", re.A
)


def read(
  root: str | pathlib.Path,
  *,
  aus: Sequence[int] = action_units.DISFA,
  positive: int = 2,
  labels: str = "Labels",
  images: str = "Images",
) -> table_lib.Table:
  r"""Reads the labels of all trials.

  The nine subjects are nine of DISFA's 27: SN001, 003, 004, 007, 009, 010, 013,
  025 and 027. They keep their names, so folds by subject put both recordings of
  a person on the same side; a model that was trained on all of DISFA knows the
  people of DISFA+.

  Args:
    root: Folder that holds the labels' and the pictures' folders.
    aus: AUs to read, one column each; those of DISFA_ALL are coded.
    positive: Least intensity, in 1 to 5, that counts as present.
    labels: Name of the labels' folder.
    images: Name of the pictures' folder.

  Returns:
    A table sorted by subject and trial. A sequence is such as
    "SN001/A1_AU1_TrailNo_1" and a frame's number is the one in its file's name.

  Raises:
    FileNotFoundError: If a folder or a label file is missing.
    ValueError: If a label file is malformed, naming file and line.

  Example:
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...   folder = pathlib.Path(root, "Labels", "SN001", "A1")
    ...   folder.mkdir(parents=True)
    ...   _ = (folder / "AU12.txt").write_text("# intensity\n000.jpg  4")
    ...   table = read(root, aus=(12,))
    >>> table.image, table.labels
    (array(['Images/SN001/A1/000.jpg'], dtype='<U23'), array([[1]], dtype=int8))
  """
  root = pathlib.Path(root)
  if not aus:
    raise ValueError("expected at least one AU to read, got none")
  intensities_lib.check_positive(positive)
  tables = []
  for trial in _trials(root / labels):
    subject = trial.parent.name
    names, frames, intensities = _read_trial(trial, aus)
    keys = [f"{images}/{subject}/{trial.name}/{name}" for name in names]
    tables.append(
      table_lib.Table(
        aus=tuple(aus),
        image=np.array(keys),
        labels=(intensities >= positive).astype(np.int8),
        subject=np.full(len(keys), subject),
        sequence=np.full(len(keys), f"{subject}/{trial.name}"),
        frame=frames,
      )
    )
  return table_lib.concatenate(tables)


def _trials(folder: pathlib.Path) -> list[pathlib.Path]:
  trials = [path.parent for path in folder.glob("[!.]*/[!.]*/AU*.txt")]
  if not trials:
    raise FileNotFoundError(
      f"expected label files such as SN001/<trial>/AU1.txt in {folder}, found "
      "none; give DISFA+'s root folder or the name of its labels' folder"
    )
  return sorted(set(trials))


def _read_trial(
  trial: pathlib.Path, aus: Sequence[int]
) -> tuple[list[str], np.ndarray, np.ndarray]:
  """Returns `(names [N], frames [N], intensities [N, T])`."""
  paths = [trial / f"AU{au}.txt" for au in aus]
  files = [_read_file(path) for path in paths]
  first = [(name, frame) for name, frame, _ in files[0]]
  for path, lines in zip(paths, files, strict=True):
    if [(name, frame) for name, frame, _ in lines] != first:
      raise ValueError(
        f"expected the same pictures in {paths[0]} and {path}, got "
        f"{len(first)} and {len(lines)} lines or other names; copy both from "
        "the dataset again"
      )
  names, frames = zip(*first, strict=True)
  levels = [[level for _, _, level in lines] for lines in files]
  return list(names), np.array(frames, np.int64), np.array(levels).T


def _read_file(path: pathlib.Path) -> list[tuple[str, int, int]]:
  """Returns `(name, frame, intensity)` for each picture."""
  if not path.is_file():
    raise FileNotFoundError(
      f"expected labels in {path}, found no such file; ask for other AUs or "
      "add it"
    )
  lines = []
  text = path.read_text(encoding="utf-8", errors="replace")
  for number, line in enumerate(text.splitlines(), 1):
    line = line.strip()
    if not line or line.startswith("#"):
      continue
    match = _LINE.fullmatch(line)
    if not match:
      raise ValueError(
        "expected a picture and an intensity of 0 to 5, such as '000.jpg 0', "
        f"in {path}, line {number}, got {line[:60]!r}; correct the line or "
        "copy the file from the dataset again"
      )
    lines.append((match["name"], int(match["frame"]), int(match["level"])))
  if not lines:
    raise ValueError(
      f"expected lines such as '000.jpg 0' in {path}, got none; copy it from "
      "the dataset again"
    )
  return lines
