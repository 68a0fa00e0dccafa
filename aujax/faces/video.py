"""Videos as a stream of frames, each with its index and its time."""

import dataclasses
import pathlib
from collections.abc import Iterator

import cv2
import numpy as np
from jaxtyping import UInt8


@dataclasses.dataclass(frozen=True, eq=False)
class Frame:
  """One picture of a video.

  Attributes:
    index: Its number in the order of showing, from 0.
    seconds: When it is shown, from the video's start; what the file says, so
      right where the rate varies.
    image: uint8 `[height, width, 3]`, RGB, upright.
  """

  index: int
  seconds: float
  image: UInt8[np.ndarray, "height width 3"]


def read(path: str | pathlib.Path, *, start: int = 0) -> Iterator[Frame]:
  """Decodes a video, holding one frame at a time.

  Frames before `start` are decoded as well, as seeking is not exact in every
  container. A damaged frame that the decoder passes over is not counted.

  Args:
    path: The video.
    start: Index of the first frame to give.

  Yields:
    Every frame from `start` on.

  Raises:
    FileNotFoundError: If there is no such file.
    ValueError: If it does not open as a video or holds no frame.

  Example:
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...   path, mjpg = f"{folder}/a.avi", cv2.VideoWriter_fourcc(*"MJPG")
    ...   writer = cv2.VideoWriter(path, mjpg, 25, (32, 24))
    ...   for _ in range(3):
    ...     _ = writer.write(np.zeros((24, 32, 3), np.uint8))
    ...   writer.release()
    ...   [(frame.index, frame.seconds) for frame in read(path)]
    [(0, 0.0), (1, 0.04), (2, 0.08)]
  """
  path = pathlib.Path(path)
  capture = _open(path)
  try:
    index = 0
    while capture.grab():
      if index >= start:
        decoded, picture = capture.retrieve()
        if not decoded:
          break
        milliseconds = capture.get(cv2.CAP_PROP_POS_MSEC)
        image = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        yield Frame(index, round(milliseconds / 1e3, 6), image)
      index += 1
    if not index:
      raise ValueError(
        f"expected a video with at least one frame in {path}, got none that "
        "decodes; convert it, for instance with ffmpeg, or leave it out"
      )
  finally:
    capture.release()


def frame_rate(path: str | pathlib.Path) -> float:
  """Frames per second that a video's file says.

  Args:
    path: The video.

  Returns:
    The rate; 0 where none is said.

  Raises:
    FileNotFoundError: If there is no such file.
    ValueError: If it does not open as a video.
  """
  capture = _open(pathlib.Path(path))
  try:
    return float(capture.get(cv2.CAP_PROP_FPS))
  finally:
    capture.release()


def _open(path: pathlib.Path) -> cv2.VideoCapture:
  if not path.is_file():
    raise FileNotFoundError(f"expected a video at {path}, found no such file")
  capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
  if not capture.isOpened():
    raise ValueError(
      f"expected a video that OpenCV decodes in {path}, got a file that it "
      "does not; convert it, for instance with ffmpeg, or leave it out"
    )
  return capture
