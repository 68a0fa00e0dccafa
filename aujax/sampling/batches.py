"""Plans: which examples form which batch, as a function of seed and epoch.

A plan is int64 `[steps, batch]` on the host; -1 is an empty slot.
"""

import numpy as np
from jaxtyping import Int64

from aujax.sampling import inputs


def random_batches(
  num_examples: int, batch_size: int, *, seed: int, epoch: int = 0
) -> Int64[np.ndarray, "steps batch"]:
  """Deals all examples, shuffled, to batches of nearly equal size.

  Args:
    num_examples: Number of examples N.
    batch_size: Slots of a batch B.
    seed: Seed of the whole run, not negative.
    epoch: Number of the epoch, not negative; each has an order of its own.

  Returns:
    `[ceil(N / B), B]`. Every example stands in it exactly once, batch sizes
    differ by at most one, and empty slots are -1 at a row's end.

  Raises:
    ValueError: If a number is negative or the batch size is not positive.

  Example:
    >>> random_batches(5, 2, seed=0)
    array([[ 4,  1],
           [ 2,  0],
           [ 3, -1]])
  """
  if num_examples < 0:
    raise ValueError(f"expected num_examples of 0 or more, got {num_examples}")
  if batch_size < 1:
    raise ValueError(f"expected a batch_size of 1 or more, got {batch_size}")
  order = inputs.generator(seed, epoch=epoch).permutation(num_examples)
  steps = -(-num_examples // batch_size)
  sizes = np.full(steps, num_examples // max(steps, 1))
  sizes[: num_examples - sizes.sum()] += 1
  plan = np.full((steps, batch_size), -1, np.int64)
  plan[np.arange(batch_size) < sizes[:, None]] = order
  return plan
