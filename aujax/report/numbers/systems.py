"""Reads files of scores, whichever system they are of, as one experiment.

Nothing is known of how these systems were trained; everything that can be
counted from the scores is.
"""

import dataclasses
import os
import pathlib
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from aujax import action_units
from aujax.evaluation import parts as parts_lib
from aujax.report.numbers import gaps
from aujax.report.numbers import results as results_lib
from aujax.report.numbers import trials as trials_lib


@dataclasses.dataclass(frozen=True, eq=False)
class _Piece:
  """One trial's frames, and where they come from."""

  key: tuple[str, int, int]
  path: pathlib.Path
  part: parts_lib.Part


def load(
  files: Sequence[str | os.PathLike],
  *,
  threshold: float = 0.5,
  title: str | None = None,
) -> results_lib.Results:
  """Reads files of scores as the trials of an experiment.

  Args:
    files: CSV or Parquet with the columns subject, frame and, per AU, AU01 and
      AU01_score; sequence, fold, repeat and method are optional. "ours=a.csv"
      names the method, which otherwise is the column or the file's name. Files
      of one method without a column "fold" are its folds, in their order.
    threshold: An AU is detected where its score is at least this.
    title: Name of the dataset, for the head of the page.

  Returns:
    The trials, methods in the order of the files.

  Raises:
    FileNotFoundError: If there is no such file.
    ValueError: If there are no files, one does not read or holds what it
      should not, AUs differ, or two trials of a method share frames.
  """
  if not files:
    raise ValueError(
      "expected a file of scores such as theirs.csv, got none; name one, or a "
      "cross-validation by --workdir"
    )
  if not 0 <= threshold <= 1:
    raise ValueError(f"expected a threshold in [0, 1], got {threshold:g}")
  pieces = [piece for group in _by_method(files) for piece in group]
  _check_aus(pieces)
  _check_labels(pieces)
  _check_frames(pieces)
  aus = pieces[0].part.scores.aus
  trials = {
    piece.key: _trial(piece, aus, threshold)
    for piece in sorted(pieces, key=lambda piece: piece.key[1:])
  }
  methods = tuple(dict.fromkeys(piece.key[0] for piece in pieces))
  folds, repeats = (tuple(sorted({key[i] for key in trials})) for i in (1, 2))
  order = [(m, f, r) for m in methods for f in folds for r in repeats]
  return results_lib.Results(
    trials={key: trials[key] for key in order if key in trials},
    methods=methods,
    folds=folds,
    repeats=repeats,
    missing=tuple(gaps.missing(trials, methods, folds, repeats, {})),
    experiment={"dataset": title or ", ".join(methods[:4])},
    is_foreign=True,
  )


def _by_method(files):
  """Pieces of each file, numbered as folds where they have no number."""
  num_folds = {}
  for text in files:
    name, path = _name(str(text))
    found = parts_lib.read(path)
    methods = {part.method for part in found} - {None}
    if name and len(methods) > 1:
      raise ValueError(
        f"expected one method in {path} to be named {name!r}, got "
        f"{', '.join(sorted(methods))}; leave out the name"
      )
    pieces = []
    for part in found:
      method = name or part.method or _stem(path)
      fold = part.fold
      if fold is None:
        fold = num_folds.get(method, 0)
      pieces.append(_Piece((method, fold, part.repeat or 0), path, part))
    for method, fold, _ in {piece.key for piece in pieces}:
      num_folds[method] = max(num_folds.get(method, 0), fold + 1)
    yield pieces


def _name(text):
  """Name and path of "ours=other.csv", the name empty if there is none."""
  if "=" not in text or pathlib.Path(text).is_file():
    return "", pathlib.Path(text)
  name, _, path = text.partition("=")
  return name.strip(), pathlib.Path(path)


def _stem(path):
  return re.sub(r"\.(csv|csv\.gz|parquet)$", "", path.name)


def _check_aus(pieces):
  first = pieces[0]
  for piece in pieces:
    if set(piece.part.scores.aus) != set(first.part.scores.aus):
      raise ValueError(
        f"expected the AUs of {first.path}, {list(first.part.scores.aus)}, in "
        f"every file, got {list(piece.part.scores.aus)} in {piece.path}; leave "
        "out the columns that not all have"
      )


def _check_labels(pieces):
  """Raises if there is nothing to grade against."""
  for piece in pieces:
    if not (piece.part.scores.labels != action_units.UNKNOWN).any():
      method, fold, repeat = piece.key
      raise ValueError(
        f"expected labels of 1 or 0 in {piece.path}, got only -1, unknown, for "
        f"{method!r} fold {fold} repeat {repeat}; leave out what has no label"
      )


def _check_frames(pieces):
  """Raises if a frame stands in two folds of a method, or twice in one."""
  trials = {}
  for piece in pieces:
    method, fold, repeat = piece.key
    for other in trials.setdefault((method, repeat), []):
      shared = _shared(piece.part.scores, other.part.scores)
      where = " and ".join(sorted({str(piece.path), str(other.path)}))
      if shared:
        raise ValueError(
          f"expected the folds of {method!r} to test different frames, got "
          f"{shared} twice, in {where}; name methods apart as in ours=FILE, or "
          "repeats by a column 'repeat'"
        )
      if other.key == piece.key:
        raise ValueError(
          f"expected {method!r} fold {fold} repeat {repeat} in one file, found "
          f"it in {where}"
        )
    trials[method, repeat].append(piece)


def _shared(one, two):
  """A frame that both have, as text, empty if there is none."""
  subjects = np.intersect1d(one.subject, two.subject)
  if not len(subjects):
    return ""
  frames = [
    pd.DataFrame(
      {"subject": s.subject, "sequence": s.sequence, "frame": s.frame}
    )[np.isin(s.subject, subjects)]
    for s in (one, two)
  ]
  both = frames[0].merge(frames[1])
  if both.empty:
    return ""
  return f"subject {both.subject[0]!r} frame {both.frame[0]}"


def _trial(piece, aus, threshold):
  method, fold, repeat = piece.key
  settings = {
    "method": method,
    "fold": fold,
    "repeat": repeat,
    "threshold": threshold,
  }
  return trials_lib.reduce(
    piece.part.scores.project(aus),
    settings=settings,
    path=piece.path,
    rows=piece.part.rows,
  )
