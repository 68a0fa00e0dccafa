"""A trained model as a function from pictures and videos to a table."""

import functools
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from jaxtyping import UInt8

from aujax.models import folder
from aujax.prediction import cutting, inputs, parts, pipeline, rows, scoring

_Path = str | pathlib.Path


def predict(
  model: _Path | folder.Ensemble,
  images: UInt8[np.ndarray, "n height width 3"]
  | _Path
  | Sequence[UInt8[np.ndarray, "height width 3"] | _Path],
  *,
  every: int = 8,
  min_face: float | None = None,
  batch_size: int = 32,
) -> pd.DataFrame:
  """Finds faces and says which of their Action Units are active.

  Args:
    model: A model folder, or what `aujax.models.folder.load` made of one; with
      that, a second call starts at once.
    images: Pictures, uint8 RGB `[n, height, width, 3]`, or a sequence of such
      without the first axis, each of any size, and of paths of pictures,
      videos and folders of them, and patterns.
    every: Frames of a video between two that are searched for faces.
    min_face: Side of the smallest face to look for, in pixels of a picture
      whose longer side is at most 2048; None is a twenty-fifth of the shorter
      side, at least 20.
    batch_size: Faces that are scored at once, at most.

  Returns:
    A row for each face of a frame, or one with blanks if it has none: `input`
    (its path, or its place among the images), `frame` (from 0), `timestamp`
    (seconds), `face` (whose number is kept throughout a video), `x`, `y`,
    `width` and `height` (pixels), `confidence`, and for each AU `AU12_score`
    (a probability) and `AU12` (1 where the score reaches the model's
    threshold).

  Raises:
    FileNotFoundError: If the model or an image is not there.
    ModuleNotFoundError: If the face detector is not installed.
    ValueError: If the model or an image cannot be read, or an option is out
      of range.

  Example:
    >>> import jax, tempfile
    >>> from aujax import models
    >>> network = models.create("attention_cnn", num_outputs=1, features=(4, 8))
    >>> description = folder.Description(
    ...   network="attention_cnn", options={"features": (4, 8)}, aus=(12,),
    ...   alignment="none", margin=0.0, stored_size=20, image_size=16,
    ...   standardize=True, thresholds=(0.5,), threshold_rule="fixed",
    ...   base_rates=(0.1,), training={},
    ... )
    >>> images = np.zeros((2, 48, 64, 3), np.uint8)
    >>> with tempfile.TemporaryDirectory() as root:
    ...   variables = network.init(jax.random.key(0))
    ...   folder.write(f"{root}/model", description, *variables)
    ...   table = predict(f"{root}/model", images)
    >>> table[["input", "frame", "face", "x", "width"]].values.tolist()
    [['0', 0, 0, 8.0, 48.0], ['1', 0, 0, 8.0, 48.0]]
  """
  ensemble = model if isinstance(model, folder.Ensemble) else folder.load(model)
  cut, scorer = _tools(ensemble, every, min_face, batch_size)
  found = []
  for step in pipeline.run(list(_sources(images)), cut, scorer):
    for reason in step.progress.failed.values():
      raise ValueError(reason)
    found += step.rows
  return _table(found, ensemble)


@functools.lru_cache(maxsize=1)
def _tools(ensemble, every, min_face, batch_size):
  """Kept for the next call, which then compiles nothing."""
  cut = cutting.create(ensemble, every=every, min_face=min_face)
  return cut, scoring.Scorer(ensemble, batch_size=batch_size)


def _sources(images) -> Iterator[parts.Source]:
  if isinstance(images, _Path):
    images = [images]
  for place, image in enumerate(images):
    if isinstance(image, _Path):
      yield from (parts.Source(str(path)) for path in inputs.expand([image]))
      continue
    picture = np.asarray(image)
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
      raise ValueError(
        "expected pictures as uint8 of shape [height, width, 3], got "
        f"{picture.dtype} of shape {list(picture.shape)} at place {place}; give"
        " [n, height, width, 3], or a sequence of them"
      )
    yield parts.Source(str(place), picture)


def _table(found, ensemble):
  names = rows.columns(ensemble.aus)
  whole = {name: "Int64" for name in ("frame", "face")}
  whole |= {name: "Int8" for name in names if name[2:].isdecimal()}
  kinds = dict.fromkeys(names[1:], float) | whole
  return pd.DataFrame(found, columns=names).astype(kinds)
