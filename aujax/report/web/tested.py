"""Precision, recall and F1 at the thresholds that were tested."""

import numpy as np

from aujax import evaluation
from aujax.report.numbers import intervals
from aujax.report.numbers import results as results_lib
from aujax.report.web import shown

_METRICS = {
  "precision": evaluation.precision,
  "recall": evaluation.recall,
  "f1": evaluation.f1,
}


def averages(
  results: results_lib.Results, against: str
) -> dict[str, dict[str, evaluation.FoldAverage]]:
  """Precision, recall and F1, averaged like F1 in the main table.

  Args:
    results: The trials.
    against: "labels" or "truth".

  Returns:
    By method, of those that are seen closely, the fold averages of
    "precision", "recall" and "f1".
  """
  found = {}
  for method in shown.methods(results, shown.MOST_CLOSELY):
    counts = [
      [results.trials[key].counts[against] for key in row]
      for row in layout(results, method)
    ]
    found[method] = {
      name: evaluation.fold_average(
        np.array([[metric(c) for c in row] for row in counts])
      )
      for name, metric in _METRICS.items()
    }
  return found


def layout(
  results: results_lib.Results, method: str
) -> list[list[tuple[str, int, int]]]:
  """The trials that a method is graded by.

  Args:
    results: The trials.
    method: One that has a finished trial.

  Returns:
    Their keys, by repeat and fold.
  """
  folds, repeats = intervals.grid(results, method)
  return [[(method, f, r) for f in folds] for r in repeats]
