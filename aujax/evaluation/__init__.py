"""Grading of any system's output: (scores, labels, mask) in, numbers out.

`counts` turns frames into additive counts and `metrics` counts into F1 and its
relatives; `ranking` (AUC), `events` and `calibration` look at frames anew.
`thresholds` and `ensemble` choose, on validation frames; `intervals` and
`comparison` say how sure a difference is. `scores` is the file in which a
fold's scores are kept, `tabular` reads those of other systems. Arrays are
NumPy, `[N, T]` with one column per AU.
"""

from aujax.evaluation.calibration import (
  Reliability,
  expected_calibration_error,
  reliability,
)
from aujax.evaluation.comparison import Paired, paired
from aujax.evaluation.counts import Counts, count, count_by
from aujax.evaluation.ensemble import best_weights, combine
from aujax.evaluation.events import event_f1, event_f1_area
from aujax.evaluation.intervals import (
  Interval,
  bootstrap,
  bootstrap_difference,
)
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
from aujax.evaluation.ranking import average_precision, roc_auc
from aujax.evaluation.thresholds import best_thresholds

__all__ = [
  "Counts",
  "FoldAverage",
  "Interval",
  "Paired",
  "Reliability",
  "accuracy",
  "always_positive",
  "average_precision",
  "awc",
  "best_thresholds",
  "best_weights",
  "bootstrap",
  "bootstrap_difference",
  "combine",
  "count",
  "count_by",
  "emotionet_score",
  "event_f1",
  "event_f1_area",
  "expected_calibration_error",
  "f1",
  "fold_average",
  "macro",
  "paired",
  "pooled",
  "precision",
  "recall",
  "reliability",
  "roc_auc",
  "total_accuracy",
]
