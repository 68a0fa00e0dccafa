"""Reader of CK+, the Extended Cohn-Kanade dataset (Lucey et al. 2010).

    cohn-kanade-images/S005/001/S005_001_00000011.png
    FACS/S005/001/S005_001_00000011_facs.txt      lines "AU intensity"

A sequence goes from a neutral face to the peak of an expression. Only the peak
is coded: an AU without a line is absent, an intensity of 0 is an AU that is
present at a level that was not given, and an empty file has no AU.
"""

import pathlib
import re
from collections.abc import Sequence

import numpy as np

from aujax.data import intensities as intensities_lib
from aujax.data import table as table_lib

_LABEL_FILE = re.compile(r"(S\d+)_(\d+)_(\d+)_facs\.txt")


def read(
  root: str | pathlib.Path,
  *,
  aus: Sequence[int] | None = None,
  positive: int = 1,
  neutral: bool = False,
  labels: str = "FACS",
  images: str = "cohn-kanade-images",
) -> table_lib.Table:
  """Reads the peak frame of every sequence.

  Args:
    root: Folder that holds the labels' and the pictures' folders.
    aus: AUs to read, one column each; None reads all that occur in any file.
    positive: Least intensity, in 1 to 5, that counts as present. An AU of
      intensity 0 is present whatever this is.
    neutral: Add the first frame of each sequence, with all AUs absent.
    labels: Name of the labels' folder.
    images: Name of the pictures' folder.

  Returns:
    A table sorted by subject, sequence such as "S005/001", and frame.

  Raises:
    FileNotFoundError: If a folder or a picture is missing.
    ValueError: If a label file is malformed, naming file and line.

  Example:
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...   facs = pathlib.Path(root, "FACS/S005/001/S005_001_00000011_facs.txt")
    ...   png = pathlib.Path(
    ...     root, "cohn-kanade-images/S005/001/S005_001_00000011.png"
    ...   )
    ...   for path in (facs, png):
    ...     path.parent.mkdir(parents=True)
    ...   _ = facs.write_text("   9.0e+00   0.0e+00")
    ...   png.touch()
    ...   table = read(root, aus=(4, 9))
    >>> table.labels, table.frame
    (array([[0, 1]], dtype=int8), array([11]))
  """
  root = pathlib.Path(root)
  intensities_lib.check_positive(positive)
  rows, found = [], set()
  for path, (subject, number, frame) in _label_files(root / labels):
    codes = _read_codes(path)
    found.update(au for au, _ in codes)
    present = {au for au, level in codes if level == 0 or level >= positive}
    sequence = f"{subject}/{number}"
    coded = [(frame, present)]
    if neutral:
      first = _first_frame(root / images / sequence, frame)
      coded.insert(0, (first, set()))
    for frame, active in coded:
      key = f"{images}/{sequence}/{subject}_{number}_{frame}.png"
      rows.append((key, subject, sequence, int(frame), active))
  aus = tuple(sorted(found) if aus is None else aus)
  if not aus:
    raise ValueError(
      f"expected at least one AU to read, got none from aus or {root / labels}"
    )
  image, subject, sequence, frame, active = zip(*rows, strict=True)
  _check_pictures(root, image)
  return table_lib.Table(
    aus=aus,
    image=np.array(image, np.str_),
    labels=np.array([[au in there for au in aus] for there in active], np.int8),
    subject=np.array(subject, np.str_),
    sequence=np.array(sequence, np.str_),
    frame=np.array(frame, np.int64),
  )


def _label_files(
  folder: pathlib.Path,
) -> list[tuple[pathlib.Path, tuple[str, str, str]]]:
  """Returns label files with subject, sequence and frame from their names."""
  files = []
  for path in sorted(folder.glob("*/*/*_facs.txt")):
    match = _LABEL_FILE.fullmatch(path.name)
    if match:
      files.append((path, match.groups()))
  if not files:
    raise FileNotFoundError(
      "expected label files such as S005/001/S005_001_00000011_facs.txt in "
      f"{folder}, found none; give CK+'s root folder or the name of its labels'"
    )
  return files


def _read_codes(path: pathlib.Path) -> list[tuple[int, int]]:
  """Returns the pairs of AU and intensity of one file."""
  codes = []
  text = path.read_text(encoding="utf-8", errors="replace")
  for number, line in enumerate(text.splitlines(), 1):
    if not line.strip():
      continue
    code = _parse(line)
    if code is None:
      raise ValueError(
        "expected two numbers, an AU and an intensity of 0 to "
        f"{intensities_lib.MAX}, in {path}, line {number}, got {line[:60]!r}; "
        "correct the line or copy the file from the dataset again"
      )
    codes.append(code)
  return codes


def _parse(line: str) -> tuple[int, int] | None:
  try:
    au, intensity = map(float, line.split())
  except ValueError:
    return None
  if not (au >= 1 and au.is_integer()):
    return None
  if intensity not in range(intensities_lib.MAX + 1):
    return None
  return int(au), int(intensity)


def _first_frame(folder: pathlib.Path, peak: str) -> str:
  """Returns the digits of the sequence's first frame as in its file's name."""
  frames = [
    match[1]
    for path in folder.glob("S*.png")
    if (match := re.fullmatch(r"S\d+_\d+_(\d+)", path.stem))
  ]
  first = min(frames, key=int, default=peak)
  if int(first) >= int(peak):
    raise FileNotFoundError(
      f"expected a neutral frame before frame {peak} in {folder}, found none; "
      "copy the sequence again or read without neutral"
    )
  return first


def _check_pictures(root: pathlib.Path, keys: Sequence[str]) -> None:
  missing = [key for key in keys if not (root / key).is_file()]
  if missing:
    raise FileNotFoundError(
      f"expected {len(keys)} pictures under {root}, found no file for "
      f"{len(missing)} of them, the first is {missing[0]}; copy them from the "
      "dataset or remove their label files"
    )
