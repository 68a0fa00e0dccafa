"""Files in, a file with the table out, in one go or in several."""

import dataclasses
import hashlib
import pathlib
import sys
import time
from collections.abc import Sequence

import jax
import numpy as np
import tqdm

from aujax.models import folder
from aujax.prediction import cutting, inputs, parts, pipeline, rows, scoring


def write(
  ensemble: folder.Ensemble,
  paths: Sequence[pathlib.Path],
  output: str | pathlib.Path,
  *,
  every: int = 8,
  min_face: float | None = None,
  batch_size: int = 32,
  overwrite: bool = False,
) -> tuple[pipeline.Progress, float]:
  """Applies a model to files; goes on where the same call was broken off.

  Args:
    ensemble: Of `folder.load`.
    paths: Pictures and videos.
    output: Table to write, ".csv" or ".parquet"; as `rows.Writer` says.
    every: As for `aujax.predict`.
    min_face: As for `aujax.predict`.
    batch_size: As for `aujax.predict`.
    overwrite: Begin anew, whatever is there.

  Returns:
    How far it has come, which is the end, and frames per second of this call.

  Raises:
    FileExistsError: If there is such a table, or one begun otherwise.
    FileNotFoundError: If the output's folder is missing.
    ModuleNotFoundError: If the face detector is not installed.
    ValueError: If no input at all can be read, then there is no table; or if
      the model's members or an option cannot be.
  """
  cut = cutting.create(ensemble, every=every, min_face=min_face)
  scorer = scoring.Scorer(ensemble, batch_size=batch_size)
  identity = {
    "model": _digest(ensemble),
    "inputs": [[str(path), path.stat().st_size] for path in paths],
    "every": every,
    "min_face": min_face,
  }
  with rows.Writer(
    output, ensemble.aus, identity=identity, overwrite=overwrite
  ) as writer:
    progress, rate = _fill(writer, paths, cut, scorer)
    if len(progress.failed) == len(paths):
      writer.discard()
      raise ValueError(_reason(progress.failed))
    writer.complete()
  return progress, rate


def _fill(writer, paths, cut, scorer):
  """Writes all rows that are not there yet."""
  progress = pipeline.Progress(**(writer.done or {}))
  before, started = progress.frames, time.monotonic()
  is_shown = sys.stderr.isatty()
  with tqdm.tqdm(
    desc="predict",
    total=sum(map(inputs.about_frames, paths)) if is_shown else None,
    initial=before,
    unit=" frames",
    disable=not is_shown,
  ) as bar:
    sources = [parts.Source(str(path)) for path in paths]
    for step in pipeline.run(sources, cut, scorer, progress=progress):
      writer.add(step.rows)
      writer.mark(dataclasses.asdict(step.progress))
      bar.update(step.progress.frames - progress.frames)
      progress = step.progress
  return progress, (progress.frames - before) / (time.monotonic() - started)


def _digest(ensemble: folder.Ensemble) -> str:
  """Names a model by all that its answers depend on."""
  digest = hashlib.blake2b(digest_size=16)
  for member in ensemble.members:
    digest.update(repr(member.description).encode())
    for leaf in jax.tree.leaves((member.params, member.batch_stats)):
      digest.update(np.asarray(leaf).tobytes())
  how = ensemble.how, ensemble.weights, ensemble.thresholds
  digest.update(repr(how).encode())
  return digest.hexdigest()


def _reason(failed):
  """Why there is no table at all."""
  first = next(iter(failed.values()))
  if len(failed) == 1:
    return first
  return f"none of {len(failed)} inputs could be read; the first: {first}"
