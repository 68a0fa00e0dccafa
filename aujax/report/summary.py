"""From counts to the numbers of the report, all of them in one place."""

import dataclasses

import numpy as np
from jaxtyping import Float

from aujax import evaluation
from aujax.report import results as results_lib


@dataclasses.dataclass(frozen=True, eq=False)
class Grade:
  """A method's F1 against one target.

  Attributes:
    name: The method, or a reference such as "always positive".
    average: Over AUs, folds and repeats.
    folds: Those of `average.per_fold`; fewer than all if trials are missing.
    pooled: Macro F1 of the frames of these folds together, mean over repeats.
    num_repeats: How many repeats had all these folds.
  """

  name: str
  average: evaluation.FoldAverage
  folds: tuple[int, ...]
  pooled: float
  num_repeats: int

  def fold(self, number: int) -> float:
    """Macro F1 in a fold, nan if the fold is missing."""
    if number not in self.folds:
      return float("nan")
    return float(self.average.per_fold[self.folds.index(number)])


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
  """

  method: str
  reference: str
  against: str
  by_fold: dict[int, float]
  trials: tuple[float, ...]
  per_au: tuple[float, ...]

  @property
  def mean(self) -> float:
    """Mean difference over folds."""
    return sum(self.by_fold.values()) / len(self.by_fold)


def grade(results: results_lib.Results, method: str, against: str) -> Grade:
  """Averages a method's F1 over the repeats that are complete.

  Args:
    results: All trials.
    method: Name of the method.
    against: "labels" or "truth".

  Returns:
    Its grade. Without a complete repeat: the folds of the fullest one.

  Raises:
    ValueError: If no trial of the method is complete.
  """
  done = {
    r: tuple(f for f in results.folds if (method, f, r) in results.trials)
    for r in results.repeats
  }
  folds = max(done.values(), key=len, default=())
  if not folds:
    raise ValueError(f"expected a finished trial of {method!r}, found none")
  repeats = [r for r in results.repeats if done[r] == folds]
  counts = [
    [results.trials[method, f, r].counts[against] for f in folds]
    for r in repeats
  ]
  return _grade(method, folds, counts)


def grades(results: results_lib.Results, against: str) -> list[Grade]:
  """The grades of all methods that have a finished trial."""
  present = {method for method, _, _ in results.trials}
  return [grade(results, m, against) for m in results.methods if m in present]


def always_positive(results: results_lib.Results, against: str) -> Grade:
  """The grade of saying that every AU is always there.

  Args:
    results: All trials.
    against: "labels" or "truth".

  Returns:
    Its grade over the folds that some method was tested on.
  """
  folds, counts = [], []
  for fold in results.folds:
    trial = results.fold(fold)
    if trial is not None:
      known = trial.counts[against]
      nothing = np.zeros_like(known.tp)
      negatives = known.annotated - known.positives
      folds.append(fold)
      counts.append(
        evaluation.Counts(known.positives, negatives, nothing, nothing)
      )
  return _grade("always positive", tuple(folds), [counts])


def coder(results: results_lib.Results) -> Grade:
  """The grade of the coded labels themselves against the truth."""
  trials = [(f, results.fold(f)) for f in results.folds]
  trials = [(f, trial) for f, trial in trials if trial is not None]
  folds = tuple(f for f, _ in trials)
  return _grade("coded labels", folds, [[trial.coder for _, trial in trials]])


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
  )


def comparisons(results: results_lib.Results, against: str) -> list[Comparison]:
  """Every pair of up to four methods, else each with the first."""
  names = [g.name for g in grades(results, against)]
  last = len(names) if len(names) <= 4 else 1
  pairs = [(a, b) for i, b in enumerate(names[:last]) for a in names[i + 1 :]]
  found = [compare(results, a, b, against) for a, b in pairs]
  return [comparison for comparison in found if comparison is not None]


def totals(results: results_lib.Results, against: str) -> evaluation.Counts:
  """Counts over all folds, one trial each: for rates, not for F1."""
  trials = [results.fold(fold) for fold in results.folds]
  return sum(t.counts[against] for t in trials if t is not None)


def rates(counts: evaluation.Counts) -> Float[np.ndarray, " T"]:
  """Share of the annotated frames in which each AU is present.

  Args:
    counts: Each `[T]`.

  Returns:
    `[T]`, nan for an AU that is annotated nowhere.

  Example:
    >>> rates(evaluation.Counts(*np.array([[1], [0], [1], [6]]))).tolist()
    [0.25]
  """
  out = np.full(counts.tp.shape, np.nan)
  known = counts.annotated > 0
  return np.divide(counts.positives, counts.annotated, out=out, where=known)


def kappa(counts: evaluation.Counts) -> Float[np.ndarray, " T"]:
  """Cohen's kappa of two codings: agreement beyond that of chance.

  Args:
    counts: One coding counted against the other.

  Returns:
    `[T]`, nan where both codings are constant.

  Example:
    >>> kappa(evaluation.Counts(*np.array([[3], [1], [1], [3]]))).tolist()
    [0.5]
  """
  total = np.maximum(counts.annotated, 1)
  agreement = (counts.tp + counts.tn) / total
  absent = (total - counts.predicted) * (total - counts.positives)
  chance = (counts.predicted * counts.positives + absent) / total**2
  out = np.full(agreement.shape, np.nan)
  return np.divide(agreement - chance, 1 - chance, out=out, where=chance < 1)


def _grade(name, folds, counts):
  """Grade of counts by repeat and fold."""
  values = np.array([[evaluation.f1(c) for c in row] for row in counts])
  return Grade(
    name=name,
    average=evaluation.fold_average(values),
    folds=folds,
    pooled=float(np.mean([evaluation.pooled(row) for row in counts])),
    num_repeats=len(counts),
  )


def _f1(results, method, fold, repeat, against):
  return evaluation.f1(results.trials[method, fold, repeat].counts[against])
