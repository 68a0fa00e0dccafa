"""F1 and its relatives, computed once from summed counts.

One rule for what is undefined: a ratio without a denominator is nan, and
means leave nan out. An AU with neither positives nor predicted positives thus
has no F1; an AU whose positives are all missed has F1 0.
"""

import dataclasses
from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

from aujax.evaluation import counts as counts_lib


def f1(counts: counts_lib.Counts) -> Float[np.ndarray, "*T"]:
  """Harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn).

  Args:
    counts: Counts of shape `[T]`.

  Returns:
    `[T]`, nan where there are neither positives nor predicted positives.

  Example:
    >>> f1(counts_lib.Counts(*np.array([[3], [1], [1], [9]]))).tolist()
    [0.75]
  """
  return _ratio(2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn)


def precision(counts: counts_lib.Counts) -> Float[np.ndarray, "*T"]:
  """Share of the predictions that are right: tp / (tp + fp).

  Args:
    counts: Counts of shape `[T]`.

  Returns:
    `[T]`, nan where nothing is predicted.

  Example:
    >>> precision(counts_lib.Counts(*np.array([[3], [1], [0], [9]]))).tolist()
    [0.75]
  """
  return _ratio(counts.tp, counts.predicted)


def recall(counts: counts_lib.Counts) -> Float[np.ndarray, "*T"]:
  """Share of the positives that are found: tp / (tp + fn).

  Args:
    counts: Counts of shape `[T]`.

  Returns:
    `[T]`, nan where there are no positives.

  Example:
    >>> recall(counts_lib.Counts(*np.array([[3], [0], [1], [9]]))).tolist()
    [0.75]
  """
  return _ratio(counts.tp, counts.positives)


def accuracy(counts: counts_lib.Counts) -> Float[np.ndarray, "*T"]:
  """Share of the annotated frames that are right, per AU.

  Args:
    counts: Counts of shape `[T]`.

  Returns:
    `[T]`, nan where nothing is annotated.

  Example:
    >>> accuracy(counts_lib.Counts(*np.array([[3], [1], [1], [5]]))).tolist()
    [0.8]
  """
  return _ratio(counts.tp + counts.tn, counts.annotated)


def total_accuracy(counts: counts_lib.Counts) -> float:
  """Share of all annotated (frame, AU) pairs that are right.

  Rieger, Pahl & Seuss 2020 (unique class groups), eq. 3b.

  Args:
    counts: Counts of shape `[T]`.

  Returns:
    A number in [0, 1], nan where nothing is annotated. AUs weigh as often as
    they are annotated.

  Example:
    >>> counts = np.array([[3, 0], [1, 0], [1, 0], [5, 10]])
    >>> total_accuracy(counts_lib.Counts(*counts))
    0.9
  """
  right = (counts.tp + counts.tn).sum()
  return float(_ratio(right, counts.annotated.sum()))


def awc(counts: counts_lib.Counts) -> float:
  """Mean of macro F1 and total accuracy, the ABAW 2020 measure.

  Rieger, Pahl & Seuss 2020, eq. 3c: (sum_i F1_i / T + Acc) / 2.

  Args:
    counts: Counts of shape `[T]`.

  Returns:
    A number in [0, 1].

  Example:
    >>> awc(counts_lib.Counts(*np.array([[1], [1], [1], [2]])))
    0.55
  """
  return (macro(f1(counts)) + total_accuracy(counts)) / 2


def emotionet_score(counts: counts_lib.Counts) -> float:
  """Mean of mean accuracy and mean F1, the EmotioNet challenge's score.

  Args:
    counts: Counts of shape `[T]`.

  Returns:
    A number in [0, 1]. Unlike `awc`, every AU's accuracy weighs the same.

  Example:
    >>> emotionet_score(counts_lib.Counts(*np.array([[1], [1], [1], [2]])))
    0.55
  """
  return (macro(accuracy(counts)) + macro(f1(counts))) / 2


def always_positive(
  base_rates: Float[np.ndarray, "*T"],
) -> Float[np.ndarray, "*T"]:
  """F1 of a system that says every AU is always present: 2 f / (1 + f).

  Its precision is the base rate f and its recall 1. A trained system below
  this line has learnt less than nothing.

  Args:
    base_rates: `[T]` positives / annotated of the frames that are graded.

  Returns:
    `[T]`.

  Example:
    >>> always_positive(np.array([0.25, 1.0])).tolist()
    [0.4, 1.0]
  """
  base_rates = np.asarray(base_rates, np.float64)
  return 2 * base_rates / (1 + base_rates)


def macro(values: Float[np.ndarray, "*T"]) -> float:
  """Mean over what is not nan.

  Args:
    values: `[T]`, a metric per AU.

  Returns:
    The mean, nan where every value is.

  Example:
    >>> macro(np.array([0.25, np.nan, 0.75]))
    0.5
  """
  values = np.asarray(values, np.float64)
  defined = values[~np.isnan(values)]
  return float(defined.mean()) if defined.size else float("nan")


@dataclasses.dataclass(frozen=True, eq=False)
class FoldAverage:
  """F1 of a cross-validation: the number that papers print.

  Attributes:
    mean: Mean over AUs, then folds, then repeats.
    std: Sample standard deviation over repeats of a repeat's mean; nan with a
      single repeat. It says how much the seed matters.
    per_au: `[T]` mean over folds and repeats.
    per_fold: `[folds]` mean over AUs, then repeats.
    fold_std: Sample standard deviation of `per_fold`; nan with a single fold.
      It says how much the subjects matter, and is usually far larger.
  """

  mean: float
  std: float
  per_au: Float[np.ndarray, " T"]
  per_fold: Float[np.ndarray, " folds"]
  fold_std: float


def fold_average(
  f1_values: Float[np.ndarray, "repeats folds T"],
) -> FoldAverage:
  """Averages F1 over AUs, folds and repeats, in this order.

  Args:
    f1_values: `[repeats, folds, T]`; an AU that has no F1 in a fold is nan
      there and is left out of this fold's mean.

  Returns:
    The average and its spread.

  Raises:
    ValueError: If the array has not three dimensions or one is empty.

  Example:
    >>> average = fold_average(np.array([[[0.25, 0.75], [0.5, 1.0]]]))
    >>> average.mean, average.per_au.tolist(), average.per_fold.tolist()
    (0.625, [0.375, 0.875], [0.5, 0.75])
  """
  values = np.asarray(f1_values, np.float64)
  if values.ndim != 3 or not values.size:
    raise ValueError(
      "expected F1 values of shape [repeats, folds, T], none of them 0, got "
      f"{list(values.shape)}"
    )
  trials = np.array([[macro(trial) for trial in row] for row in values])
  per_fold = trials.mean(0)
  return FoldAverage(
    mean=float(trials.mean()),
    std=_deviation(trials.mean(1)),
    per_au=np.array([macro(values[..., i]) for i in range(values.shape[2])]),
    per_fold=per_fold,
    fold_std=_deviation(per_fold),
  )


def pooled(counts: Iterable[counts_lib.Counts]) -> float:
  """Macro F1 over the frames of all folds taken together.

  Another number than the mean over folds: large folds weigh more, and an AU
  that is rare in one fold is not graded on few frames. Printed beside the fold
  average, never instead of it.

  Args:
    counts: One per fold, of the same AUs.

  Returns:
    The mean over AUs of the F1 of the summed counts.

  Raises:
    ValueError: If there are no counts.

  Example:
    >>> fold = counts_lib.Counts(*np.array([[3], [1], [1], [9]]))
    >>> pooled([fold, fold])
    0.75
  """
  total = sum(counts)
  if not isinstance(total, counts_lib.Counts):
    raise ValueError("expected the counts of at least one fold, got none")
  return macro(f1(total))


def _ratio(numerator, denominator):
  numerator = np.asarray(numerator, np.float64)
  out = np.full(numerator.shape, np.nan)
  return np.divide(numerator, denominator, out=out, where=denominator > 0)


def _deviation(values):
  """Sample standard deviation, nan for a single value."""
  return float(values.std(ddof=1)) if len(values) > 1 else float("nan")
