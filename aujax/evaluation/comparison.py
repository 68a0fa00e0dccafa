"""Two methods on the same folds: how large the difference, how sure.

Repeats are runs of the same folds with other seeds. They are no new subjects,
so both tests here average them first and have as many values as there are
folds.
"""

import dataclasses
import math

import numpy as np
import scipy.special
from jaxtyping import Float

# All sign flips are tried up to this many folds, a sample of them beyond.
_EXACT_FOLDS = 16


@dataclasses.dataclass(frozen=True, eq=False)
class Paired:
  """What a comparison on the same folds says.

  Attributes:
    mean: Mean difference, over repeats, then folds.
    low: Lower end of the corrected t interval, nan with a single fold.
    high: Upper end of it.
    t_p_value: Two-sided p value of the corrected t test, nan likewise.
    p_value: Two-sided p value of the sign-flip test.
    smallest_p_value: The smallest that `p_value` can be with as many folds:
      1/4 with 3 of them, 1/512 with 10. What lies above the level that was
      asked for cannot reach it, whatever the methods do.
    per_fold: `[folds]` mean difference over repeats.
  """

  mean: float
  low: float
  high: float
  t_p_value: float
  p_value: float
  smallest_p_value: float
  per_fold: Float[np.ndarray, " folds"]


def paired(
  values: Float[np.ndarray, "repeats folds"],
  reference: Float[np.ndarray, "other_repeats folds"],
  *,
  confidence: float = 0.95,
  test_ratio: float | None = None,
  num_samples: int = 10_000,
  seed: int = 0,
) -> Paired:
  """Compares two methods that were tested on the same folds.

  The interval is that of the corrected resampled t test (Nadeau & Bengio
  2003, section 4): mean +- t s sqrt(1 / K + test / train) with K - 1 degrees
  of freedom, s the sample standard deviation over folds. The naive interval
  has 1 / K alone and is too narrow: any two folds' models share most of their
  training subjects, so their differences are correlated. The correction takes
  this correlation to be test / (test + train), a heuristic that was derived
  for random splits; it is not exact, and folds are assumed near normal.

  The p value tries all ways to swap the two methods within folds: the share
  of them whose mean difference is as large as the one observed (Fisher's
  randomisation test). It needs no normality, but it takes folds to be
  independent, which they are not for the reason above: read it beside the
  interval, not instead.

  Neither says whether the difference would hold for other folds or another
  dataset.

  Args:
    values: `[repeats, folds]` a metric, such as macro F1, of one method. A
      trial that is not there is nan; its fold is averaged over the others.
    reference: `[repeats, folds]` of the other; as many folds, in the same
      order. Repeats need not be as many: their mean is what is compared.
    confidence: Share of the cases in which the interval is to hold.
    test_ratio: Test subjects per training subject. By default 1 / (K - 1),
      that of K folds without a validation set; with the share v of the
      training subjects set aside it is 1 / ((K - 1) (1 - v)).
    num_samples: Sign flips that are drawn where there are more than 16 folds.
    seed: Decides which.

  Returns:
    Difference, interval and p values; values - reference.

  Raises:
    ValueError: If the numbers of folds differ, a fold has no value, or the
      confidence does not lie between 0 and 1.

  Example:
    >>> result = paired(np.array([[0.5, 0.75]]), np.array([[0.25, 0.25]]))
    >>> result.mean, result.per_fold.tolist(), result.p_value
    (0.375, [0.25, 0.5], 0.5)
  """
  if not 0 < confidence < 1:
    raise ValueError(f"expected a confidence in (0, 1), got {confidence}")
  if np.shape(values)[1:] != np.shape(reference)[1:]:
    raise ValueError(
      "expected both methods on the same folds, got shapes "
      f"{list(np.shape(values))} and {list(np.shape(reference))}; compare the "
      "folds that both have"
    )
  differences = _per_fold(values) - _per_fold(reference)
  folds = len(differences)
  low, high, t_p_value = _corrected_t(differences, confidence, test_ratio)
  return Paired(
    mean=float(differences.mean()),
    low=low,
    high=high,
    t_p_value=t_p_value,
    p_value=_sign_flip(differences, num_samples, seed),
    smallest_p_value=(
      2.0 ** (1 - folds) if folds <= _EXACT_FOLDS else 1 / (1 + num_samples)
    ),
    per_fold=differences,
  )


def _per_fold(values):
  """Mean over the repeats that are there."""
  values = np.asarray(values, np.float64)
  known = ~np.isnan(values)
  if values.ndim != 2 or not values.size or not known.any(0).all():
    raise ValueError(
      "expected values of shape [repeats, folds] with one or more per fold, "
      f"got shape {list(values.shape)} and {(~known).sum()} nan; leave out "
      "folds that one of the methods lacks"
    )
  return np.where(known, values, 0).sum(0) / known.sum(0)


def _corrected_t(differences, confidence, test_ratio):
  """Interval and p value of Nadeau & Bengio 2003."""
  folds = len(differences)
  if folds < 2:
    return math.nan, math.nan, math.nan
  if test_ratio is None:
    test_ratio = 1 / (folds - 1)
  mean = float(differences.mean())
  error = float(differences.std(ddof=1)) * math.sqrt(1 / folds + test_ratio)
  quantile = scipy.special.stdtrit(folds - 1, (1 + confidence) / 2)
  if error > 0:
    p_value = 2 * scipy.special.stdtr(folds - 1, -abs(mean) / error)
  else:
    p_value = float(mean == 0)
  half = float(quantile) * error
  return mean - half, mean + half, float(p_value)


def _sign_flip(differences, num_samples, seed):
  """Share of the sign flips whose mean is as far from 0."""
  folds = len(differences)
  exact = folds <= _EXACT_FOLDS
  if exact:
    # Flipping all signs changes nothing: the first may keep its own.
    codes = np.arange(2 ** (folds - 1))[:, None]
    flipped = codes >> np.arange(folds) & 1
  else:
    rng = np.random.default_rng(seed)
    flipped = rng.integers(0, 2, (num_samples, folds))
  sums = np.abs((1 - 2 * flipped) @ differences)
  # Sums of the same numbers in another order may differ in the last bits.
  reached = sums >= abs(differences.sum()) - 1e-9 * np.abs(differences).sum()
  # The observed signs are one of the flips, drawn or not (Phipson & Smyth
  # 2010): a sampled p value is never 0.
  return float(
    reached.mean() if exact else (1 + reached.sum()) / (1 + num_samples)
  )
