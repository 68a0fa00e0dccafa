"""How sure means and differences are, as far as the trials can tell.

What cannot be said is None: of one subject there is no interval, of one fold
no test, and methods that were tested on different subjects are not paired.
"""

import functools
import itertools

import numpy as np

from aujax import evaluation
from aujax.report.numbers import results as results_lib

# As many as cost a second where there are many methods.
_NUM_SAMPLES = 2000


def grid(
  results: results_lib.Results, *methods: str
) -> tuple[tuple[int, ...], tuple[int, ...]]:
  """Folds and repeats that methods have in common, without a gap.

  Args:
    results: All trials.
    *methods: Names of the methods.

  Returns:
    The folds of the fullest repeat, and the repeats that have all of them;
    both empty if there is nothing that all methods have.
  """
  done = {
    r: tuple(
      f
      for f in results.folds
      if all((m, f, r) in results.trials for m in methods)
    )
    for r in results.repeats
  }
  folds = max(done.values(), key=len, default=())
  return folds, tuple(r for r in results.repeats if folds and done[r] == folds)


@functools.lru_cache(maxsize=1024)
def of_mean(
  results: results_lib.Results, method: str, against: str
) -> evaluation.Interval | None:
  """Interval of a method's mean F1, subjects drawn with replacement.

  Args:
    results: All trials.
    method: Name of the method.
    against: "labels" or "truth".

  Returns:
    Over the folds and repeats that `summary.grade` averages, in [0, 1].
  """
  folds, repeats = grid(results, method)
  counts = _counts(results, method, against, folds, repeats)
  if not _can_draw(results, [method], folds, repeats):
    return None
  return evaluation.bootstrap(counts, num_samples=_NUM_SAMPLES)


@functools.lru_cache(maxsize=1024)
def of_difference(
  results: results_lib.Results, method: str, reference: str, against: str
) -> evaluation.Interval | None:
  """Interval of the difference of two methods, the same draws for both.

  Args:
    results: All trials.
    method: The method that is compared,
    reference: with this one.
    against: "labels" or "truth".

  Returns:
    Over the folds and repeats that both have, in [-1, 1]. None if these leave
    gaps: the mean difference would be over other trials than the interval.
  """
  folds, repeats = grid(results, method, reference)
  pairs = _pairs(results, method, reference)
  if len(pairs) != len(folds) * len(repeats):
    return None
  if not _can_draw(results, [method, reference], folds, repeats):
    return None
  return evaluation.bootstrap_difference(
    _counts(results, method, against, folds, repeats),
    _counts(results, reference, against, folds, repeats),
    num_samples=_NUM_SAMPLES,
  )


@functools.lru_cache(maxsize=1024)
def paired(
  results: results_lib.Results, method: str, reference: str, against: str
) -> evaluation.Paired | None:
  """Test of the difference of two methods, by folds and repeats.

  Args:
    results: All trials.
    method: The method that is compared,
    reference: with this one.
    against: "labels" or "truth".

  Returns:
    Over the folds and repeats that both have.
  """
  pairs = _pairs(results, method, reference)
  folds = sorted({fold for fold, _ in pairs})
  if len(folds) < 2:
    return None
  both = np.full((2, len(results.repeats), len(folds)), np.nan)
  for fold, repeat in pairs:
    for values, name in zip(both, (method, reference), strict=True):
      counts = results.trials[name, fold, repeat].counts[against]
      values[results.repeats.index(repeat), folds.index(fold)] = (
        evaluation.macro(evaluation.f1(counts))
      )
  # A fold in which one of the two has no F1 at all cannot be compared.
  if np.isnan(both).all(1).any():
    return None
  ratio = _test_ratio(results, [method, reference], pairs)
  return evaluation.paired(*both, test_ratio=ratio)


def _pairs(results, *methods):
  """(fold, repeat) that all methods have."""
  return [
    (fold, repeat)
    for fold, repeat in itertools.product(results.folds, results.repeats)
    if all((m, fold, repeat) in results.trials for m in methods)
  ]


def _counts(results, method, against, folds, repeats):
  """By repeat, then fold: counts `[S, T]`."""
  return [
    [results.trials[method, f, r].by_subject[against] for f in folds]
    for r in repeats
  ]


def _test_ratio(results, methods, pairs):
  """Test subjects per training subject, None where trials do not say."""
  trials = [results.trials[m, f, r] for m in methods for f, r in pairs]
  trained = [len(trial.apart("train")) for trial in trials]
  if not all(trained):
    return None
  tested = [len(trial.subjects) for trial in trials]
  return float(np.mean(tested) / np.mean(trained))


def _can_draw(results, methods, folds, repeats):
  """Whether all trials of a fold have the same subjects, and one several."""
  tested = {
    fold: {
      results.trials[m, fold, r].subjects
      for m, r in itertools.product(methods, repeats)
    }
    for fold in folds
  }
  same = all(len(groups) == 1 for groups in tested.values())
  several = any(len(s) > 1 for groups in tested.values() for s in groups)
  return same and several
