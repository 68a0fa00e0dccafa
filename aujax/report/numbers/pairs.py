"""Two methods over the folds and repeats that both have."""

import dataclasses
import functools

import numpy as np

from aujax import evaluation
from aujax.report.numbers import intervals, summary
from aujax.report.numbers import results as results_lib


@dataclasses.dataclass(frozen=True)
class Comparison:
  """Two methods over the folds and repeats that both have.

  Attributes:
    method: The one that is compared,
    reference: with this one.
    against: "labels" or "truth".
    by_fold: Fold to difference in macro F1, mean over repeats.
    trials: Differences of all pairs of trials.
    per_au: Differences of the mean F1 of each AU.
    interval: Of the mean difference, by subjects, where it is known.
    paired: Test of the difference, by folds and repeats, where there is one.
  """

  method: str
  reference: str
  against: str
  by_fold: dict[int, float]
  trials: tuple[float, ...]
  per_au: tuple[float, ...]
  interval: evaluation.Interval | None = None
  paired: evaluation.Paired | None = None

  @property
  def mean(self) -> float:
    """Mean difference over folds."""
    return sum(self.by_fold.values()) / len(self.by_fold)


@functools.lru_cache(maxsize=1024)
def compare(
  results: results_lib.Results, method: str, reference: str, against: str
) -> Comparison | None:
  """Compares two methods where both have been tested.

  Args:
    results: All trials.
    method: The method that is compared,
    reference: with this one.
    against: "labels" or "truth".

  Returns:
    The paired differences, None if no fold and repeat has both.
  """
  by_fold, trials, per_au = {}, [], []
  for fold in results.folds:
    pairs = [
      (
        _f1(results, method, fold, r, against),
        _f1(results, reference, fold, r, against),
      )
      for r in results.repeats
      if (method, fold, r) in results.trials
      and (reference, fold, r) in results.trials
    ]
    if pairs:
      # A fold weighs the same however many of its repeats are done.
      ahead = [evaluation.macro(a) - evaluation.macro(b) for a, b in pairs]
      by_fold[fold] = sum(ahead) / len(ahead)
      trials.extend(ahead)
      per_au.append(np.mean([a - b for a, b in pairs], axis=0))
  if not by_fold:
    return None
  return Comparison(
    method=method,
    reference=reference,
    against=against,
    by_fold=by_fold,
    trials=tuple(trials),
    per_au=tuple(evaluation.macro(column) for column in np.array(per_au).T),
    interval=intervals.of_difference(results, method, reference, against),
    paired=intervals.paired(results, method, reference, against),
  )


def comparisons(results: results_lib.Results, against: str) -> list[Comparison]:
  """Every pair of up to four methods, else each with the first."""
  names = [g.name for g in summary.grades(results, against)]
  last = len(names) if len(names) <= 4 else 1
  pairs = [(a, b) for i, b in enumerate(names[:last]) for a in names[i + 1 :]]
  found = [compare(results, a, b, against) for a, b in pairs]
  return [comparison for comparison in found if comparison is not None]


def _f1(results, method, fold, repeat, against):
  return evaluation.f1(results.trials[method, fold, repeat].counts[against])
