"""Inputs as a stream of parts: a few frames that follow each other.

A part with frames is of one input, all of one size. An input ends with a part
without any, which says why if it could not be read.
"""

import dataclasses
import pathlib
from collections.abc import Iterator, Sequence
from concurrent import futures

import cv2
import numpy as np
from jaxtyping import UInt8

from aujax.faces import video
from aujax.prediction import inputs


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
  """An input.

  Attributes:
    name: What it is called in the table; of a file its path.
    picture: RGB `[height, width, 3]`, None if it is to be read from the file.
  """

  name: str
  picture: UInt8[np.ndarray, "height width 3"] | None = None

  @property
  def is_picture(self) -> bool:
    """Whether it is a single picture rather than a video."""
    return self.picture is not None or inputs.is_picture(
      pathlib.Path(self.name)
    )

  def frames(self, start: int) -> Iterator[video.Frame]:
    """Its frames from one on."""
    if self.picture is None:
      yield from inputs.frames(pathlib.Path(self.name), start=start)
    elif not start:
      yield video.Frame(0, 0.0, self.picture)


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
  """Frames that follow each other.

  Attributes:
    source: Place of their input among all.
    is_picture: Whether it is a picture, not a video.
    frames: The frames; none where the input ends.
    reason: Why the input could not be read; empty if it could.
  """

  source: int
  is_picture: bool
  frames: Sequence[video.Frame] = ()
  reason: str = ""


def read(
  sources: Sequence[Source], *, length: int, source: int = 0, frame: int = 0
) -> Iterator[Part]:
  """Reads all inputs, a part ahead, in a thread of its own.

  Args:
    sources: The inputs.
    length: Frames in a part; an input's last part may be shorter, and so are
      those before a change of size.
    source: Place of the input to begin with.
    frame: Index of its first frame to give.

  Yields:
    Parts, in order.
  """
  parts = _read(sources, length, source, frame)
  with futures.ThreadPoolExecutor(1) as thread:
    coming = thread.submit(next, parts, None)
    while (part := coming.result()) is not None:
      coming = thread.submit(next, parts, None)
      yield part


def _read(sources, length, first, frame):
  for place in range(first, len(sources)):
    source = sources[place]
    is_picture, reason = source.is_picture, ""
    try:
      for frames in _split(source.frames(frame), length):
        yield Part(place, is_picture, frames)
    except (OSError, ValueError) as error:
      reason = str(error)
    except cv2.error as error:
      reason = f"expected what OpenCV can decode in {source.name}, got: {error}"
    yield Part(place, is_picture, reason=reason)
    frame = 0


def _split(frames, length):
  part = []
  for frame in frames:
    if part and (
      len(part) == length or frame.image.shape != part[0].image.shape
    ):
      yield part
      part = []
    part.append(frame)
  if part:
    yield part
