"""How stratified batches are dealt: in what order, and to which batch.

Frames of one label set, the combination of all AUs of a frame, are
exchangeable, so what can be is decided once per label set. `U` is the number
of label sets, `S` that of batches.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Int64

from aujax.sampling import groups

# Rates are counted in so many parts. Whole numbers add up without rounding,
# in whatever order a machine does it, and so are equal on all of them.
_PARTS = 1024


def turns(
  sets: groups.Groups,
) -> Iterator[tuple[int | None, Int64[np.ndarray, " K"]]]:
  """Tells which label sets are dealt when: the rarest AU's first.

  Args:
    sets: The label sets of the frames.

  Yields:
    The AU that fewest of the remaining frames show, ties to the lowest index,
    and the remaining label sets with it; last, None and the one without AUs.
  """
  left = sets.counts.copy()
  while left.any():
    positives = left @ sets.patterns
    if positives.any():
      au = int(np.where(positives, positives, positives.max() + 1).argmin())
      dealt = np.flatnonzero(sets.patterns[:, au] & (left > 0))
    else:
      au, dealt = None, np.flatnonzero(left)
    yield au, dealt
    left[dealt] = 0


def one_by_one(
  sets: groups.Groups, generator: np.random.Generator
) -> Int64[np.ndarray, " N"]:
  """Orders frames for Algorithm 1: turn by turn, like beside like in each.

  Within a turn label sets follow each other in a Gray code, of AUs in random
  order and turned about at random: mostly one AU changes from each set to the
  next, so every AU is dealt in runs, and a run spreads evenly. Frames of a
  label set are shuffled.

  Args:
    sets: The label sets of the frames.
    generator: Where chance comes from.

  Returns:
    The frames in the order in which they are dealt, one per batch.
  """
  num_aus = sets.patterns.shape[1]
  rank, ranked = np.empty(len(sets.counts), np.int64), 0
  for _, dealt in turns(sets):
    code = sets.patterns[dealt] ^ (generator.random(num_aus) < 0.5)
    code = code[:, generator.permutation(num_aus)]
    # The exclusive or of all earlier digits turns a Gray code into a number.
    digits = np.bitwise_xor.accumulate(code, axis=1)
    place = np.lexsort((*digits.T[::-1], np.zeros(len(dealt))))
    rank[dealt[place]] = ranked + np.arange(len(dealt))
    ranked += len(dealt)
  return _shuffled_by(rank, sets.membership, generator)


def where_missing(
  sets: groups.Groups,
  sizes: Int64[np.ndarray, " S"],
  generator: np.random.Generator,
) -> tuple[Int64[np.ndarray, " N"], Int64[np.ndarray, " N"]]:
  """Deals each frame to a batch that misses its rarest AU.

  Args:
    sets: The label sets of the frames.
    sizes: `[S]` frames of each batch.
    generator: Where chance comes from.

  Returns:
    Frames, label set by label set, and the batch of each.
  """
  num_sets = len(sets.counts)
  frames = _shuffled_by(np.arange(num_sets), sets.membership, generator)
  batches = np.empty_like(frames)
  first = np.cumsum(sets.counts) - sets.counts
  desk = _Desk(sets, sizes, generator)
  for au, dealt in turns(sets):
    for index in dealt.tolist():
      start, left = first[index], int(sets.counts[index])
      while left:
        chosen = desk.choose(au, index, left)
        desk.deal(index, chosen)
        batches[start : start + len(chosen)] = chosen
        start, left = start + len(chosen), left - len(chosen)
  return frames, batches


class _Desk:
  """What the batches hold while frames are dealt to them."""

  def __init__(self, sets, sizes, generator):
    self._generator = generator
    self._patterns = sets.patterns.astype(np.float64)
    positives = sets.counts @ self._patterns
    self._rates = np.round(_PARTS * positives / max(sizes.sum(), 1))
    self._sizes = sizes
    self._filled = np.zeros_like(sizes)
    # [S, T] positives, infinitely many in a full batch, which misses none.
    self._held = np.zeros((len(sizes), len(positives)))

  def choose(self, au, index, number):
    """Picks up to `number` batches for one more frame of a label set each."""
    if au is None:
      room = self._sizes - self._filled
      return np.repeat(np.arange(len(room)), room)
    # Batches are due the same number, within one: who holds fewest misses
    # most. All of these get a frame before any gets its second.
    held = self._held[:, au]
    chosen = np.flatnonzero(held == held.min())
    if len(chosen) <= number:
      return chosen
    # By how much the batch and the frame exceed the rates: where the signs
    # are opposite, the frame brings the batch nearer to them.
    batch = _PARTS * self._held[chosen]
    batch -= self._filled[chosen, None] * self._rates
    cost = batch @ (_PARTS * self._patterns[index] - self._rates)
    cost += self._generator.random(len(chosen))  # Decides between equals.
    limit = np.partition(cost, number - 1)[number - 1]
    return chosen[cost <= limit][:number]

  def deal(self, index, chosen):
    """Notes that the chosen batches have got a frame of a label set each."""
    self._filled[chosen] += 1
    self._held[chosen] += self._patterns[index]
    full = self._filled[chosen] == self._sizes[chosen]
    self._held[chosen[full]] = np.inf


def _shuffled_by(rank, membership, generator):
  """Shuffles frames and sorts them by the rank of their label set."""
  # Numbers of 8 or 16 bits are sorted in time linear in N.
  key = rank.astype(np.min_scalar_type(len(rank)))[membership]
  frames = generator.permutation(len(membership))
  return frames[np.argsort(key[frames], kind="stable")]
