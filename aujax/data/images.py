"""Pictures by key: files, or frames of videos that are read as a stream.

A key is a path relative to the dataset's root; "video.avi#7" is the eighth
picture of a video. Pictures are RGB uint8 `[height, width, 3]`.
"""

import itertools
import pathlib
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from jaxtyping import UInt8


class EndsEarlyError(ValueError):
  """A video has fewer pictures than a key asks for."""


def read(
  root: str | pathlib.Path, keys: Sequence[str] | np.ndarray
) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
  """Reads pictures one after the other, holding one at a time.

  A video is decoded from its start, never sought in, since seeking is not
  exact in every container; so keys of one video should stand together and
  rise. Other orders work and cost another decoding.

  Args:
    root: Folder that keys are relative to.
    keys: `[N]` keys.

  Yields:
    One RGB picture for each key, in the order of the keys.

  Raises:
    FileNotFoundError: If a file is missing.
    EndsEarlyError: If a video ends before a key.
    ValueError: If a file does not decode.

  Example:
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...   _ = cv2.imwrite(f"{root}/a.png", np.zeros((4, 6, 3), np.uint8))
    ...   [picture.shape for picture in read(root, ["a.png"])]
    [(4, 6, 3)]
  """
  root = pathlib.Path(root)
  pairs = (parse_key(str(key)) for key in keys)
  for name, group in itertools.groupby(pairs, key=lambda pair: pair[0]):
    indices = [index for _, index in group]
    if not (root / name).is_file():
      raise FileNotFoundError(
        f"expected a picture or video at {root / name}, found no such file"
      )
    for is_file, run in itertools.groupby(indices, key=lambda i: i is None):
      if is_file:
        for _ in run:
          yield _read_file(root / name)
      else:
        yield from _read_video(root / name, list(run))


def parse_key(key: str) -> tuple[str, int | None]:
  """Splits a key into the file's path and the index in a video.

  Args:
    key: A path, or a path, "#" and an index from 0.

  Returns:
    `(path, index)`; the index of a picture file is None.

  Example:
    >>> parse_key("a/b.avi#12"), parse_key("a/c#1.png")
    (('a/b.avi', 12), ('a/c#1.png', None))
  """
  path, mark, index = key.rpartition("#")
  if mark and index.isdecimal():
    return path, int(index)
  return key, None


def square(
  picture: UInt8[np.ndarray, "height width 3"], size: int
) -> UInt8[np.ndarray, "{size} {size} 3"]:
  """Cuts the largest square from a picture's centre and resizes it.

  Args:
    picture: Any picture.
    size: Height and width to return, in pixels.

  Returns:
    The resized square, averaged over areas where it becomes smaller.

  Example:
    >>> square(np.zeros((48, 64, 3), np.uint8), 12).shape
    (12, 12, 3)
  """
  height, width = picture.shape[:2]
  side = min(height, width)
  top, left = (height - side) // 2, (width - side) // 2
  picture = picture[top : top + side, left : left + side]
  if side == size:
    return picture
  shrinks = side > size
  method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
  return cv2.resize(picture, (size, size), interpolation=method)


def _read_file(path: pathlib.Path) -> np.ndarray:
  data = np.fromfile(path, np.uint8)
  picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
  if picture is None:
    raise ValueError(
      f"expected a picture that OpenCV decodes in {path}, got {data.size} "
      "bytes that it does not; copy it from the dataset again"
    )
  return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def _read_video(path: pathlib.Path, indices: list[int]) -> Iterator[np.ndarray]:
  """Yields the frames of one video; reopens it where indices fall."""
  capture, position = _open(path), 0
  try:
    for index in indices:
      if index < position - 1:
        capture.release()
        capture, position = _open(path), 0
      # grab() passes over a frame, retrieve() gives the one grabbed last.
      while position <= index and capture.grab():
        position += 1
      decoded, frame = (False, None)
      if position > index:
        decoded, frame = capture.retrieve()
      if not decoded:
        raise EndsEarlyError(
          f"expected {max(indices) + 1} frames in {path}, as labelled, but "
          f"decoding ends after {index if position > index else position}; "
          "copy the video again or remove its surplus labels"
        )
      yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
  finally:
    capture.release()


def _open(path: pathlib.Path) -> cv2.VideoCapture:
  capture = cv2.VideoCapture(str(path))
  if not capture.isOpened():
    raise ValueError(
      f"expected a video that OpenCV decodes in {path}, got a file that it "
      "does not; copy it from the dataset again"
    )
  return capture
