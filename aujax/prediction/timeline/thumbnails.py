"""Small pictures of frames, with the faces' boxes in them."""

import base64
import dataclasses
from collections.abc import Sequence

import cv2
import numpy as np

from aujax.prediction import annotate, finished, inputs

# Characters of all pictures that a page may hold, of a single one, and how many
# frames of a video are shown if there is room.
MOST_BYTES = 1_200_000
_MOST_EACH, _LEAST_EACH = 12_000, 4_000
PER_VIDEO = 24
_FEWEST = 4
_SIDES = (256, 192)
_QUALITIES = (80, 65, 50, 35, 20)


@dataclasses.dataclass(frozen=True)
class Thumbnail:
  """One frame.

  Attributes:
    seconds: When it is shown.
    width: In pixels.
    height: In pixels.
    uri: A JPEG, as a data URI.
  """

  seconds: float
  width: int
  height: int
  uri: str


def take(found: Sequence[finished.Input]) -> tuple[list[list[Thumbnail]], int]:
  """Takes frames evenly from videos, and pictures as they are.

  Args:
    found: What was predicted.

  Returns:
    Thumbnails of each input, none where its file is missing, does not decode or
    where there is no more room; and how many of a video were wanted.
  """
  videos = sum(one.is_video for one in found)
  pictures = len(found) - videos
  room = MOST_BYTES / 2 if videos and pictures else MOST_BYTES
  per_video = int(room / (max(1, videos) * _MOST_EACH))
  per_video = max(_FEWEST, min(PER_VIDEO, per_video))
  rooms = {True: room, False: room}
  # Many pictures are compressed more.
  each = min(_MOST_EACH, max(_LEAST_EACH, int(room / max(1, pictures))))
  taken = []
  for one in found:
    number, most = (per_video, _MOST_EACH) if one.is_video else (1, each)
    fits = rooms[one.is_video] >= number * most
    thumbnails = _thumbnails(one, number, most) if fits else []
    rooms[one.is_video] -= sum(len(t.uri) for t in thumbnails)
    taken.append(thumbnails)
  return taken, per_video


def _thumbnails(one, number, most):
  if not one.path.is_file():
    return []
  frames = np.unique(one.frame)
  number = min(number, len(frames))
  # The middle of each of as many equal parts.
  parts = (np.arange(number) + 0.5) / number
  wanted = frames[(parts * len(frames)).astype(int)].tolist()
  found = []
  try:
    for frame in inputs.frames(one.path):
      if frame.index in wanted:
        found.append(_thumbnail(one, frame, most))
      if frame.index >= wanted[-1]:
        break
  except (OSError, ValueError):
    pass  # The page says that pictures are missing.
  return found


def _thumbnail(one, frame, most):
  height, width = frame.image.shape[:2]
  scale = min(1.0, _SIDES[0] / width, _SIDES[1] / height)
  size = max(1, round(scale * width)), max(1, round(scale * height))
  image = cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA)
  rows = one.rows(frame.index)
  for face, box in zip(one.face[rows], one.box[rows], strict=True):
    if face >= 0:
      place = one.faces.index(face) % len(annotate.COLOURS)
      box = tuple((scale * box).tolist())
      annotate.outline(image, box, annotate.COLOURS[place], 2)
  return Thumbnail(frame.seconds, *size, _uri(image, most))


def _uri(image, most):
  picture = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
  for quality in _QUALITIES:
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    text = base64.b64encode(cv2.imencode(".jpg", picture, options)[1])
    if len(text) <= most - 100:
      break
  return f"data:image/jpeg;base64,{text.decode()}"
