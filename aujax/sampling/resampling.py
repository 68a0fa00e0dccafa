"""Imbalance of labels, and random resampling against it.

Charte, Rivera, del Jesus & Herrera 2015, "Addressing imbalance in multilabel
classification: measures and random resampling algorithms", Neurocomputing 163
("Charte et al."), which seed 3 trains with and seed 2 compares itself to. ML
algorithms look at each AU, LP algorithms at each label set, the combination
of all AUs of a frame. An unknown label counts as not positive.
"""

import collections
import dataclasses
import itertools
import math
import operator

import numpy as np
from jaxtyping import Array, Float, Int64, Num

from aujax.sampling import groups, inputs

# Frames that are drawn from a bag, or made Python numbers, at a time.
_BLOCK = 1024


@dataclasses.dataclass(frozen=True, eq=False)
class Imbalance:
  """How unequally often AUs occur.

  Attributes:
    irlbl: `[T]`, how many times as often as each AU the most frequent one
      occurs, 1 or more; nan for an AU that never occurs.
    mean_ir: Mean of `irlbl` over AUs that occur; nan if none does.
    cvir: Coefficient of variation of `irlbl` over AUs that occur; nan if
      fewer than two do.
  """

  irlbl: Float[np.ndarray, " T"]
  mean_ir: float
  cvir: float


def imbalance(labels: Num[np.ndarray | Array, "N T"]) -> Imbalance:
  """Measures how unequally often AUs occur.

  Charte et al.: IRLbl(l) = max_k count_k / count_l, MeanIR is its mean, CVIR
  its standard deviation, with divisor T - 1, over MeanIR. An AU without
  positives, for which IRLbl is infinite, is nan here and left out of the rest.
  (The R package mldr makes it 0 and leaves it in.)

  Args:
    labels: `[N, T]` of 1 present, 0 absent, -1 unknown.

  Returns:
    The three measures.

  Raises:
    ValueError: If the labels are no matrix or hold another value.

  Example:
    >>> measured = imbalance(np.array([[1, 0], [1, 0], [1, 1]]))
    >>> measured.irlbl.tolist(), measured.mean_ir
    ([1.0, 3.0], 2.0)
    >>> round(measured.cvir, 3)
    0.707
  """
  return _measure(inputs.present(labels).sum(axis=0))


def ml_ros(
  labels: Num[np.ndarray | Array, "N T"], *, percent: float | int, seed: int
) -> Int64[np.ndarray, " M"]:
  """Clones frames with rare AUs: ML-ROS, multilabel random oversampling.

  Charte et al., ML-ROS: frames with an AU of IRLbl above MeanIR form that AU's
  bag. Bags take turns, in order of the AUs, and each turn clones one random
  frame of the bag. A bag whose AU has come down to MeanIR after its turn gets
  no further one.

  Read as follows. A clone counts for all AUs of its frame, so each IRLbl is
  that of the data so far, while MeanIR is that of the data given; a clone is
  of a frame given, each equally likely at every turn; the last round stops at
  the number asked for. Others differ: Mulan keeps the largest count as given
  and looks before a turn instead of after it; the R package mldr.resampling
  keeps all counts as given, so that no bag closes.

  Args:
    labels: `[N, T]` of 1 present, 0 absent, -1 unknown.
    percent: Clones to make in percent of N, 0 or more.
    seed: Decides which frames are cloned, not negative.

  Returns:
    `[M]` frames to train on: 0 to N - 1, then the clones in the order they
    were made. There are floor(N percent / 100) clones, or fewer if all bags
    close before. A smaller percent with the same seed gives the first of the
    same clones.

  Raises:
    ValueError: If the labels are no matrix or hold another value, or percent
      or seed is out of range.

  Example:
    >>> labels = np.array([[1, 0]] * 7 + [[1, 1]])
    >>> ml_ros(labels, percent=25, seed=0).tolist()  # IRLbl: 8, then 9 / 2.
    [0, 1, 2, 3, 4, 5, 6, 7, 7]
  """
  generator = inputs.generator(seed)
  sets = groups.unique_groups(labels)
  quota = _quota(sets, percent, at_most=math.inf)
  measured, counts, aus_of = _state(sets)
  minority = np.flatnonzero(measured.irlbl > measured.mean_ir).tolist()
  bags = {au: _draw_again(sets, au, generator) for au in minority}
  clones = _round_robin(
    bags, counts, aus_of, step=1, closes=operator.le, mean_ir=measured.mean_ir
  )
  return _with_clones(
    sets, np.fromiter(itertools.islice(clones, quota), np.int64)
  )


def ml_rus(
  labels: Num[np.ndarray | Array, "N T"], *, percent: float | int, seed: int
) -> Int64[np.ndarray, " M"]:
  """Deletes frames with frequent AUs: ML-RUS, random undersampling.

  Charte et al., ML-RUS, read as the mirror image of `ml_ros`: bags are of AUs
  with IRLbl below MeanIR, each turn deletes one random frame that is left in
  the bag, and a bag closes when its AU has come up to MeanIR after its turn.

  A frame of a bag may show a rare AU too, and goes all the same. Only one that
  shows the last positive of some AU stays, so that no AU is lost, and a bag
  without another frame closes. Others differ: Mulan takes turns, too, but
  keeps the largest count as given, looks before a turn and keeps no last
  positive; mldr.resampling takes no turns, and deletes, as often as asked,
  any frame that shows no AU of IRLbl above MeanIR.

  Args:
    labels: `[N, T]` of 1 present, 0 absent, -1 unknown.
    percent: Frames to delete in percent of N, 0 to 100.
    seed: Decides which frames are deleted, not negative.

  Returns:
    `[M]` frames to train on, ascending. floor(N percent / 100) are deleted,
    or fewer if all bags close before. A smaller percent with the same seed
    deletes some of the same frames and no others.

  Raises:
    ValueError: If the labels are no matrix or hold another value, or percent
      or seed is out of range.

  Example:
    >>> labels = np.array([[1, 0]] * 7 + [[1, 1]])
    >>> ml_rus(labels, percent=50, seed=0).tolist()
    [2, 3, 4, 7]
  """
  generator = inputs.generator(seed)
  sets = groups.unique_groups(labels)
  quota = _quota(sets, percent, at_most=100)
  measured, counts, aus_of = _state(sets)
  kept = bytearray(b"\1") * len(sets.membership)

  def may_go(frame):
    return kept[frame] and 1 not in map(counts.__getitem__, aus_of(frame))

  majority = np.flatnonzero(measured.irlbl < measured.mean_ir).tolist()
  # What may not go once may never go: the last positive stays the last.
  bags = {
    au: filter(may_go, _draw_once(sets, au, generator)) for au in majority
  }
  deletions = _round_robin(
    bags, counts, aus_of, step=-1, closes=operator.ge, mean_ir=measured.mean_ir
  )
  for frame in itertools.islice(deletions, quota):
    kept[frame] = 0
  return np.flatnonzero(np.frombuffer(kept, bool))


def lp_ros(
  labels: Num[np.ndarray | Array, "N T"], *, percent: float | int, seed: int
) -> Int64[np.ndarray, " M"]:
  """Clones frames with rare label sets: LP-ROS, label powerset oversampling.

  Charte et al., LP-ROS: label sets, that without any AU too, with fewer frames
  than the mean over label sets are filled up to it, from the largest to the
  smallest. Each gets an equal share of the clones, and what it has no room for
  goes to the sets after it. A clone is of a random frame of its set, with
  replacement.

  In whole numbers: a share is the clones left over the sets left, rounded
  down, and no set passes the mean. (mldr.resampling lets sets pass it when
  there are clones left at the end.)

  Args:
    labels: `[N, T]` of 1 present, 0 absent, -1 unknown.
    percent: Clones to make in percent of N, 0 or more.
    seed: Decides which frames are cloned, not negative.

  Returns:
    `[M]` frames to train on: 0 to N - 1, then the clones, set by set. There
    are floor(N percent / 100) clones, or fewer if no set is below the mean
    any more.

  Raises:
    ValueError: If the labels are no matrix or hold another value, or percent
      or seed is out of range.

  Example:
    >>> labels = np.array([[1, 0]] * 7 + [[1, 1]])
    >>> lp_ros(labels, percent=25, seed=0).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 7, 7]
  """
  generator = inputs.generator(seed)
  sets = groups.unique_groups(labels)
  quota = _quota(sets, percent, at_most=math.inf)
  mean = len(sets.membership) / max(len(sets.counts), 1)
  shares = _share_out(quota, math.floor(mean) - sets.counts)
  return _with_clones(sets, _draw(sets, shares, generator, replace=True))


def lp_rus(
  labels: Num[np.ndarray | Array, "N T"], *, percent: float | int, seed: int
) -> Int64[np.ndarray, " M"]:
  """Deletes frames with frequent label sets: LP-RUS, undersampling.

  Charte et al., LP-RUS, the mirror image of `lp_ros`: label sets with more
  frames than the mean over label sets are cut down to it, from the smallest
  to the largest, by equal shares whose rests go to the sets after. No label
  set falls below the mean, so none is lost.

  Args:
    labels: `[N, T]` of 1 present, 0 absent, -1 unknown.
    percent: Frames to delete in percent of N, 0 to 100.
    seed: Decides which frames are deleted, not negative.

  Returns:
    `[M]` frames to train on, ascending. floor(N percent / 100) are deleted,
    or fewer if no set is above the mean any more.

  Raises:
    ValueError: If the labels are no matrix or hold another value, or percent
      or seed is out of range.

  Example:
    >>> labels = np.array([[1, 0]] * 7 + [[1, 1]])
    >>> lp_rus(labels, percent=50, seed=0).tolist()  # The mean is 4.
    [1, 2, 3, 6, 7]
  """
  generator = inputs.generator(seed)
  sets = groups.unique_groups(labels)
  quota = _quota(sets, percent, at_most=100)
  mean = len(sets.membership) / max(len(sets.counts), 1)
  shares = _share_out(quota, sets.counts - math.ceil(mean))
  kept = np.ones(len(sets.membership), bool)
  kept[_draw(sets, shares, generator, replace=False)] = False
  return np.flatnonzero(kept)


def _measure(counts):
  """Imbalance of AUs that occur `counts` times."""
  irlbl = np.full(len(counts), np.nan)
  np.divide(counts.max(initial=0), counts, out=irlbl, where=counts > 0)
  occurring = irlbl[counts > 0]
  mean_ir = float(occurring.mean()) if occurring.size else math.nan
  std = float(occurring.std(ddof=1)) if occurring.size > 1 else math.nan
  return Imbalance(irlbl, mean_ir, std / mean_ir)


def _quota(sets, percent, *, at_most):
  """Number of frames to clone or to delete."""
  if not 0 <= percent <= at_most or percent == math.inf:
    limits = "0 or more" if at_most == math.inf else f"0 to {at_most}"
    raise ValueError(
      f"expected a percent of {limits}, got {percent}; it is how many frames"
      " to clone or to delete, per 100 frames"
    )
  return int(len(sets.membership) * percent / 100)


def _state(sets):
  """Imbalance, a list of the AUs' counts, and which AUs a frame shows."""
  counts = sets.counts @ sets.patterns
  aus = [np.flatnonzero(pattern).tolist() for pattern in sets.patterns]
  # A view gives Python numbers, several times faster than the array does.
  membership = memoryview(sets.membership)
  return _measure(counts), counts.tolist(), lambda frame: aus[membership[frame]]


def _round_robin(bags, counts, aus_of, *, step, closes, mean_ir):
  """Yields frames to clone or to delete, and keeps `counts` up to date."""
  turns = collections.deque(bags)
  while turns:
    au = turns.popleft()
    frame = next(bags[au], None)
    if frame is None:
      continue
    for shown in aus_of(frame):
      counts[shown] += step
    if not closes(max(counts) / counts[au], mean_ir):
      turns.append(au)
    yield frame


def _bag(sets, au):
  """Frames that show an AU, ascending."""
  shown = sets.patterns[:, au][sets.membership]
  return np.flatnonzero(shown).astype(np.int32)


def _draw_again(sets, au, generator):
  """Yields random frames of a bag for ever, with replacement."""
  bag = _bag(sets, au)
  while True:
    yield from bag[generator.integers(len(bag), size=_BLOCK)].tolist()


def _draw_once(sets, au, generator):
  """Yields all frames of a bag in random order."""
  bag = generator.permutation(_bag(sets, au))
  for start in range(0, len(bag), _BLOCK):
    yield from bag[start : start + _BLOCK].tolist()


def _share_out(quota, room):
  """Shares a quota out to label sets, first to those with little room."""
  shares = np.zeros_like(room)
  by_room = np.argsort(room, kind="stable")
  # A set on the other side of the mean has none, and passes its share on.
  for index, most in enumerate(np.maximum(room[by_room], 0).tolist()):
    share = min(most, quota // (len(room) - index))
    shares[by_room[index]] = share
    quota -= share
  return shares


def _draw(sets, shares, generator, *, replace):
  """Random frames, as many of each label set as its share."""
  by_set = np.argsort(sets.membership, kind="stable")
  drawn = [np.empty(0, np.int64)]
  for stop, count, share in zip(
    np.cumsum(sets.counts), sets.counts, shares, strict=True
  ):
    if share:
      bag = by_set[stop - count : stop]
      drawn.append(generator.choice(bag, share, replace=replace))
  return np.concatenate(drawn)


def _with_clones(sets, clones):
  return np.concatenate([np.arange(len(sets.membership)), clones])
