"""Faces of a unit's rows, or the reason why a row has none."""

import functools
import importlib
import itertools
import operator
import pathlib
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from jaxtyping import UInt8

from aujax.data import images
from aujax.data import table as table_lib
from aujax.preparation import recipe as recipe_lib

NO_FILE = "no such file"
UNREADABLE = "the file cannot be read"
UNDECODABLE = "the file does not decode"
ENDS_EARLY = "the video ends before this frame"
NO_FACE = "no face found"
NO_LANDMARKS = "no landmarks"

# A face, or the reason why there is none.
Crop = UInt8[np.ndarray, "size size 3"] | str


def cut(
  root: pathlib.Path, table: table_lib.Table, recipe: recipe_lib.Recipe
) -> Iterator[Crop]:
  """Reads pictures one after the other and cuts faces out of them.

  Args:
    root: Folder that image keys are relative to.
    table: A unit's: either frames of one video, rising, or picture files.
    recipe: How.

  Yields:
    For each row its face, or a reason.
  """
  keys = table.image.tolist()
  indices = [images.parse_key(key)[1] for key in keys]
  is_video = indices[0] is not None
  runs = [keys] if is_video else [[key] for key in keys]
  pictures = itertools.chain.from_iterable(_read(root, run) for run in runs)
  if recipe.alignment == "none":
    for picture in pictures:
      is_reason = isinstance(picture, str)
      yield picture if is_reason else images.square(picture, recipe.size)
  elif recipe.alignment == "mtcnn":
    yield from _by_mtcnn(indices, pictures, recipe)
  else:
    yield from _by_landmarks(root, table, pictures, recipe)


def check(
  root: pathlib.Path, table: table_lib.Table, recipe: recipe_lib.Recipe
) -> None:
  """Refuses what would fail for every unit.

  Args:
    root: As for `cut`.
    table: Any rows.
    recipe: As for `cut`.

  Raises:
    FileNotFoundError: If there are no landmarks at all.
    ModuleNotFoundError: If MTCNN's weights are not installed.
    ValueError: If an option is out of range.
  """
  if recipe.alignment == "mtcnn":
    _finder(recipe.every, recipe.min_face)
  if recipe.alignment == "landmarks":
    _landmarks(root, table.select(slice(1)), recipe)


def _read(
  root: pathlib.Path, keys: Sequence[str]
) -> Iterator[np.ndarray | str]:
  """Yields pictures; once one cannot be read, the reason for all others."""
  done = 0
  try:
    for picture in images.read(root, keys):
      yield picture
      done += 1
    return
  except FileNotFoundError:
    reason = NO_FILE
  except OSError:
    reason = UNREADABLE
  except images.EndsEarlyError:
    reason = ENDS_EARLY
  except (ValueError, cv2.error):
    reason = UNDECODABLE
  yield from [reason] * (len(keys) - done)


def _by_mtcnn(indices, pictures, recipe) -> Iterator[Crop]:
  finder = _finder(recipe.every, recipe.min_face)
  numbered = _number_runs(indices, pictures)
  for _, run in itertools.groupby(numbered, key=operator.itemgetter(0)):
    before = None
    while part := list(itertools.islice(run, recipe.every)):
      _, places, frames = zip(*part, strict=True)
      if isinstance(frames[0], str):
        yield from frames
        continue
      fitted = _fit(frames, on_canvas=places[0] is None)
      found = finder.follow(fitted, before)
      before = found[-1]
      faces = [_largest(f) for f in found]
      crops = iter(
        finder.cut(fitted, faces, size=recipe.size, margin=recipe.margin)
      )
      yield from (next(crops) if len(f.boxes) else NO_FACE for f in faces)


def _number_runs(indices, pictures):
  """Numbers runs of frames that follow each other; a file is one of its own.

  Yields `(run, index, picture)`; all of a run are pictures of one size, or
  reasons.
  """
  run, before = 0, (None, None)
  for index, picture in zip(indices, pictures, strict=True):
    shape = getattr(picture, "shape", None)
    if index is None or before != (index - 1, shape):
      run += 1
    before = index, shape
    yield run, index, picture


def _by_landmarks(root, table, pictures, recipe) -> Iterator[Crop]:
  from aujax.faces import align, finder

  points = align.five_points(_landmarks(root, table, recipe))
  # A file may hold one point many times; nan is greater than nothing.
  known = (np.ptp(points, axis=1) > 0).all(1)
  for row, picture in enumerate(pictures):
    if isinstance(picture, str):
      yield picture
    elif not known[row]:
      yield NO_LANDMARKS
    else:
      is_file = images.parse_key(str(table.image[row]))[1] is None
      fitted = finder.fit(picture, on_canvas=is_file)
      crops = align.crop(
        fitted.image[None],
        points[row, None] * np.float32(fitted.scale),
        size=recipe.size,
        margin=recipe.margin,
      )
      yield np.asarray(crops)[0]


def _landmarks(root, table, recipe) -> np.ndarray:
  """Reads `[n, 66 or 68, 2]`, nan where there are none."""
  module = importlib.import_module(f"aujax.data.{recipe.dataset}")
  if not hasattr(module, "landmarks"):
    raise ValueError(
      f"expected a dataset whose landmarks are read, disfa, got "
      f"{recipe.dataset}; align its faces by mtcnn"
    )
  return module.landmarks(root, table)


@functools.cache
def _finder(every: int, min_face: float | None):
  """Makes the detector, once in a process."""
  # Not at the top: what needs no faces has no use for JAX, which starts slowly.
  from aujax.faces import finder

  return finder.Finder(every=every, min_face=min_face)


def _fit(pictures: Sequence[np.ndarray], *, on_canvas: bool) -> np.ndarray:
  from aujax.faces import finder

  return np.stack([finder.fit(p, on_canvas=on_canvas).image for p in pictures])


def _largest(faces):
  """Keeps the largest face, if there is any."""
  sides = faces.boxes[:, 2:] - faces.boxes[:, :2]
  first = np.argsort(-sides.prod(1), kind="stable")[:1]
  return type(faces)(
    faces.boxes[first], faces.scores[first], faces.landmarks[first]
  )
