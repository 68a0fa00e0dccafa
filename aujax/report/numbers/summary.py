"""From counts to the numbers of the report, all of them in one place."""

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from aujax import evaluation
from aujax.report.numbers import intervals
from aujax.report.numbers import results as results_lib
from aujax.report.numbers import trials as trials_lib

# Of `trials.Measures`, those with one value per AU.
MEASURES = ("roc_auc", "average_precision", "event_f1", "calibration_error")
# What counts of all AUs together tell.
WHOLE = {
  "awc": evaluation.awc,
  "total_accuracy": evaluation.total_accuracy,
  "emotionet": evaluation.emotionet_score,
}


@dataclasses.dataclass(frozen=True, eq=False)
class Grade:
  """A method's F1 against one target.

  Attributes:
    name: The method, or a reference such as "always positive".
    average: Over AUs, folds and repeats.
    folds: Those of `average.per_fold`; fewer than all if trials are missing.
    pooled: Macro F1 of the frames of these folds together, mean over repeats.
    num_repeats: How many repeats had all these folds.
    measures: Other measures than F1, averaged alike, by name: those in
      `WHOLE` and, unless only counts are known, those in `MEASURES`.
    interval: Of the mean, where it is known.
  """

  name: str
  average: evaluation.FoldAverage
  folds: tuple[int, ...]
  pooled: float
  num_repeats: int
  measures: dict[str, evaluation.FoldAverage]
  interval: evaluation.Interval | None = None

  def fold(self, number: int) -> float:
    """Macro F1 in a fold, nan if the fold is missing."""
    if number not in self.folds:
      return float("nan")
    return float(self.average.per_fold[self.folds.index(number)])


@functools.lru_cache(maxsize=1024)
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
  folds, repeats = intervals.grid(results, method)
  if not folds:
    raise ValueError(f"expected a finished trial of {method!r}, found none")
  trials = [[results.trials[method, f, r] for f in folds] for r in repeats]
  graded = _grade(
    method,
    folds,
    [[trial.counts[against] for trial in row] for row in trials],
    [[trial.measures[against] for trial in row] for row in trials],
  )
  interval = intervals.of_mean(results, method, against)
  return dataclasses.replace(graded, interval=interval)


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
    Its grade over the folds that some method was tested on, from counts.
  """
  counts = []
  for trial in _tested(results):
    known = trial.counts[against]
    nothing = np.zeros_like(known.tp)
    negatives = known.annotated - known.positives
    counts.append(
      evaluation.Counts(known.positives, negatives, nothing, nothing)
    )
  folds = tuple(trial.fold for trial in _tested(results))
  return _grade("always positive", folds, [counts])


def coder(results: results_lib.Results) -> Grade:
  """The grade of the coded labels themselves against the truth."""
  trials = _tested(results)
  folds = tuple(trial.fold for trial in trials)
  return _grade("coded labels", folds, [[trial.coder for trial in trials]])


@functools.lru_cache(maxsize=64)
def measured(
  results: results_lib.Results, against: str, *, coder: bool = False
) -> dict[str, evaluation.FoldAverage]:
  """Measures of a reference that need frames, which are read again.

  Args:
    results: All trials.
    against: "labels" or "truth".
    coder: Of the coded labels as if they were scores, instead of saying that
      every AU is always there.

  Returns:
    Averages by the names in `MEASURES`.
  """
  found = []
  for trial in _tested(results):
    scores = trial.scores()
    scores = scores.select(scores.in_time())
    said, mask = np.ones_like(scores.scores), None
    if coder:
      mask = scores.labels >= 0
      said = np.where(mask, scores.labels, 0).astype(np.float32)
    target, videos = scores.target(against), scores.videos()
    found.append(
      trials_lib.measure(said, target, mask, threshold=0.5, videos=videos)
    )
  return _averages([found])


def totals(results: results_lib.Results, against: str) -> evaluation.Counts:
  """Counts over all folds, one trial each: for rates, not for F1."""
  return sum(trial.counts[against] for trial in _tested(results))


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


def _tested(results):
  """A trial of every fold that some method was tested on."""
  trials = (results.fold(fold) for fold in results.folds)
  return [trial for trial in trials if trial is not None]


def _grade(name, folds, counts, measures=None):
  """Grade of counts and measures by repeat and fold."""
  values = np.array([[evaluation.f1(c) for c in row] for row in counts])
  return Grade(
    name=name,
    average=evaluation.fold_average(values),
    folds=folds,
    pooled=float(np.mean([evaluation.pooled(row) for row in counts])),
    num_repeats=len(counts),
    measures={
      measure: evaluation.fold_average(
        np.array([[[function(c)] for c in row] for row in counts])
      )
      for measure, function in WHOLE.items()
    }
    | (_averages(measures) if measures else {}),
  )


def _averages(
  measures: Sequence[Sequence[trials_lib.Measures]],
) -> dict[str, evaluation.FoldAverage]:
  """Averages of what each trial has per AU, by repeat and fold."""
  return {
    name: evaluation.fold_average(
      np.array([[getattr(m, name) for m in row] for row in measures])
    )
    for name in MEASURES
  }
