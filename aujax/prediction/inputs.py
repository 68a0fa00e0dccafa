"""What a model is applied to: pictures and videos, by name, folder or pattern.

What a file is, its content says, not its name.
"""

import glob
import pathlib
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from aujax.faces import video

# What is taken from a folder; a file that is named is read whatever its suffix.
_PICTURES = ("bmp", "gif", "jpeg", "jpg", "png", "tif", "tiff", "webp")
_VIDEOS = ("avi", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "webm", "wmv")


def expand(names: Sequence[str | pathlib.Path]) -> list[pathlib.Path]:
  """Finds the files that are meant.

  Args:
    names: Files, folders, of which all pictures and videos are taken with those
      of the folders below, and patterns such as "day1/*.mp4".

  Returns:
    Files in the order of the names, those of a folder or pattern sorted, each
    once.

  Raises:
    FileNotFoundError: If a name stands for no file.

  Example:
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...   for name in ("b.png", "a.mp4", "notes.txt"):
    ...     pathlib.Path(root, name).touch()
    ...   [path.name for path in expand([root])]
    ['a.mp4', 'b.png']
  """
  files = {}
  for name in map(str, names):
    found = _find(name)
    if not found:
      raise FileNotFoundError(
        f"expected a picture, a video or a folder of such at {name}, found none"
      )
    files |= dict.fromkeys(found)
  return list(files)


def is_picture(path: pathlib.Path) -> bool:
  """Says whether a file begins as a picture does; if not, it may be a video.

  Args:
    path: Any file.

  Returns:
    Whether OpenCV knows the format.
  """
  return cv2.haveImageReader(str(path))


def about_frames(path: pathlib.Path) -> int:
  """Says how many frames a file has, for a progress bar.

  Args:
    path: A picture or a video.

  Returns:
    1 for a picture; what a video's file says, 0 if it says nothing.
  """
  if is_picture(path):
    return 1
  capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
  count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
  capture.release()
  return max(0, int(count))


def frames(path: pathlib.Path, *, start: int = 0) -> Iterator[video.Frame]:
  """Reads a picture, as a single frame, or a video.

  Args:
    path: The file.
    start: Index of the first frame to give.

  Yields:
    Frames, one in memory at a time; colours are 8 bits deep, grey and
    transparent ones are made RGB, and a photo is turned as it says.

  Raises:
    OSError: If the file cannot be read.
    ValueError: If it does not decode.
  """
  if not is_picture(path):
    yield from video.read(path, start=start)
    return
  picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR_RGB)
  if picture is None:
    raise ValueError(
      f"expected a whole picture in {path}, got one that does not decode; copy "
      "it again or leave it out"
    )
  if start == 0:
    yield video.Frame(0, 0.0, picture)


def _find(name: str) -> list[pathlib.Path]:
  path = pathlib.Path(name)
  if path.is_file():
    return [path]
  if path.is_dir():
    return sorted(filter(_is_taken, path.rglob("*")))
  matches = map(pathlib.Path, sorted(glob.glob(name, recursive=True)))
  return [match for match in matches if match.is_file()]


def _is_taken(path: pathlib.Path) -> bool:
  suffix = path.suffix.lower().removeprefix(".")
  is_known = suffix in (*_PICTURES, *_VIDEOS)
  return is_known and not path.name.startswith(".") and path.is_file()
