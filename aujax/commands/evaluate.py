"""Grades files of scores: precision, recall, F1 and accuracy of every AU.

Takes one or more Parquet files, one per test fold, with the columns subject,
sequence, frame, AU01, AU01_score, ... (AU01_truth where it is known). With
several files the mean of the folds and the pooled frames follow.

  aujax-evaluate run/baseline/fold*/repeat0/scores.parquet --threshold=0.5
"""

import numpy as np
from absl import flags

from aujax import evaluation
from aujax.commands import _app
from aujax.evaluation import scores
from aujax.report import formats, tables

_THRESHOLD = flags.DEFINE_float(
  "threshold", 0.5, "An AU is detected where its score is at least this."
)
_AGAINST = flags.DEFINE_enum(
  "against",
  "labels",
  ["labels", "truth"],
  "What to grade against: the labels as coded, or the truth behind them.",
)


def main(argv):
  """Prints a table per file, then what they make together."""
  paths = argv[1:]
  if not paths:
    raise ValueError(
      "expected at least one file of scores, got none; name Parquet files such "
      "as run/baseline/fold0/repeat0/scores.parquet"
    )
  folds = {path: _count(path) for path in paths}
  aus, first = next(iter(folds.values()))[0], paths[0]
  for path, (found, counts) in folds.items():
    if found != aus:
      raise ValueError(
        f"expected the AUs of {first}, {list(aus)}, in every file, got "
        f"{list(found)} in {path}"
      )
    print(formats.text(tables.metrics(path, aus, counts)))
  if len(folds) > 1:
    print(_together([counts for _, counts in folds.values()]))


main.takes_arguments = True


def run():
  """Entry point of aujax-evaluate."""
  _app.run(main)


def _count(path):
  """AUs and counts of one file."""
  read = scores.read(path)
  counts = evaluation.count(
    read.scores, read.target(_AGAINST.value), threshold=_THRESHOLD.value
  )
  return read.aus, counts


def _together(folds):
  values = np.array([[evaluation.f1(counts) for counts in folds]])
  average = evaluation.fold_average(values)
  return (
    f"Macro F1, mean of {len(folds)} files: {100 * average.mean:.1f} "
    f"(std over files {100 * average.fold_std:.1f})\n"
    f"Macro F1, frames pooled: {100 * evaluation.pooled(folds):.1f}"
  )


if __name__ == "__main__":
  run()
