"""What is trained on noisy and imbalanced labels: the methods that compare.

A method is a function here; called with its options it returns a loss
(logits `[B, T]`, labels in {0, 1} `[B, T]`, mask `[B, T]`, base_rates `[T]`,
key) -> scalar. The base rates are those of the training fold; the key is of
this step and of the loss alone.
"""

import inspect
import sys
from collections.abc import Callable

from aujax import labels as labels_lib
from aujax import losses


def create(name: str, **options) -> Callable:
  """Makes a method's loss by the method's name.

  Args:
    name: A function of this module: "baseline", "label_smoothing",
      "robin_hood", "frequency_weighted", "reweighted", "selective" or
      "soft_f1".
    **options: What that function takes.

  Returns:
    The loss.

  Raises:
    ValueError: If there is no such method or it has no such option; the known
      ones are listed.

  Example:
    >>> loss = create("robin_hood", beta=0.25)
  """
  known = {
    key: function
    for key, function in inspect.getmembers(
      sys.modules[__name__], inspect.isfunction
    )
    if not key.startswith("_") and key != "create"
  }
  if name not in known:
    raise ValueError(f"expected a method among {sorted(known)}, got {name!r}")
  accepted = set(inspect.signature(known[name]).parameters)
  if not set(options) <= accepted:
    raise ValueError(
      f"method {name!r} takes the options {sorted(accepted)}, got"
      f" {sorted(options)}"
    )
  return known[name](**options)


def baseline() -> Callable:
  """Plain binary cross-entropy on the labels as annotated.

  Returns:
    The loss.
  """
  return _smoothed(lambda labels, base_rates: labels)


def label_smoothing(*, alpha: float = 0.1) -> Callable:
  """Cross-entropy on labels smoothed alike in both classes.

  Args:
    alpha: Probability of uniform noise (Tallec et al. 2023, eq. 1).

  Returns:
    The loss.
  """
  return _smoothed(
    lambda labels, base_rates: labels_lib.smooth(labels, alpha=alpha)
  )


def robin_hood(*, beta: float = 0.25) -> Callable:
  """Cross-entropy on labels smoothed in the majority class only.

  Args:
    beta: Amount of noise (Tallec et al. 2023, eq. 2 and 3).

  Returns:
    The loss.
  """
  return _smoothed(
    lambda labels, base_rates: labels_lib.robin_hood(
      labels, base_rates=base_rates, beta=beta
    )
  )


def frequency_weighted() -> Callable:
  """Cross-entropy with AUs weighted inversely to their base rates.

  Tallec et al. 2023, section 3.3; the weights sum to T here, so that the loss
  keeps the scale of the others.

  Returns:
    The loss.
  """

  def loss(logits, labels, mask, base_rates, key):
    del key
    weights = labels_lib.inverse_frequency_weights(
      base_rates, total=float(base_rates.shape[0])
    )
    return losses.masked_mean(
      losses.sigmoid_cross_entropy(logits, labels), mask, weights=weights
    )

  return loss


def reweighted() -> Callable:
  """Cross-entropy with positives weighted up to half of the frames.

  The attention-based method (Le Hoai et al. 2022), eq. 2 to 4.

  Returns:
    The loss.
  """

  def loss(logits, labels, mask, base_rates, key):
    del key
    weights = labels_lib.positive_weights(base_rates)
    return losses.masked_mean(
      losses.sigmoid_cross_entropy(logits, labels, positive_weights=weights),
      mask,
    )

  return loss


def selective(*, target: float | str = 0.5, random: bool = False) -> Callable:
  """Cross-entropy on a batch weighted, AU by AU, to a target rate.

  Selective Learning (Hand, Castillo & Chellappa 2018), as the multiple-transfer
  paper (Ji et al. 2020, section 3.4) uses it; `labels.selective_weights` has
  the weights. The paper says both that a batch of the database's distribution
  is left alone and that the rest is brought to "the balanced target
  distribution"; its authors' scripts have targets of either kind. Hand et al.
  balance, so half is the default, and "base_rates" the other reading. It prints
  the ratio of the classes as the weight, which balances at one half alone; here
  each class is weighted to its share of the batch for any target. A class that
  a batch lacks cannot be made up for.

  Args:
    target: Wanted share of positives, in [0, 1] and the same for all AUs, or
      "base_rates" for those of the training fold.
    random: Whether the class that a batch has too many of keeps a random
      subset, as published, instead of weighing less. The subset's size is
      rounded: an AU whose share of a batch is below half a frame keeps none.

  Returns:
    The loss.

  Raises:
    ValueError: If target is neither.
  """
  by_rates = target == "base_rates"
  is_rate = isinstance(target, (int, float)) and 0 <= target <= 1
  if not (by_rates or is_rate):
    raise ValueError(
      "expected a target in [0, 1] or 'base_rates' for selective, got"
      f" {target!r}"
    )

  def loss(logits, labels, mask, base_rates, key):
    weights = labels_lib.selective_weights(
      labels,
      mask,
      target=base_rates if by_rates else target,
      key=key if random else None,
    )
    return losses.masked_mean(
      losses.sigmoid_cross_entropy(logits, labels), mask, weights=weights
    )

  return loss


def soft_f1(*, weights: str = "support") -> Callable:
  """One minus the F1 of a batch, on probabilities.

  Rieger et al. 2020, section IV.D, train with a "weighted F1 loss", which they
  do not define; `losses.soft_f1` says how it is read.

  Args:
    weights: How AUs are weighted: "support", by their positives in the batch,
      or "macro", all alike.

  Returns:
    The loss.

  Raises:
    ValueError: If weights is neither.
  """
  if weights not in ("support", "macro"):
    raise ValueError(
      f'expected weights "support" or "macro" for soft_f1, got {weights!r}'
    )

  def loss(logits, labels, mask, base_rates, key):
    del base_rates, key
    return losses.soft_f1(logits, labels, mask, weights=weights)

  return loss


def _smoothed(transform):
  """Cross-entropy on labels that `transform` makes of the annotated ones."""

  def loss(logits, labels, mask, base_rates, key):
    del key
    labels = transform(labels, base_rates)
    return losses.masked_mean(
      losses.sigmoid_cross_entropy(logits, labels), mask
    )

  return loss
