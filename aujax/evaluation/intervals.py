"""How sure a fold-averaged macro F1 is: bootstrap intervals over subjects.

Frames of one subject resemble one another, so subjects are drawn, not frames.
An interval tells what other test subjects might have given these trained
models. It does not contain the choice of other training subjects, which only
training again would show.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from aujax.evaluation import counts as counts_lib

# Samples that are drawn at a time.
_BLOCK = 4096


@dataclasses.dataclass(frozen=True)
class Interval:
  """A number and where it would lie with other subjects.

  Attributes:
    value: Of the subjects as they are.
    low: Lower end.
    high: Upper end.
  """

  value: float
  low: float
  high: float


def bootstrap(
  counts: Sequence[Sequence[counts_lib.Counts]],
  *,
  num_samples: int = 2000,
  confidence: float = 0.95,
  seed: int = 0,
) -> Interval:
  """Interval of the fold-averaged macro F1, by drawing subjects anew.

  Percentile bootstrap (Efron & Tibshirani 1993, chapter 13), stratified by
  fold: in every sample each fold draws as many subjects as it has, with
  replacement and the same for all repeats; their counts are summed, F1 is
  computed once, and averaged over AUs, folds and repeats as
  `metrics.fold_average` does.

  With the 9 to 14 subjects of a usual fold it is somewhat too narrow, as the
  percentile bootstrap is for small samples, and an AU that few subjects show
  pulls it down: samples without these subjects have no positives.

  Args:
    counts: Over repeats, over folds: counts by subject, `[S_fold, T]`, such as
      `counts.count_by` gives. All repeats have the same folds and subjects, in
      the same order.
    num_samples: How often subjects are drawn.
    confidence: Share of the samples inside of the interval.
    seed: Decides the samples.

  Returns:
    The macro F1 as it is and its interval; nan where no AU has an F1. Samples
    in which a fold has none at all are left out.

  Raises:
    ValueError: If there are no counts, repeats do not fit one another, or the
      confidence does not lie between 0 and 1.

  Example:
    >>> one = counts_lib.Counts(*np.array([[[3], [3]], [[1], [1]],
    ...                                    [[1], [1]], [[9], [9]]]))
    >>> bootstrap([[one]])  # Both subjects are alike.
    Interval(value=0.75, low=0.75, high=0.75)
  """
  _check(counts, confidence, num_samples)
  samples = _samples([counts], num_samples, seed)[0]
  return _interval(_values(counts), samples, confidence)


def bootstrap_difference(
  counts: Sequence[Sequence[counts_lib.Counts]],
  reference: Sequence[Sequence[counts_lib.Counts]],
  *,
  num_samples: int = 2000,
  confidence: float = 0.95,
  seed: int = 0,
) -> Interval:
  """Interval of the difference of two methods, on the same subjects.

  Every sample draws subjects once and grades both methods on them, so what
  makes a subject hard for both cancels out. See `bootstrap` for the rest.

  Args:
    counts: Over repeats, over folds: counts by subject, `[S_fold, T]`.
    reference: Of the other method; the same folds and subjects, in the same
      order. The number of repeats may be another.
    num_samples: How often subjects are drawn.
    confidence: Share of the samples inside of the interval.
    seed: Decides the samples.

  Returns:
    The difference of the macro F1, counts - reference, and its interval.

  Raises:
    ValueError: As `bootstrap`, or if the methods' folds do not fit.

  Example:
    >>> one = counts_lib.Counts(*np.array([[[3], [1]], [[1], [2]],
    ...                                    [[1], [0]], [[9], [9]]]))
    >>> bootstrap_difference([[one]], [[one]])
    Interval(value=0.0, low=0.0, high=0.0)
  """
  _check([*counts, *reference], confidence, num_samples)
  ours, theirs = _samples([counts, reference], num_samples, seed)
  difference = _values(counts) - _values(reference)
  return _interval(difference, ours - theirs, confidence)


def _check(counts, confidence, num_samples):
  """Raises if trials do not fit, or an option is out of range."""
  if not 0 < confidence < 1:
    raise ValueError(f"expected a confidence in (0, 1), got {confidence}")
  if num_samples < 1:
    raise ValueError(f"expected 1 sample or more, got {num_samples}")
  shapes = [[fold.tp.shape for fold in repeat] for repeat in counts]
  if not shapes or not shapes[0]:
    raise ValueError("expected counts of at least one fold, got none")
  if any(len(shape) != 2 or not shape[0] for row in shapes for shape in row):
    raise ValueError(
      "expected counts of shape [subjects, T] for every fold, got "
      f"{shapes[0]}; use count_by() with subjects as groups"
    )
  for row in shapes:
    if row != shapes[0]:
      raise ValueError(
        "expected the same folds, subjects and AUs in every repeat, got counts "
        f"of shapes {shapes[0]} and {row}"
      )


def _samples(methods, num_samples, seed):
  """Macro F1 `[methods, samples]`, all methods on the same draws."""
  rng = np.random.default_rng(seed)
  num_folds = len(methods[0][0])
  total = np.zeros((len(methods), num_samples))
  for fold in range(num_folds):
    tables = [_table([repeat[fold] for repeat in method]) for method in methods]
    subjects = len(tables[0])
    even = np.full(subjects, 1 / subjects)
    for start in range(0, num_samples, _BLOCK):
      block = slice(start, min(start + _BLOCK, num_samples))
      # How often each subject was drawn says all about a sample.
      draws = rng.multinomial(subjects, even, block.stop - start)
      for method, table in enumerate(tables):
        sums = np.tensordot(draws.astype(np.float64), table, axes=1)
        total[method, block] += _macro_f1(sums)
  return total / num_folds


def _values(counts):
  """Macro F1 of the subjects as they are."""
  folds = [
    _macro_f1(_table([repeat[fold] for repeat in counts]).sum(0)[None])
    for fold in range(len(counts[0]))
  ]
  return float(np.mean(folds))


def _table(repeats):
  """Doubled hits and all errors by subject: `[S, repeats, 2, T]`."""
  return np.stack(
    [
      np.stack([2 * one.tp, one.fp + one.fn], axis=1).astype(np.float64)
      for one in repeats
    ],
    axis=1,
  )


def _macro_f1(sums):
  """Mean F1 over AUs, then repeats, of sums `[samples, repeats, 2, T]`."""
  hits, errors = sums[..., 0, :], sums[..., 1, :]
  defined = hits + errors > 0
  f1 = np.divide(hits, hits + errors, out=np.zeros_like(hits), where=defined)
  number = defined.sum(-1)
  mean = f1.sum(-1) / np.where(number > 0, number, np.nan)
  return mean.mean(-1)


def _interval(value, samples, confidence):
  samples = samples[~np.isnan(samples)]
  if not samples.size:
    return Interval(value, np.nan, np.nan)
  tail = (1 - confidence) / 2
  low, high = np.quantile(samples, [tail, 1 - tail])
  return Interval(value, float(low), float(high))
