"""What every sampler takes: a label matrix, and the seed of its randomness."""

import numpy as np
from jaxtyping import Array, Bool, Num

from aujax import action_units


def present(
  labels: Num[np.ndarray | Array, "N T"],
) -> Bool[np.ndarray, "N T"]:
  """Tells where AUs are present; unknown counts as not.

  Args:
    labels: `[N, T]` of 1 present, 0 absent, -1 unknown.

  Returns:
    `[N, T]`, True where a label is 1.

  Raises:
    ValueError: If the labels are no matrix or hold another value, which is
      named with its place.

  Example:
    >>> present(np.array([[1, 0], [-1, 1]])).tolist()
    [[True, False], [False, True]]
  """
  labels = np.asarray(labels)
  if labels.ndim != 2:
    raise ValueError(
      f"expected labels of shape [N, T], got shape {list(labels.shape)}"
    )
  is_present = labels == 1
  known = is_present | (labels == 0)
  known |= labels == action_units.UNKNOWN
  if not known.all():
    row, column = np.argwhere(~known)[0]
    raise ValueError(
      f"expected labels 1, 0 or {action_units.UNKNOWN} (unknown), got"
      f" {labels[row, column]} in row {row}, column {column}; recode the"
      " source's own values first"
    )
  return is_present


def generator(seed: int, *, epoch: int = 0) -> np.random.Generator:
  """Returns the random generator that belongs to one epoch of one run.

  Args:
    seed: Seed of the whole run, in [0, 2**64).
    epoch: Number of the epoch, in [0, 2**64).

  Returns:
    A generator whose stream depends on the pair alone, not on earlier draws.

  Raises:
    ValueError: If seed or epoch is negative or too large.

  Example:
    >>> generator(1, epoch=2).random() == generator(1, epoch=2).random()
    True
  """
  for name, value in (("seed", seed), ("epoch", epoch)):
    if not 0 <= value < 2**64:
      raise ValueError(f"expected a {name} in [0, 2**64), got {value}")
  key = np.array([seed, epoch], np.uint64)
  return np.random.Generator(np.random.Philox(key=key))
