"""Inputs go in at the left and rows come out at the right, a part at a time.

  parts --cutting--> faces --scoring--> probabilities --> rows

Memory does not depend on how long a video is or how many pictures there are.
"""

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from aujax import action_units
from aujax.models import folder
from aujax.prediction import cutting, parts, scoring

# Frames after which rows are given even if few of them show a face.
_FRAMES = 256


@dataclasses.dataclass(frozen=True)
class Progress:
  """How far a run has come and what it needs to go on; fields are JSON values.

  Attributes:
    source: Place of the input to go on with.
    frame: Index of its next frame.
    state: What the cutter needs to know of the frames before.
    frames: How many frames there were, of all inputs.
    without_face: How many of them show no face.
    failed: By name of the inputs that could not be read, why.
  """

  source: int = 0
  frame: int = 0
  state: dict[str, Any] | None = None
  frames: int = 0
  without_face: int = 0
  failed: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Step:
  """What a run gives from time to time.

  Attributes:
    rows: By column, as `rows.columns` names them.
    progress: How far the run has come with these rows.
  """

  rows: list[dict[str, Any]]
  progress: Progress


def run(
  sources: Sequence[parts.Source],
  cut: cutting.Squares | cutting.Aligned,
  scorer: scoring.Scorer,
  *,
  progress: Progress | None = None,
) -> Iterator[Step]:
  """Applies a model to inputs.

  An input that cannot be read is passed over and noted as failed. Going on
  from any step's progress gives the rows of the other steps, to the last bit.

  Args:
    sources: The inputs.
    cut: Of `cutting.create`.
    scorer: The model.
    progress: Where to go on; None from the beginning.

  Yields:
    Steps, the last one when all is done.
  """
  progress = progress or Progress()
  stream = parts.read(
    sources, length=cut.every, source=progress.source, frame=progress.frame
  )
  seen: list[tuple[dict[str, Any], cutting.Cut]] = []
  for part in stream:
    name = sources[part.source].name
    if not part.frames:
      progress = _ended(progress, part, name)
      continue
    pictures = [frame.image for frame in part.frames]
    cuts, state = cut(pictures, progress.state, is_video=not part.is_picture)
    # A step is full before it exceeds a batch, so that few are filled up.
    if seen and (
      _num_faces(c for _, c in seen) + _num_faces(cuts) > scorer.batch_size
      or len(seen) + len(cuts) > _FRAMES
    ):
      yield Step(_rows(seen, scorer), progress)
      seen = []
    for frame, each in zip(part.frames, cuts, strict=True):
      place = {"input": name, "frame": frame.index, "timestamp": frame.seconds}
      seen.append((place, each))
    progress = dataclasses.replace(
      progress,
      source=part.source,
      frame=part.frames[-1].index + 1,
      state=state,
      frames=progress.frames + len(cuts),
      without_face=progress.without_face + sum(not len(c.crops) for c in cuts),
    )
  yield Step(_rows(seen, scorer), progress)


def _ended(progress, part, name):
  failed = progress.failed | ({name: part.reason} if part.reason else {})
  return dataclasses.replace(
    progress, source=part.source + 1, frame=0, state=None, failed=failed
  )


def _num_faces(cuts):
  return sum(len(cut.crops) for cut in cuts)


def _rows(
  seen: Sequence[tuple[dict[str, Any], cutting.Cut]], scorer: scoring.Scorer
) -> list[dict[str, Any]]:
  if not seen:
    return []
  scores = scorer(np.concatenate([cut.crops for _, cut in seen]))
  answers = map(functools.partial(_answer, scorer.ensemble), scores)
  rows = []
  for place, cut in seen:
    faces = _faces(cut)
    answered = zip(faces, itertools.islice(answers, len(faces)), strict=True)
    rows += [place | face | answer for face, answer in answered] or [place]
  return rows


def _faces(cut: cutting.Cut) -> list[dict[str, Any]]:
  faces = []
  for i, (number, box) in enumerate(zip(cut.numbers, cut.boxes, strict=True)):
    x, y, width, height = (round(float(value), 2) for value in box)
    face = {"face": int(number), "x": x, "y": y}
    face |= {"width": width, "height": height}
    if cut.confidence is not None:
      face["confidence"] = round(float(cut.confidence[i]), 4)
    faces.append(face)
  return faces


def _answer(ensemble: folder.Ensemble, scores: np.ndarray) -> dict[str, Any]:
  names = [action_units.name(au) for au in ensemble.aus]
  present = scores >= np.array(ensemble.thresholds)
  answer = {
    f"{name}_score": round(float(score), 6)
    for name, score in zip(names, scores, strict=True)
  }
  return answer | dict(zip(names, map(int, present), strict=True))
