"""Grading of any system's output: (scores, labels, mask) in, numbers out.

`counts` turns frames into additive counts, `metrics` turns counts into F1 and
its relatives, `scores` is the file in which a fold's scores are kept. Arrays
are NumPy, `[N, T]` with one column per AU.
"""

from aujax.evaluation.counts import Counts, count
from aujax.evaluation.metrics import (
  FoldAverage,
  accuracy,
  always_positive,
  awc,
  emotionet_score,
  f1,
  fold_average,
  macro,
  pooled,
  precision,
  recall,
  total_accuracy,
)

__all__ = [
  "Counts",
  "FoldAverage",
  "accuracy",
  "always_positive",
  "awc",
  "count",
  "emotionet_score",
  "f1",
  "fold_average",
  "macro",
  "pooled",
  "precision",
  "recall",
  "total_accuracy",
]
