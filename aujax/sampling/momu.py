"""The pool that MOMU draws its batches from."""

import itertools
import sys

import numpy as np

from aujax.sampling import groups

# Places that are picked at a time: fewer cost more calls, more are in vain.
_BLOCK = 512


class Pool:
  """Frames that are still to be drawn, at hand for random draws by AU.

  Frames of one label set, the combination of all AUs of a frame, are
  exchangeable. They stand together in `_frames`: from `_first` to `_end` those
  in the pool, from there to `_stop` those that were drawn, the current batch's
  before those of earlier batches. Each set's are in random order, so that the
  last one of those in the pool is as good as any: a draw chooses the set alone.
  AUs that no frame shows do not exist here.
  """

  def __init__(
    self,
    sets: groups.Groups,
    generator: np.random.Generator,
    *,
    refill_all: bool = False,
  ):
    """Fills the pool with all frames.

    Args:
      sets: The label sets of the frames; not all of them without AUs.
      generator: Where chance comes from.
      refill_all: Whether all frames return when those with an AU run out, or
        only these.
    """
    self._refill_all = refill_all
    patterns = sets.patterns[:, sets.patterns.any(axis=0)]
    self._generator = generator
    self._patterns = patterns
    self._set_of = sets.membership.astype(np.min_scalar_type(len(patterns)))
    # 32 bits, as these and their copies are what takes memory.
    self._frames = np.argsort(self._set_of, kind="stable").astype(np.int32)
    self._stop = np.cumsum(sets.counts)
    self._first = self._stop - sets.counts
    self._end = self._stop.copy()
    self._shuffle(np.full(len(patterns), True))
    # One element at a time, memoryviews are faster than arrays.
    self._views = memoryview(self._frames), memoryview(self._end)
    self._with = [np.flatnonzero(column) for column in patterns.T]
    self._forget_places()
    # Positives of each AU in the pool, and in the batch that is being drawn.
    self._left = (sets.counts @ patterns).tolist()
    # Counts of all AUs in one number, 32 bits each: what a frame adds to a
    # batch is its pattern, read as such a number, and added at once.
    self._packed = [_pack(pattern) for pattern in patterns]

  def batch(self, size: int, draw: int) -> list[int]:
    """Draws one batch, see `batches.momu_batches`.

    Args:
      size: Frames of the batch.
      draw: Frames that are drawn for one AU before the next AU is chosen.

    Returns:
      The frames, in the order in which they were drawn.
    """
    batch, returned = [], set()
    packed, counts = 0, [0] * len(self._left)
    au = _fewest(self._left)
    while len(batch) < size:
      wanted = min(draw, size - len(batch))
      if self._left[au] - counts[au] < wanted and au not in returned:
        self._return(au, batch)
        returned.add(au)  # No frame leaves a batch: once is enough.
      found = min(wanted, self._left[au] - counts[au])
      packed += self._take(au, found, batch)
      if found < wanted:
        packed += self._repeat(au, wanted - found, batch)
      counts = _unpack(packed, len(counts))
      au = _fewest(counts)
    self._left = [a - b for a, b in zip(self._left, counts, strict=True)]
    return batch

  def _take(self, au, number, batch):
    """Moves random frames with the AU from the pool to the batch."""
    (frames, end), patterns, packed = self._views, self._packed, 0
    wanted = len(batch) + number
    while missing := wanted - len(batch):
      for place, index in itertools.islice(self._places[au], missing):
        last = end[index] - 1
        if place <= last:  # Else it left the pool after it was picked.
          end[index] = last
          batch.append(frames[last])
          packed += patterns[index]
    return packed

  def _pick(self, au):
    """Picks random places in the pool, with replacement, all with the AU.

    Later draws take places away, at the end of a label set's. The others
    remain equally likely: it is enough to skip what is no longer a place.
    """
    sets = self._with[au]
    upto = (self._end[sets] - self._first[sets]).cumsum()
    places = self._generator.integers(0, upto[-1], min(upto[-1], _BLOCK))
    index = np.searchsorted(upto, places, side="right")
    places += (self._end[sets] - upto)[index]
    return zip(places.tolist(), sets[index].tolist(), strict=True)

  def _forget_places(self):
    """Makes all AUs pick anew, as there are more places than before."""
    self._places = [
      itertools.chain.from_iterable(map(self._pick, itertools.repeat(au)))
      for au in range(len(self._with))
    ]

  def _return(self, au, batch):
    """Returns frames with the AU, but for the batch's, to the pool."""
    returns = self._patterns[:, au] | self._refill_all
    end = self._stop.copy()
    held = self._set_of[np.unique(np.array(batch, np.int64))]
    for index, number in zip(*np.unique(held, return_counts=True), strict=True):
      if returns[index]:
        drawn = self._frames[self._end[index] : self._stop[index]]
        drawn[:] = np.roll(drawn, -number)
        end[index] -= number
    back = (end - self._end)[returns]
    self._left = (back @ self._patterns[returns] + self._left).tolist()
    self._end[returns] = end[returns]
    self._shuffle(returns)
    self._forget_places()

  def _shuffle(self, sets):
    """Shuffles the frames in the pool of some sets, each by itself."""
    counts = (self._end - self._first)[sets]
    shift = (self._first[sets] - counts.cumsum() + counts).astype(np.int32)
    places = np.arange(counts.sum(), dtype=np.int32)
    places += np.repeat(shift, counts)
    frames = self._generator.permutation(self._frames[places])
    order = np.argsort(self._set_of[frames], kind="stable")
    self._frames[places] = frames[order]

  def _repeat(self, au, number, batch):
    """Repeats frames of the batch with the AU, the least repeated first."""
    frames = np.array(batch)
    frames = frames[self._patterns[self._set_of[frames], au]]
    frames, times = np.unique(frames, return_counts=True)
    order = self._generator.permutation(len(frames))
    frames, times = frames[order], times[order]
    packed = 0
    for _ in range(number):
      least = times.argmin()
      times[least] += 1
      batch.append(int(frames[least]))
      packed += self._packed[self._set_of[frames[least]]]
    # They did not come from the pool, which is not to be charged for them.
    left = np.add(self._left, _unpack(packed, len(self._left)))
    self._left = left.tolist()
    return packed


def _fewest(counts):
  return counts.index(min(counts))


def _pack(counts):
  return int.from_bytes(counts.astype(np.uint32).tobytes(), sys.byteorder)


def _unpack(packed, length):
  data = packed.to_bytes(4 * length, sys.byteorder)
  return memoryview(data).cast("I").tolist()
