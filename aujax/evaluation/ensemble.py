"""Several models' scores made one: members may differ in anything.

Members are stacked in front: scores `[members, N, T]` of the same frames and
AUs. Scores of models, repeats or folds `[models, repeats, N, T]` are reshaped
to `[-1, N, T]`.
"""

import numpy as np
from jaxtyping import Array, Bool, Float, Num

from aujax.evaluation import counts as counts_lib
from aujax.evaluation import metrics

_HOW = ("probabilities", "logits", "vote")
# What is left between a probability and 0 or 1: about float32's step at 1.
_MARGIN = 1e-7


def combine(
  scores: Float[Array | np.ndarray, "members *N T"],
  *,
  how: str = "probabilities",
  weights: Float[Array | np.ndarray, " members"] | None = None,
  threshold: float | int | Num[Array | np.ndarray, "..."] = 0.5,
) -> Float[np.ndarray, "*N T"]:
  """Combines the probabilities of several members.

  Args:
    scores: `[members, ..., T]`, probabilities.
    how: "probabilities" for their mean; "logits" for the mean of log(p / (1 -
      p)), put back through the sigmoid, in which a sure member weighs more;
      "vote" for the share of members whose score reaches the threshold.
    weights: `[members]`, at least 0, in any scale; equal by default.
    threshold: Of the votes: a number, `[T]` one per AU, or `[members, T]` or
      `[members, 1]` for members with thresholds of their own. It is compared
      in the scores' precision. Other ways do not read it.

  Returns:
    `[..., T]` in [0, 1], in the scores' precision. A majority, or half of the
    votes, reaches a threshold of 0.5.

  Raises:
    ValueError: If there are no members, the name is another, or weights or
      thresholds do not fit.

  Example:
    >>> scores = np.array([[[0.2]], [[0.9]], [[0.7]]])
    >>> combine(scores).tolist(), combine(scores, how="vote").round(3).tolist()
    ([[0.6]], [[0.667]])
    >>> combine(scores, how="logits").round(3).tolist()
    [[0.635]]
  """
  scores = np.asarray(scores)
  values = _values(scores, how, threshold)
  total = _mean(values, _weights(weights, len(scores)))
  return _probabilities(total, how).astype(scores.dtype)


def best_weights(
  scores: Float[Array | np.ndarray, "members *N T"],
  labels: Num[Array | np.ndarray, "*N T"] | Bool[np.ndarray, "*N T"],
  mask: Bool[Array | np.ndarray, "*N T"] | None = None,
  *,
  how: str = "probabilities",
  threshold: float | int | Num[Array | np.ndarray, "..."] = 0.5,
  num_rounds: int = 30,
) -> Float[np.ndarray, " members"]:
  """Chooses members' weights that give the best macro F1.

  Ensemble selection with replacement (Caruana et al. 2004): starting from the
  best member, each round adds the one that most helps the mean of those chosen
  so far, again and again, and the best round is kept. A weight is how often
  its member was chosen. Greedy, so not the optimum over all weights, but never
  worse on the given frames than the best member, nor than equal weights, which
  are kept when nothing beats them.

  Choose on validation frames, never on those that are tested. The fewer
  subjects validate, the more of the gain is chance; equal weights are a strong
  rival.

  Args:
    scores: `[members, ..., T]`, probabilities of the validation frames.
    labels: `[..., T]`: 1 present, 0 absent, -1 unknown. Unknown is left out.
    mask: `[..., T]`, True where annotated. Everything by default.
    how: As in `combine`.
    threshold: At which the combined scores are graded; of the members, and 0.5
      of the combined, where they vote.
    num_rounds: How many choices are made; the smallest weight is one of them.

  Returns:
    `[members]`, summing to 1.

  Raises:
    ValueError: If no AU has an F1, so that there is nothing to choose by, or
      as in `combine` and `counts.count`.

  Example:
    >>> scores = np.array([[[0.4], [0.1]], [[0.7], [0.2]], [[0.1], [0.6]]])
    >>> best_weights(scores, np.array([[1], [0]])).tolist()
    [0.0, 1.0, 0.0]
  """
  scores = np.asarray(scores)
  values = _values(scores, how, threshold)

  def grade(total):
    combined = _probabilities(total, how).astype(scores.dtype)
    limit = 0.5 if how == "vote" else threshold
    counts = counts_lib.count(combined, labels, mask, threshold=limit)
    return metrics.macro(metrics.f1(counts))

  equal = _weights(None, len(scores))
  best, best_value = equal / equal.sum(), grade(_mean(values, equal))
  chosen, total = np.zeros(len(scores)), np.zeros(scores.shape[1:])
  for size in range(1, num_rounds + 1):
    trials = [grade((total + member) / size) for member in values]
    if np.isnan(trials).all():
      raise ValueError(
        "expected an AU with positives to choose weights by, got none; "
        "validate on more subjects or use equal weights"
      )
    winner = int(np.nanargmax(trials))
    chosen[winner] += 1
    total += values[winner]
    if not trials[winner] <= best_value:
      best, best_value = chosen / size, trials[winner]
  return best


def _values(scores, how, threshold):
  """What is averaged, `[members, ..., T]`."""
  if how not in _HOW:
    raise ValueError(f"expected how to be one of {list(_HOW)}, got {how!r}")
  if scores.ndim < 2 or not len(scores):
    raise ValueError(
      "expected scores of shape [members, ..., T] of one member or more, got "
      f"{list(scores.shape)}"
    )
  if how == "logits":
    inside = np.clip(scores.astype(np.float64), _MARGIN, 1 - _MARGIN)
    return np.log(inside) - np.log1p(-inside)
  if how == "vote":
    return _votes(scores, threshold)
  return scores


def _votes(scores, threshold):
  """1 where a member finds the AU; nan where it has no score."""
  threshold = np.asarray(threshold, scores.dtype)
  known = [(), (scores.shape[-1],)]
  known += [(len(scores), 1), (len(scores), scores.shape[-1])]
  if threshold.shape not in known:
    raise ValueError(
      f"expected a threshold of one of the shapes {known}, got "
      f"{threshold.shape}"
    )
  if threshold.ndim == 2:
    ones = (1,) * (scores.ndim - 2)
    threshold = threshold.reshape(len(scores), *ones, threshold.shape[1])
  votes = (scores >= threshold).astype(np.float64)
  return np.where(np.isnan(scores), np.nan, votes)


def _weights(weights, members):
  """One weight per member, checked."""
  if weights is None:
    return np.ones(members)
  weights = np.asarray(weights, np.float64)
  right = weights.shape == (members,) and np.isfinite(weights).all()
  if not right or (weights < 0).any() or not weights.sum() > 0:
    raise ValueError(
      f"expected {members} weights, one per member, at least 0 and not all 0, "
      f"got {weights.tolist()}"
    )
  return weights


def _mean(values, weights):
  """Mean over members; one without weight has no say, whatever its score."""
  total = np.zeros(values.shape[1:])
  for value, weight in zip(values, weights, strict=True):
    if weight:
      total += weight * value
  # Dividing last keeps half of the votes at exactly 0.5.
  return total / weights.sum()


def _probabilities(total, how):
  """Back to [0, 1]; rounding may have left it by the last bit."""
  if how == "logits":
    return 1 / (1 + np.exp(-total))
  return np.clip(total, 0, 1)
