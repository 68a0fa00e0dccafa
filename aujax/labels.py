"""Pure transforms and statistics of Action Unit labels.

Labels are `[..., T]`, one column per AU. On disk they are int8 with 1 present,
0 absent and -1 unknown; `split_missing` turns them into float32 in {0, 1} and
a boolean mask, which is what everything else here takes. All but the value
check of `split_missing` works under jit, grad and vmap.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Key, Num

from aujax import action_units


def split_missing(
  raw: Num[Array | np.ndarray, "..."], *, missing: int = action_units.UNKNOWN
) -> tuple[Float[Array, "..."], Bool[Array, "..."]]:
  """Splits labels as annotated into values and a mask.

  Args:
    raw: `[..., T]` labels: 1 present, 0 absent, `missing` unknown.
    missing: The code for unknown.

  Returns:
    Labels, float32 in {0, 1} (0 where unknown), and the mask, True where
    annotated; both of `raw`'s shape.

  Raises:
    ValueError: If another value occurs; it is named with its index. Under jit
      values cannot be seen and are not checked.

  Example:
    >>> labels, mask = split_missing(np.array([1, 0, -1]))
    >>> labels.tolist(), mask.tolist()
    ([1.0, 0.0, 0.0], [True, True, False])
  """
  if not isinstance(raw, jax.core.Tracer):
    _check_values(np.asarray(raw), missing)
  raw = jnp.asarray(raw)
  return (raw == 1).astype(jnp.float32), raw != missing


def base_rates(
  labels: Num[Array | np.ndarray, "*batch T"],
  mask: Bool[Array | np.ndarray, "*batch T"] | None = None,
) -> Float[Array, " T"]:
  """Share of annotated frames in which each AU is present.

  Args:
    labels: `[..., T]` in [0, 1].
    mask: `[..., T]`, True where annotated; all of it by default.

  Returns:
    `[T]`, nan for an AU that is annotated nowhere.

  Example:
    >>> base_rates(np.array([[1, 0], [0, 0]])).tolist()
    [0.5, 0.0]
  """
  labels = jnp.asarray(labels, jnp.float32)
  mask = jnp.ones(labels.shape, bool) if mask is None else jnp.asarray(mask)
  frames = tuple(range(labels.ndim - 1))
  annotated = mask.sum(frames)
  positive = jnp.where(mask, labels, 0.0).sum(frames)
  return jnp.where(annotated > 0, positive / jnp.maximum(annotated, 1), jnp.nan)


def smooth(
  labels: Num[Array | np.ndarray, "..."], *, alpha: float
) -> Float[Array, "..."]:
  """Vanilla label smoothing.

  Robin Hood paper (Tallec et al. 2023), eq. 1: (1 - alpha) y + alpha / 2.

  Args:
    labels: `[...]` in [0, 1].
    alpha: Probability of uniform noise, in [0, 1].

  Returns:
    Smoothed labels of the same shape.

  Raises:
    ValueError: If alpha lies outside [0, 1].

  Example:
    >>> smooth(np.array([0.0, 1.0]), alpha=0.5).tolist()
    [0.25, 0.75]
  """
  _check_unit("alpha", alpha)
  labels = jnp.asarray(labels, jnp.float32)
  return (1 - alpha) * labels + alpha / 2


def robin_hood_rates(
  base_rates: Float[Array | np.ndarray, " T"], *, beta: float
) -> tuple[Float[Array, " T"], Float[Array, " T"]]:
  """How much noise Robin Hood label smoothing gives to each class.

  Tallec et al. 2023, eq. 3, where f is the AU's base rate:
  alpha_negative = beta max(0, (1 - 2 f) / (1 - f)) and
  alpha_positive = beta max(0, (2 f - 1) / f). Only the majority class gets
  noise. The formulas are continued to the ends: rate 0 gives (0, beta) and
  rate 1 gives (beta, 0).

  Args:
    base_rates: `[T]` base rates of the training fold, never the batch's.
    beta: Amount of noise in [0, 1]: 0 none, 1 as much as makes the smoothed
      labels balanced.

  Returns:
    alpha_positive and alpha_negative, each `[T]`.

  Raises:
    ValueError: If beta lies outside [0, 1].

  Example:
    >>> positive, negative = robin_hood_rates(np.array([0.2, 0.5]), beta=1.0)
    >>> positive.tolist(), negative.tolist()
    ([0.0, 0.0], [0.75, 0.0])
  """
  _check_unit("beta", beta)
  rates = jnp.asarray(base_rates, jnp.float32)
  # Where a denominator reaches 0 its class is empty and the other branch of
  # the maximum holds; 1/2 keeps the unused quotient, and its gradient, finite.
  absent = jnp.where(rates < 0.5, 1 - rates, 0.5)
  present = jnp.where(rates > 0.5, rates, 0.5)
  negative = jnp.where(rates < 0.5, (1 - 2 * rates) / absent, 0.0)
  positive = jnp.where(rates > 0.5, (2 * rates - 1) / present, 0.0)
  return beta * positive, beta * negative


def robin_hood(
  labels: Num[Array | np.ndarray, "*batch T"],
  *,
  base_rates: Float[Array | np.ndarray, " T"],
  beta: float,
) -> Float[Array, "*batch T"]:
  """Robin Hood label smoothing: takes confidence from the majority class only.

  Tallec et al. 2023, eq. 2:
  y (1 - alpha_positive / 2) + (1 - y) alpha_negative / 2 with the alphas of
  `robin_hood_rates`. For hard labels of rate f the smoothed mean is
  f + beta (1/2 - f).

  Args:
    labels: `[..., T]` in [0, 1].
    base_rates: `[T]` base rates of the training fold.
    beta: Amount of noise in [0, 1]; the paper chooses 0.25.

  Returns:
    Smoothed labels `[..., T]`.

  Raises:
    ValueError: If beta lies outside [0, 1].

  Example:
    >>> labels = np.array([[1.0], [0.0]])
    >>> print(robin_hood(labels, base_rates=np.array([0.2]), beta=1.0).ravel())
    [1.    0.375]
  """
  labels = jnp.asarray(labels, jnp.float32)
  positive, negative = robin_hood_rates(base_rates, beta=beta)
  # One AU per column: the rank is raised here, nothing broadcasts silently.
  shape = (1,) * (labels.ndim - 1) + (-1,)
  positive, negative = positive.reshape(shape), negative.reshape(shape)
  return labels * (1 - positive / 2) + (1 - labels) * negative / 2


def inverse_frequency_weights(
  base_rates: Float[Array | np.ndarray, " T"], *, total: float = 1.0
) -> Float[Array, " T"]:
  """Weights of the AUs' losses, inversely proportional to their base rates.

  w_i = total (1 / f_i) / sum_j (1 / f_j). Tallec et al. 2023, section 3.3,
  print a sum of 1; JAA-Net and ME-GraphAU let the weights sum to T, which
  keeps the scale of the loss: `total=len(base_rates)`.

  Args:
    base_rates: `[T]` base rates of the training fold, above 0.
    total: What the weights sum to.

  Returns:
    `[T]` weights.

  Raises:
    ValueError: If a rate is 0 or not a number; the AU's index is named.

  Example:
    >>> inverse_frequency_weights(np.array([0.25, 0.75])).tolist()
    [0.75, 0.25]
  """
  _check_positive_rates(base_rates)
  inverse = 1 / jnp.asarray(base_rates, jnp.float32)
  return total * inverse / inverse.sum()


def positive_weights(
  base_rates: Float[Array | np.ndarray, " T"],
) -> Float[Array, " T"]:
  """Weights of the positives in the re-weighted cross-entropy.

  Attention-based method (Le Hoai et al. 2022), eq. 4: w_i = N / (2 N_pos), or
  1 / (2 f_i). Eq. 3 applies it to positives only, so negatives keep weight 1.

  Args:
    base_rates: `[T]` base rates of the training fold, above 0.

  Returns:
    `[T]` weights for `losses.sigmoid_cross_entropy`.

  Raises:
    ValueError: If a rate is 0 or not a number; the AU's index is named.

  Example:
    >>> positive_weights(np.array([0.25, 0.5])).tolist()
    [2.0, 1.0]
  """
  _check_positive_rates(base_rates)
  return 1 / (2 * jnp.asarray(base_rates, jnp.float32))


def selective_weights(
  labels: Num[Array | np.ndarray, "B T"],
  mask: Bool[Array | np.ndarray, "B T"] | None = None,
  *,
  target: float | Float[Array | np.ndarray, " T"] = 0.5,
  key: Key[Array, ""] | None = None,
) -> Float[Array, "B T"]:
  """Selective Learning: weights that bring each AU of a batch to a target rate.

  Hand, Castillo & Chellappa 2018, as used by the multiple-transfer paper
  (seed 3). Per AU with p positives, q negatives and n = p + q in the batch:

  * without a key, the expectation: t n / p on positives and (1 - t) n / q on
    negatives;
  * with a key, the published rule: the over-represented class keeps a random
    subset of round(its target share of n) members at weight 1, and the other
    class is weighted up to its share.

  A class that is absent gets nothing; unknown entries weigh 0.

  Args:
    labels: `[B, T]` in {0, 1}.
    mask: `[B, T]`, True where annotated; all of it by default.
    target: Wanted share of positives in [0, 1], one or `[T]`.
    key: A random key for the published rule's subset.

  Returns:
    `[B, T]` weights.

  Example:
    >>> print(selective_weights(np.array([[1], [0], [0]])).ravel())
    [1.5  0.75 0.75]
  """
  labels = jnp.asarray(labels)
  mask = jnp.ones(labels.shape, bool) if mask is None else jnp.asarray(mask)
  target = jnp.broadcast_to(jnp.asarray(target, jnp.float32), labels.shape[-1:])
  is_positive = mask & (labels > 0.5)
  is_negative = mask & ~(labels > 0.5)
  positives = is_positive.sum(0).astype(jnp.float32)
  negatives = is_negative.sum(0).astype(jnp.float32)
  share = target * (positives + negatives)
  rest = (1 - target) * (positives + negatives)
  on_positive = share / jnp.maximum(positives, 1)
  on_negative = rest / jnp.maximum(negatives, 1)
  if key is None:
    return _choose(is_positive, on_positive, is_negative, on_negative)
  key_positive, key_negative = jax.random.split(key)
  kept_positive = _keep_subset(key_positive, is_positive, share)
  kept_negative = _keep_subset(key_negative, is_negative, rest)
  return _choose(
    kept_positive,
    jnp.maximum(on_positive, 1.0),
    kept_negative,
    jnp.maximum(on_negative, 1.0),
  )


def _choose(is_positive, on_positive, is_negative, on_negative):
  """Spreads the weights of the two classes, `[T]` each, over `[B, T]`."""
  return jnp.where(
    is_positive,
    on_positive[None],
    jnp.where(is_negative, on_negative[None], 0.0),
  ).astype(jnp.float32)


def _keep_subset(key, members, share):
  """Keeps, per AU, round(share) random members where there are more."""
  noise = jnp.where(members, jax.random.uniform(key, members.shape), jnp.inf)
  rank = jnp.argsort(jnp.argsort(noise, axis=0), axis=0)
  return members & (rank < jnp.round(share)[None])


def _check_values(raw: np.ndarray, missing: int) -> None:
  wrong = (raw != 0) & (raw != 1) & (raw != missing)
  if wrong.any():
    where = tuple(int(i) for i in np.argwhere(wrong)[0])
    raise ValueError(
      f"expected labels 0, 1 or {missing} (unknown), got {raw[where]} at index"
      f" {where}; recode the source's own values first, or name its code for"
      " unknown as `missing`"
    )


def _check_unit(name: str, value) -> None:
  if not isinstance(value, jax.core.Tracer) and not 0 <= value <= 1:
    raise ValueError(f"expected {name} in [0, 1], got {value}")


def _check_positive_rates(rates) -> None:
  if isinstance(rates, jax.core.Tracer):
    return
  wrong = ~(np.asarray(rates) > 0)
  if wrong.any():
    index = int(np.argmax(wrong))
    raise ValueError(
      f"expected base rates above 0, got {np.asarray(rates)[index]} for the AU"
      f" at index {index}; leave out an AU without positives"
    )
