"""Scores of a video's faces over time, thinned to what a page may hold.

A column is a few neighbouring frames. It keeps the lowest and the highest score
and whether an AU was present or absent in any of them, so that nothing that
lasts a single frame is lost.
"""

import base64
import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from aujax import action_units
from aujax.prediction import finished
from aujax.report.web import embedded

# Characters of scores and lines of tables that a page may hold; columns of a
# video, tried in turn until they fit.
MOST_BYTES = 1_300_000
MOST_ROWS = 800
_COLUMNS = (50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 240)
MOST_FACES = 6


@dataclasses.dataclass(frozen=True)
class Summary:
  """One AU of one face.

  Attributes:
    name: Such as "AU04".
    about: Its name in FACS.
    share: Of the face's frames, in which it is present.
    events: How often it came.
    longest: Its longest event in seconds.
    mean: Mean score.
  """

  name: str
  about: str
  share: float
  events: int
  longest: float
  mean: float


def shown(
  videos: Sequence[finished.Input],
) -> tuple[list[finished.Input], int]:
  """Decides what is shown, within what a page may hold.

  Args:
    videos: All videos.

  Returns:
    The first ones that fit, and at most how many columns of each.
  """
  kept, rows = [], 0
  for video in videos:
    rows += len(video.aus) * len(faces(video))
    if kept and rows > MOST_ROWS:
      break
    kept.append(video)
  for columns in _COLUMNS:
    if sum(_size(video, columns) for video in kept) <= MOST_BYTES:
      break
  return kept, columns


def faces(video: finished.Input) -> list[int]:
  """The faces that are shown: those that are there the longest.

  Args:
    video: What was predicted.

  Returns:
    Their numbers, ascending, `MOST_FACES` at most.
  """
  found, counts = np.unique(video.face[video.face >= 0], return_counts=True)
  longest = np.argsort(-counts, kind="stable")[:MOST_FACES]
  return np.sort(found[longest]).tolist()


def thinned(video: finished.Input, columns: int) -> dict[str, Any]:
  """What the page's script draws.

  Args:
    video: What was predicted.
    columns: At most how many.

  Returns:
    "columns", their number C; "times", the steps in milliseconds between the
    starts of C columns and the end of the last one, after the first start, as
    `embedded.pack` packs; "frames" alike; "faces", of each T AUs' C bytes "low"
    and "high": the score in hundredths, and 128 more where it was absent or,
    in "high", present. Both are 0 where the face is not there.
  """
  frames, first_rows = np.unique(video.frame, return_index=True)
  seconds = np.maximum.accumulate(video.seconds[first_rows])
  starts = np.arange(0, len(frames), -(-len(frames) // columns))
  of_row = np.searchsorted(frames[starts], video.frame, side="right") - 1
  times = np.append(seconds[starts], end(video))
  return {
    "columns": len(starts),
    "times": _steps(np.round(1000 * times).astype(np.int64)),
    "frames": _steps(np.append(frames[starts], frames[-1] + 1)),
    "faces": [
      {
        "number": face,
        "series": series(video, face),
        **_packed(video, video.face == face, of_row, len(starts)),
      }
      for face in faces(video)
    ],
  }


def series(video: finished.Input, face: int) -> int:
  """The number of a face's colour in the page, 1 to 7."""
  return 1 + video.faces.index(face) % 7


def end(video: finished.Input) -> float:
  """When the last frame ends, in seconds: a usual step after its start."""
  return float(video.seconds[-1]) + _step(video)


def summaries(video: finished.Input, face: int) -> list[Summary]:
  """Counts one face's AUs.

  Args:
    video: What was predicted.
    face: The face's number.

  Returns:
    One for each AU. An event ends where the face is not there.
  """
  rows = np.flatnonzero(video.face == face)
  # The frame of the table after the last one of the same event is another one.
  place = np.unique(video.frame, return_inverse=True)[1][rows]
  found = []
  for column, au in enumerate(video.aus):
    present = video.present[rows, column] == 1
    runs = _runs(present, place)
    lasting = video.seconds[rows[runs[:, 1]]] - video.seconds[rows[runs[:, 0]]]
    found.append(
      Summary(
        name=action_units.name(au),
        about=action_units.DESCRIPTIONS.get(au, ""),
        share=float(present.mean()),
        events=len(runs),
        longest=float(lasting.max() + _step(video)) if len(runs) else 0.0,
        mean=float(video.scores[rows, column].mean()),
      )
    )
  return found


def _runs(
  present: Bool[np.ndarray, " n"], place: Int[np.ndarray, " n"]
) -> Int[np.ndarray, "runs 2"]:
  """First and last of what is present in frames that follow each other."""
  on = np.flatnonzero(present)
  breaks = np.flatnonzero(np.diff(place[on]) != 1)
  firsts = on[np.append(0, breaks + 1)] if len(on) else on
  lasts = on[np.append(breaks, len(on) - 1)] if len(on) else on
  return np.stack([firsts, lasts], 1)


def _step(video):
  steps = np.diff(np.unique(video.seconds))
  return float(np.median(steps)) if len(steps) else 0.0


def _size(video, columns):
  """Characters of a thinned video in the page, roughly."""
  frames = len(np.unique(video.frame))
  length = -(-frames // -(-frames // columns))
  bytes_each = 2 * len(faces(video)) * len(video.aus) + 3
  return length * bytes_each * 4 / 3


def _packed(video, rows, of_row, length):
  columns, starts = np.unique(of_row[rows], return_index=True)
  hundredths = _hundredths(video.scores[rows])
  marks = [np.uint8(128) * (video.present[rows] == said) for said in (0, 1)]
  absent, present = (np.maximum.reduceat(mark, starts) for mark in marks)
  packed = np.zeros((2, length, len(video.aus)), np.uint8)
  packed[0, columns] = np.minimum.reduceat(hundredths, starts) | absent
  packed[1, columns] = np.maximum.reduceat(hundredths, starts) | present
  return {"low": _text(packed[0]), "high": _text(packed[1])}


def _hundredths(scores: Float[np.ndarray, "n T"]) -> Int[np.ndarray, "n T"]:
  return np.floor(100 * np.clip(scores, 0, 1) + 0.5).astype(np.uint8)


def _steps(values):
  """The first value and what comes on top, packed."""
  steps = np.diff(values, prepend=0).tolist()
  return base64.b64encode(embedded.pack(steps)).decode()


def _text(values):
  return base64.b64encode(np.ascontiguousarray(values.T).tobytes()).decode()
