"""Losses for multi-label Action Unit detection.

Element-wise losses take logits (or scores) and labels `[..., T]` and return
one value per (frame, AU); `masked_mean` reduces them. `soft_f1` is a loss of
the whole set and returns a scalar. Labels lie in [0, 1], soft ones included.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Num


def sigmoid_cross_entropy(
  logits: Float[Array | np.ndarray, "*batch T"],
  labels: Num[Array | np.ndarray, "*batch T"],
  *,
  positive_weights: Float[Array | np.ndarray, " T"] | None = None,
) -> Float[Array, "*batch T"]:
  """Binary cross-entropy per (frame, AU), from logits.

  -[w y log sigmoid(x) + (1 - y) log sigmoid(-x)]; with weights it is eq. 3 of
  the attention-based method (Le Hoai et al. 2022).

  Args:
    logits: `[..., T]`.
    labels: `[..., T]` in [0, 1].
    positive_weights: `[T]` weights of the positive term, such as
      `labels.positive_weights`; 1 by default.

  Returns:
    `[..., T]`, non-negative.

  Example:
    >>> print(np.round(sigmoid_cross_entropy(np.zeros(2), np.ones(2)), 4))
    [0.6931 0.6931]
  """
  logits, labels = _as_float(logits, labels)
  # log_sigmoid is stable at both ends; log(sigmoid(x)) is -inf at x = -90.
  present = labels * jax.nn.log_sigmoid(logits)
  absent = (1 - labels) * jax.nn.log_sigmoid(-logits)
  if positive_weights is not None:
    present = present * _per_au(positive_weights, logits)
  return -(present + absent)


def hinge(
  scores: Float[Array | np.ndarray, "*batch T"],
  labels: Num[Array | np.ndarray, "*batch T"],
  *,
  margin: float = 0.5,
) -> Float[Array, "*batch T"]:
  """Hinge loss per (frame, AU): max(0, margin - y s) with y in {-1, 1}.

  Spatio-temporal paper (Chu et al. 2019), section 3.2, with its margin 0.5.
  The gradient printed there belongs to margin 1; this one's is its own.

  Args:
    scores: `[..., T]` signed scores.
    labels: `[..., T]` in [0, 1], mapped to y = 2 label - 1.
    margin: Where the loss reaches 0.

  Returns:
    `[..., T]`, non-negative.

  Example:
    >>> print(hinge(np.array([0.25, 0.25]), np.array([1, 0])))
    [0.25 0.75]
  """
  scores, labels = _as_float(scores, labels)
  return jnp.maximum(0.0, margin - (2 * labels - 1) * scores)


def focal(
  logits: Float[Array | np.ndarray, "*batch T"],
  labels: Num[Array | np.ndarray, "*batch T"],
  *,
  gamma: float = 2.0,
) -> Float[Array, "*batch T"]:
  """Focal loss per (frame, AU): (1 - p_t)^gamma times the cross-entropy.

  Lin et al. 2017, eq. 4, where p_t is the probability of the label; for a
  soft label both classes' terms are mixed by the label.

  Args:
    logits: `[..., T]`.
    labels: `[..., T]` in [0, 1].
    gamma: Focusing exponent; 0 gives the cross-entropy.

  Returns:
    `[..., T]`, non-negative.

  Example:
    >>> print(np.round(focal(np.zeros(1), np.ones(1), gamma=2.0), 4))
    [0.1733]
  """
  logits, labels = _as_float(logits, labels)
  log_p, log_q = jax.nn.log_sigmoid(logits), jax.nn.log_sigmoid(-logits)
  # q^gamma as exp(gamma log q): its gradient stays finite where q underflows.
  present = jnp.exp(gamma * log_q) * log_p
  absent = jnp.exp(gamma * log_p) * log_q
  return -(labels * present + (1 - labels) * absent)


def asymmetric(
  logits: Float[Array | np.ndarray, "*batch T"],
  labels: Num[Array | np.ndarray, "*batch T"],
  *,
  gamma_positive: float = 0.0,
  gamma_negative: float = 4.0,
  clip: float = 0.05,
) -> Float[Array, "*batch T"]:
  """Asymmetric loss per (frame, AU).

  Ridnik et al. 2021: positives -(1 - p)^gamma_positive log p, negatives
  -p_m^gamma_negative log(1 - p_m) with p_m = max(p - clip, 0), so that very
  easy negatives count nothing.

  Args:
    logits: `[..., T]`.
    labels: `[..., T]` in [0, 1].
    gamma_positive: Focusing exponent of the positives.
    gamma_negative: Focusing exponent of the negatives.
    clip: How far the negatives' probability is shifted down.

  Returns:
    `[..., T]`, non-negative.

  Example:
    >>> print(np.round(asymmetric(np.array([0.0, 2.0]), np.zeros(2)), 3))
    [0.025 0.846]
  """
  logits, labels = _as_float(logits, labels)
  log_p, log_q = jax.nn.log_sigmoid(logits), jax.nn.log_sigmoid(-logits)
  present = jnp.exp(gamma_positive * log_q) * log_p
  # With m = p - clip the complement 1 - m is q + clip; without a clip it
  # underflows for large logits, where log_q does not.
  counts = jnp.exp(log_p) > clip
  m = jnp.where(counts, jnp.exp(log_p) - clip, 1.0)
  log_rest = jnp.log(jnp.exp(log_q) + clip) if clip else log_q
  absent = jnp.where(counts, m**gamma_negative * log_rest, 0.0)
  return -(labels * present + (1 - labels) * absent)


def soft_f1(
  logits: Float[Array | np.ndarray, "*batch T"],
  labels: Num[Array | np.ndarray, "*batch T"],
  mask: Bool[Array | np.ndarray, "*batch T"] | None = None,
  *,
  weights: str | Float[Array | np.ndarray, " T"] = "support",
  epsilon: float = 1e-7,
) -> Float[Array, ""]:
  """One minus the weighted mean of F1 scores computed on probabilities.

  1 - sum_i w_i F_i / sum_i w_i with F_i = 2 tp / (2 tp + fp + fn + epsilon).
  The unique class group paper (seed 2) names a weighted F1 loss without
  defining it; weighting by support is scikit-learn's "weighted" average.

  Args:
    logits: `[..., T]`.
    labels: `[..., T]` in [0, 1].
    mask: `[..., T]`, True where annotated; all of it by default.
    weights: "support" (an AU weighs as many positives as it has), "macro"
      (all AUs weigh the same), or `[T]` weights.
    epsilon: Keeps F1 finite where there is nothing to find and nothing found.

  Returns:
    A scalar in [0, 1]; 1 if all weights are 0.

  Raises:
    ValueError: If `weights` is another word.

  Example:
    >>> soft_f1(np.array([[9.0], [-9.0]]), np.array([[1], [0]])).round(3).item()
    0.0
  """
  logits, labels = _as_float(logits, labels)
  mask = jnp.ones(logits.shape, bool) if mask is None else jnp.asarray(mask)
  frames = tuple(range(logits.ndim - 1))
  probability = jnp.where(mask, jax.nn.sigmoid(logits), 0.0)
  labels = jnp.where(mask, labels, 0.0)
  tp = (probability * labels).sum(frames)
  support = labels.sum(frames)
  # fp + fn = sum p (1 - y) + sum (1 - p) y = sum p + sum y - 2 tp.
  f1 = 2 * tp / (probability.sum(frames) + support + epsilon)
  w = _f1_weights(weights, support)
  total = w.sum()
  return 1 - jnp.where(
    total > 0, (w * f1).sum() / jnp.where(total > 0, total, 1.0), 0.0
  )


def masked_mean(
  values: Num[Array | np.ndarray, "..."],
  mask: Bool[Array | np.ndarray, "..."] | None = None,
  *,
  weights: Num[Array | np.ndarray, "..."] | None = None,
) -> Float[Array, ""]:
  """Mean over annotated entries, of weight times value.

  The divisor is how many entries are annotated; weights do not enter it (as in
  the losses of seeds 3 and 4), so a weight scales its entry's share.

  Args:
    values: `[...]`.
    mask: `[...]`, True where annotated; all of it by default.
    weights: What each value is multiplied by, broadcast against `values`,
      such as `[T]` or `[B, T]`.

  Returns:
    A scalar; 0, with a zero gradient, if nothing is annotated.

  Example:
    >>> masked_mean(np.array([1.0, 5.0]), np.array([True, False])).item()
    1.0
  """
  values = jnp.asarray(values)
  mask = jnp.ones(values.shape, bool) if mask is None else jnp.asarray(mask)
  # The value is cleared before the product: nan times 0 would stay nan.
  values = jnp.where(mask, values, 0.0)
  if weights is not None:
    values = values * _per_au(weights, values)
  return values.sum() / jnp.maximum(mask.sum(), 1)


def _as_float(logits, labels):
  logits = jnp.asarray(logits)
  return logits, jnp.asarray(labels, logits.dtype)


def _per_au(weights, like):
  """Gives weights `[T]` the rank of `like`, without silent promotion."""
  weights = jnp.asarray(weights, like.dtype)
  return weights.reshape((1,) * (like.ndim - weights.ndim) + weights.shape)


def _f1_weights(weights, support):
  if isinstance(weights, str):
    if weights == "support":
      # Support is a count; a gradient through it would reward nothing.
      return jax.lax.stop_gradient(support)
    if weights == "macro":
      return jnp.ones_like(support)
    raise ValueError(
      f"expected weights 'support', 'macro' or an array, got {weights!r}"
    )
  return jnp.asarray(weights, support.dtype)
