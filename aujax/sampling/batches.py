"""Plans: which examples form which batch, as a function of seed and epoch.

A plan is int64 `[steps, batch]` on the host; -1 is an empty slot.
"""

import numpy as np
from jaxtyping import Array, Int64, Num

from aujax.sampling import groups, inputs, momu, stratify


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
  _check_at_least(0, num_examples=num_examples)
  _check_at_least(1, batch_size=batch_size)
  order = inputs.generator(seed, epoch=epoch).permutation(num_examples)
  return _fill(order, _sizes(num_examples, batch_size), batch_size)


def stratified_batches(
  labels: Num[np.ndarray | Array, "N T"],
  batch_size: int,
  *,
  seed: int,
  epoch: int = 0,
  method: str = "algorithm1",
) -> Int64[np.ndarray, "steps batch"]:
  """Deals all examples so that batches hold about as many positives each.

  "algorithm1" is Chu et al. 2019 ("seed 5"), Algorithm 1. While examples
  remain, those that show the AU with the fewest positives among them are
  dealt; examples without any AU come last.

  * Line 3 prints argmin_j N_j, which an AU wins for ever once it is used up.
    The minimum is read over the AUs of which positives remain, ties to the
    lowest index.
  * Line 6 prints "distribute evenly into all batches". Read: one example per
    batch, going on at the batch where the last AU's examples ended, so that
    batches are filled evenly as well. Examples of an AU's turn are shuffled,
    but like combinations of AUs stand side by side, in an order that chance
    chooses: so the other AUs are spread evenly too, of which those that are
    dealt late would otherwise vary as they do in random batches.
  * Line 5 asks for a batch that is not full. There always is one, as the
    batches have as many slots as there are examples.

  The AU that is rarest of all differs by at most one positive between
  batches. No other AU is bounded: what is dealt of it along with rarer AUs
  goes where those send it, but it varies less than in random batches.

  "iterative" takes AUs in the same order but gives each example to a batch
  that misses its rarest AU most (Sechidis et al. 2011, "On the stratification
  of multi-label data"). Two departures, as rarer AUs drag others along and
  AUs dealt late would vary most:

  * What a batch misses is the batch's share of the positives less what it
    holds. Batches are due the same share within one positive, so those that
    hold fewest are taken to tie.
  * Ties are decided there by the room left. Here the batch is preferred that
    lacks most of what the example shows, and has most of what it does not,
    against the rates of all examples; then chance decides, as there.

  Args:
    labels: `[N, T]` of 1 present, 0 absent, -1 unknown; unknown counts as not
      present.
    batch_size: Slots of a batch B.
    seed: Seed of the whole run, not negative.
    epoch: Number of the epoch, not negative; each has batches of its own.
    method: "algorithm1", which takes time linear in N, or "iterative", which
      takes N plus the number of label combinations times that of batches.

  Returns:
    `[ceil(N / B), B]`. Every example stands in it exactly once, batch sizes
    differ by at most one, and empty slots are -1 at a row's end. Rows of
    "algorithm1" hold examples in the order in which they were dealt.

  Raises:
    ValueError: If the labels are no matrix or hold another value, a number is
      out of range, or the method is unknown.

  Example:
    >>> labels = np.array([[1, 0], [0, 1], [0, 1], [1, 1], [0, 0]])
    >>> plan = stratified_batches(labels, 3, seed=0)
    >>> [int(labels[row[row >= 0], 0].sum()) for row in plan]
    [1, 1]
  """
  _check_at_least(1, batch_size=batch_size)
  generator = inputs.generator(seed, epoch=epoch)
  sets = groups.unique_groups(labels)
  sizes = _sizes(len(sets.membership), batch_size)
  if method == "algorithm1":
    order = stratify.one_by_one(sets, generator)
    slots = np.full((batch_size, len(sizes)), -1, np.int64)
    slots.reshape(-1)[: len(order)] = order
    # Neighbours in dealing are alike, neighbours in time need not be.
    return slots.T[generator.permutation(len(sizes))]
  if method == "iterative":
    order, batches = stratify.where_missing(sets, sizes, generator)
    return _fill(order[np.argsort(batches, kind="stable")], sizes, batch_size)
  raise ValueError(
    f'expected method "algorithm1" or "iterative", got "{method}"'
  )


def momu_batches(
  labels: Num[np.ndarray | Array, "N T"],
  batch_size: int,
  num_batches: int,
  *,
  draw: int,
  seed: int,
  epoch: int = 0,
  refill: str = "au",
) -> Int64[np.ndarray, "steps batch"]:
  """Draws batches in which AUs are balanced: rare ones often, others seldom.

  Multi-label minority oversampling majority undersampling, Chu et al. 2019
  ("seed 5"), Algorithm 2. A batch starts with the AU that is rarest in the
  pool, which holds all examples at first. `draw` random examples with that AU
  move from the pool to the batch, then as many with the AU that is rarest in
  the batch, ties to the lowest index, and so on until the batch is full. When
  the pool has too few with an AU, it gets all that were drawn back.

  What the paper leaves open, and how it is read:

  * An AU that never occurs would win every argmin: it is left out.
  * Line 6 compares with N_l, which line 15 updates between batches only, and
    so can find none left at line 9. Here it is what the pool holds now.
  * Lines 6-8 return what is in B, of which the current batch is a part. Its
    own examples stay out, or a batch could hold one twice.
  * Line 9 samples S examples even if fewer slots are left. The last draw is
    cut to the room, and only so many must be found.
  * If all examples with an AU are in the batch, they repeat, those that are
    in it least often first. Nothing else repeats within a batch.

  Every example drawn shows an AU; examples without any are never seen.

  After a return the pool is rich in that one AU, which then comes along with
  the others' examples and has up to twice as many as these in hundreds of
  batches, until it is drawn down again. `refill="all"`, which is not in the
  paper, returns the examples of all AUs at once and keeps batches alike.

  Args:
    labels: `[N, T]` of 1 present, 0 absent, -1 unknown; unknown counts as not
      present.
    batch_size: Slots of a batch B.
    num_batches: Number of batches.
    draw: Examples S that are drawn for an AU before the next one is chosen;
      1 balances best.
    seed: Seed of the whole run, not negative.
    epoch: Number of the epoch, not negative; each starts with a full pool.
    refill: What returns when the pool has too few with an AU: examples with
      that AU ("au") or all ("all"), but for the current batch's.

  Returns:
    `[num_batches, B]` without empty slots.

  Raises:
    ValueError: If the labels are no matrix or hold another value, no example
      shows an AU, or a number is out of range.

  Example:
    >>> labels = np.array([[1, 0], [0, 1], [0, 1], [0, 1], [0, 0]])
    >>> momu_batches(labels, 2, 3, draw=1, seed=0)[:, 0]
    array([0, 0, 0])
  """
  _check_at_least(1, batch_size=batch_size, draw=draw)
  _check_at_least(0, num_batches=num_batches)
  generator = inputs.generator(seed, epoch=epoch)
  sets = groups.unique_groups(labels)
  if not sets.patterns.any():
    raise ValueError(
      "expected labels with an AU present (1) in some row, got none in"
      f" {len(sets.membership)} rows; random_batches needs none"
    )
  if refill not in ("au", "all"):
    raise ValueError(f'expected refill "au" or "all", got "{refill}"')
  pool = momu.Pool(sets, generator, refill_all=refill == "all")
  plan = np.empty((num_batches, batch_size), np.int64)
  for row in plan:
    row[:] = pool.batch(batch_size, draw)
  return plan


def _check_at_least(least, **numbers):
  for name, number in numbers.items():
    if number < least:
      raise ValueError(f"expected {name} of {least} or more, got {number}")


def _sizes(num_examples, batch_size):
  """Sizes of the fewest batches that take all, the larger ones first."""
  steps = -(-num_examples // batch_size)
  sizes = np.full(steps, num_examples // max(steps, 1))
  sizes[: num_examples - sizes.sum()] += 1
  return sizes


def _fill(order, sizes, batch_size):
  """Cuts an order into rows of the given sizes."""
  plan = np.full((len(sizes), batch_size), -1, np.int64)
  plan[np.arange(batch_size) < sizes[:, None]] = order
  return plan
