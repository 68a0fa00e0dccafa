"""Reader of DISFA (Mavadati et al. 2013) and of data written in its layout.

    Videos_LeftCamera/LeftVideoSN001_comp.avi
    ActionUnit_Labels/SN001/SN001_au1.txt      lines "frame,intensity"
    Landmark_Points/SN001/.../SN001_0000_lm.mat

Frames count from 1, landmark files from 0, and intensities go from 0 to 5.
"""

import pathlib
import re
import zlib
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float32, Int64
from scipy import io

from aujax import action_units
from aujax.data import intensities as intensities_lib
from aujax.data import table as table_lib

_LANDMARKS, _POINTS = "Landmark_Points", 66
_LANDMARK_FILE = re.compile(r"(?P<subject>.+)_(?P<number>\d+)_lm\.mat", re.I)
_LABEL_FILE = re.compile(r"(?P<subject>.+)_au0*(?P<au>\d+)\.txt", re.I)


def read(
  root: str | pathlib.Path,
  *,
  aus: Sequence[int] = action_units.DISFA,
  camera: str = "left",
  positive: int = 2,
  labels: str = "ActionUnit_Labels",
  truth: str = "Truth",
  images: str | None = None,
) -> table_lib.Table:
  """Reads the labels of all subjects and finds their pictures.

  Subjects are the folders found, and a file's AU is the one in its name. SN010
  has one row of labels less than the others; frames of a video beyond the last
  row are not in the table.

  Args:
    root: Folder that holds the labels' and the videos' folders.
    aus: AUs to read, one column each.
    camera: "left" or "right". Both spellings of the folder, as in
      "Videos_LeftCamera" and "Video_LeftCamera", are accepted.
    positive: Least intensity, in 1 to 5, that counts as present. The published
      three-fold results on DISFA use 2.
    labels: Name of the labels' folder.
    truth: Name of a folder of the same form with labels that are known to be
      right; it is read where it exists.
    images: Where pictures lie if they were extracted from the videos: a format
      string under root such as "faces/{subject}/{index}.png", in which {frame}
      counts from 1 and {index} from 0. None takes them from the videos.

  Returns:
    A table sorted by subject and frame. A sequence is a subject's one video.

  Raises:
    FileNotFoundError: If a folder, a label file or a video is missing.
    ValueError: If a label file is malformed, naming file and line.

  Example:
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...   folder = pathlib.Path(root, "ActionUnit_Labels", "SN001")
    ...   folder.mkdir(parents=True)
    ...   _ = (folder / "SN001_au12.txt").write_text("1,4")
    ...   table = read(root, aus=(12,), images="{subject}/{frame:04d}.jpg")
    >>> table.image, table.labels
    (array(['SN001/0001.jpg'], dtype='<U14'), array([[1]], dtype=int8))
  """
  root = pathlib.Path(root)
  if not root.is_dir():
    raise FileNotFoundError(
      f"expected DISFA's folder at {root}, found no such folder; give the one "
      f"that holds {labels}"
    )
  _check_options(aus, positive, camera, images)
  tables = []
  for folder in _subject_folders(root / labels):
    frames, intensities = _read_intensities(folder, aus)
    subject = np.full(len(frames), folder.name)
    tables.append(
      table_lib.Table(
        aus=tuple(aus),
        image=_image_keys(root, folder.name, frames, camera, images),
        labels=(intensities >= positive).astype(np.int8),
        subject=subject,
        sequence=subject,
        frame=frames,
        truth=_read_truth(root / truth, folder, frames, aus, positive),
      )
    )
  return table_lib.concatenate(tables)


def landmarks(
  root: str | pathlib.Path, table: table_lib.Table
) -> Float32[np.ndarray, "N 66 2"]:
  """Reads the 66 points that come with DISFA for each frame.

  A file's number is one less than the frame's. The points are iBUG's 68 up to
  the lips' inner line, (x, y) in pixels, taken as they are.

  Args:
    root: Folder that holds "Landmark_Points", in which files may lie in any
      folder of their subject.
    table: Of `read`.

  Returns:
    `[N, 66, 2]`, nan where a row has no file, or one without such points.

  Raises:
    FileNotFoundError: If there is no folder of landmarks.
  """
  folder = pathlib.Path(root) / _LANDMARKS
  if not folder.is_dir():
    raise FileNotFoundError(
      f"expected DISFA's landmarks at {folder}, found no such folder; copy it "
      "from the dataset or find faces by mtcnn"
    )
  points = np.full((len(table), _POINTS, 2), np.nan, np.float32)
  for subject in table.subjects:
    files = {}
    for path in (folder / subject).rglob("*.mat"):
      match = _LANDMARK_FILE.fullmatch(path.name)
      if match and match["subject"].lower() == subject.lower():
        files[int(match["number"]) + 1] = path
    for row in np.flatnonzero(table.subject == subject):
      if (frame := int(table.frame[row])) in files:
        points[row] = _read_points(files[frame])
  return points


def read_label_file(
  path: str | pathlib.Path,
) -> tuple[Int64[np.ndarray, "N"], Int64[np.ndarray, "N"]]:
  """Reads one file of lines "frame,intensity".

  Args:
    path: Such as "SN001_au1.txt".

  Returns:
    `(frames [N], intensities [N])`, frames from 1 and rising.

  Raises:
    FileNotFoundError: If there is no such file.
    ValueError: If a line is malformed, naming file and line.

  Example:
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...   path = pathlib.Path(folder, "SN001_au1.txt")
    ...   _ = path.write_text("1,3")
    ...   read_label_file(path)
    (array([1]), array([3]))
  """
  path = pathlib.Path(path)
  if not path.is_file():
    raise FileNotFoundError(f"expected labels in {path}, found no such file")
  lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
  if not any(line.strip() for line in lines):
    raise ValueError(
      f"expected lines 'frame,intensity' in {path}, got an empty file; copy it "
      "from the dataset again"
    )
  try:
    rows = np.loadtxt(lines, np.int64, delimiter=",", comments=None, ndmin=2)
  except (ValueError, OverflowError):
    rows = None
  if rows is None or rows.shape[1] != 2 or _first_wrong(rows) is not None:
    rows = _parse_by_line(path, lines)
  return rows[:, 0], rows[:, 1]


def _read_points(path: pathlib.Path) -> np.ndarray | float:
  """Returns a file's points, whatever their name in it, or nan."""
  try:
    arrays = io.loadmat(path).values()
  except (
    io.matlab.MatReadError,
    OSError,
    RuntimeError,  # Of a kind that SciPy does not read.
    TypeError,
    ValueError,
    zlib.error,
  ):
    return np.nan
  shape = (_POINTS, 2)
  return next((a for a in arrays if getattr(a, "shape", 0) == shape), np.nan)


def _first_wrong(rows: np.ndarray) -> int | None:
  """Returns the first row that says something impossible, or None."""
  frames, intensities = rows.T
  wrong = (frames < 1) | (intensities < 0) | (intensities > intensities_lib.MAX)
  wrong[1:] |= frames[1:] <= frames[:-1]
  return int(np.argmax(wrong)) if wrong.any() else None


def _parse_by_line(path: pathlib.Path, lines: list[str]) -> np.ndarray:
  """Parses as `read_label_file` does, slowly, to say which line is wrong."""
  rows, last = [], 0
  for number, line in enumerate(lines, 1):
    if not line.strip():
      continue
    fault = None
    fields = [field.strip() for field in line.split(",")]
    if len(fields) != 2 or "" in fields:
      fault = "two columns 'frame,intensity'"
    elif not all(re.fullmatch(r"[+-]?\d{1,18}", field) for field in fields):
      fault = "whole numbers 'frame,intensity'"
    elif not 0 <= int(fields[1]) <= intensities_lib.MAX:
      fault = f"an intensity of 0 to {intensities_lib.MAX}"
    elif int(fields[0]) <= last:
      fault = f"a frame number above {last}"
    if fault:
      raise ValueError(
        f"expected {fault} in {path}, line {number}, got {line[:60]!r}; "
        "correct the line or copy the file from the dataset again"
      )
    last = int(fields[0])
    rows.append((last, int(fields[1])))
  return np.array(rows, np.int64)


def _check_options(
  aus: Sequence[int], positive: int, camera: str, images: str | None
) -> None:
  if not aus:
    raise ValueError("expected at least one AU to read, got none")
  intensities_lib.check_positive(positive)
  if camera not in ("left", "right"):
    raise ValueError(f"expected camera 'left' or 'right', got {camera!r}")
  try:
    (images or "").format(subject="SN001", frame=1, index=0)
  except (KeyError, IndexError, ValueError) as error:
    raise ValueError(
      "expected images with the fields {subject}, {frame} and {index} only, "
      f"got {images!r}"
    ) from error


def _image_keys(
  root: pathlib.Path,
  subject: str,
  frames: np.ndarray,
  camera: str,
  images: str | None,
) -> np.ndarray:
  if images is None:
    video = _video(root, subject, camera).relative_to(root).as_posix()
    keys = [f"{video}#{frame - 1}" for frame in frames.tolist()]
  else:
    keys = [
      images.format(subject=subject, frame=frame, index=frame - 1)
      for frame in frames.tolist()
    ]
  return np.array(keys, np.str_)


def _read_truth(
  root: pathlib.Path,
  folder: pathlib.Path,
  frames: np.ndarray,
  aus: Sequence[int],
  positive: int,
) -> np.ndarray | None:
  """Returns `[N, T]` for the frames of a subject's labels, if there is any."""
  if not root.is_dir():
    return None
  if not (root / folder.name).is_dir():
    raise FileNotFoundError(
      f"expected {folder.name}'s folder in {root}, found none; remove {root} "
      "to go without truth"
    )
  known, intensities = _read_intensities(root / folder.name, aus)
  if not np.array_equal(known, frames):
    raise ValueError(
      f"expected the same frames in {root / folder.name} as in {folder}, got "
      f"{len(known)} and {len(frames)} rows or other numbers"
    )
  return (intensities >= positive).astype(np.int8)


def _subject_folders(folder: pathlib.Path) -> list[pathlib.Path]:
  if not folder.is_dir():
    raise FileNotFoundError(
      f"expected labels in {folder}, found no such folder; give DISFA's root "
      "folder or the name of its labels' folder"
    )
  folders = [sub for sub in folder.iterdir() if any(_label_files(sub))]
  if not folders:
    raise FileNotFoundError(
      f"expected folders such as SN001 with files such as SN001_au1.txt in "
      f"{folder}, found none"
    )
  return sorted(folders, key=lambda sub: sub.name)


def _label_files(folder: pathlib.Path) -> Iterator[tuple[int, pathlib.Path]]:
  """Yields `(au, file)` for a subject's files; the AU stands in the name."""
  if not folder.is_dir() or folder.name.startswith("."):
    return
  for path in sorted(folder.iterdir()):
    match = _LABEL_FILE.fullmatch(path.name)
    if match and not path.name.startswith("."):
      if match["subject"].lower() != folder.name.lower():
        raise ValueError(
          f"expected only {folder.name}'s labels in {folder}, got {path.name}; "
          "move the file to its subject's folder"
        )
      yield int(match["au"]), path


def _read_intensities(
  folder: pathlib.Path, aus: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
  """Returns `(frames [N], intensities [N, T])` of one subject."""
  files = {}
  for au, path in _label_files(folder):
    if au in files:
      raise ValueError(
        f"expected one file for AU {au} in {folder}, got {files[au].name} and "
        f"{path.name}; remove one"
      )
    files[au] = path
  missing = [au for au in aus if au not in files]
  if missing:
    raise FileNotFoundError(
      f"expected a file such as {folder.name}_au{missing[0]}.txt in {folder}, "
      f"found only those of AU {sorted(files)}; ask for other AUs or add it"
    )
  first, columns = None, []
  for au in aus:
    frames, intensities = read_label_file(files[au])
    first = frames if first is None else first
    if not np.array_equal(first, frames):
      raise ValueError(
        f"expected the same frames in {files[aus[0]]} and {files[au]}, got "
        f"{len(first)} and {len(frames)} rows or other numbers; copy both from "
        "the dataset again"
      )
    columns.append(intensities)
  return first, np.stack(columns, 1)


def _video(root: pathlib.Path, subject: str, camera: str) -> pathlib.Path:
  side = camera.capitalize()
  folders = [f"Videos_{side}Camera", f"Video_{side}Camera"]
  for folder in folders:
    path = root / folder / f"{side}Video{subject}_comp.avi"
    if path.is_file():
      return path
  raise FileNotFoundError(
    f"expected {subject}'s video at {root / folders[0]}/{path.name}, found no "
    f"such file there or in {folders[1]}"
  )
