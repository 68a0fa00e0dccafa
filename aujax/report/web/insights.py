"""The pictures of aujax-interpret, small enough to stand in the page."""

import base64
import dataclasses
import pathlib

import cv2
import numpy as np

from aujax.report.numbers import results as results_lib

_CAPTIONS = {
  "saliency": "Where each AU's output looks, on mean faces.",
  "maximization": "What each AU's output would like to see.",
  "divergence": "How far each subject lies from the others.",
  "embedding": "Frames in the plane, by an AU above, by subject below.",
}
# Of all pictures together, as base64; worse qualities are tried until it fits.
MOST_BYTES = 400_000
_QUALITIES = (82, 60, 35)


@dataclasses.dataclass(frozen=True)
class Picture:
  """One picture.

  Attributes:
    name: Such as "saliency".
    caption: What it shows.
    uri: Its content.
    width: In pixels.
    height: In pixels.
  """

  name: str
  caption: str
  uri: str
  width: int
  height: int


@dataclasses.dataclass(frozen=True)
class Insights:
  """What was found out of one trial: a note which one, and pictures."""

  note: str
  pictures: tuple[Picture, ...]


def read(results: results_lib.Results) -> Insights | None:
  """Reads report/interpret/ of the folder in which an experiment was run.

  Args:
    results: Its trials.

  Returns:
    The pictures that are there and read; None if there is none, or if they
    are too large.
  """
  if results.is_foreign:
    return None
  # <workdir>/<method>/fold<k>/repeat<r>/scores.parquet
  workdir = results.any_trial.scores_path.parents[3]
  folder = workdir / "report" / "interpret"
  found = {
    name: picture
    for name in _CAPTIONS
    if (picture := _read(folder / f"{name}.png")) is not None
  }
  for quality in _QUALITIES if found else ():
    pictures = [_encode(n, picture, quality) for n, picture in found.items()]
    if sum(len(picture.uri) for picture in pictures) <= MOST_BYTES:
      return Insights(_note(folder / "interpret.md"), tuple(pictures))
  return None


def _read(path):
  if not path.is_file():
    return None
  content = np.frombuffer(path.read_bytes(), np.uint8)
  return cv2.imdecode(content, cv2.IMREAD_COLOR) if content.size else None


def _encode(name, picture, quality):
  _, content = cv2.imencode(
    ".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, quality]
  )
  text = base64.b64encode(content.tobytes()).decode()
  height, width = picture.shape[:2]
  uri = f"data:image/webp;base64,{text}"
  return Picture(name, _CAPTIONS[name], uri, width, height)


def _note(path: pathlib.Path) -> str:
  """The first paragraph below the title."""
  if not path.is_file():
    return ""
  blocks = path.read_text().split("\n\n")
  texts = [block.strip() for block in blocks if not block.startswith("#")]
  return " ".join(texts[0].split()) if texts else ""
