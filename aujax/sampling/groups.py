"""Unique class groups: frames with the same AUs, balanced against each other.

Rieger, Pahl & Seuss 2020 ("seed 2"), section IV.B: a group is one combination
of AUs, all its frames are repeated alike, and how often is an optimization.
`U` is the number of groups.
"""

import dataclasses

import numpy as np
from jaxtyping import Array, Bool, Int, Int64, Num

from aujax.sampling import inputs
from aujax.sampling.balancing import Balance, balance_groups, convergence

__all__ = [
  "Balance",
  "Groups",
  "augmentation_plan",
  "balance",
  "balance_groups",
  "convergence",
  "unique_groups",
]

# AUs that are ranked at a time: 2**16 combinations fit into a small table.
_BITS = 16


@dataclasses.dataclass(frozen=True, eq=False)
class Groups:
  """Which combinations of AUs occur, how often, and where.

  Attributes:
    patterns: `[U, T]`, True where the group's frames show the AU. Rows differ
      and are in lexicographic order, the first AU counting most: the group
      without any AU, if there is one, comes first.
    counts: `[U]` frames of each group, 1 or more.
    membership: `[N]` group of each frame.
  """

  patterns: Bool[np.ndarray, "U T"]
  counts: Int64[np.ndarray, " U"]
  membership: Int64[np.ndarray, " N"]


def unique_groups(labels: Num[np.ndarray | Array, "N T"]) -> Groups:
  """Groups frames by the combination of AUs that they show.

  Seed 2, section IV.B: the rows of a dataset's label matrix without
  repetition. Takes time linear in N up to 16 AUs, and sorts beyond.

  Args:
    labels: `[N, T]` of 1 present, 0 absent, -1 unknown; unknown counts as not
      present.

  Returns:
    The groups that occur, none for no frames.

  Raises:
    ValueError: If the labels are no matrix or hold another value.

  Example:
    >>> groups = unique_groups(np.array([[1, 1], [0, 1], [1, 1], [-1, 1]]))
    >>> groups.patterns.astype(int).tolist(), groups.counts.tolist()
    ([[0, 1], [1, 1]], [2, 2])
    >>> groups.membership.tolist()
    [1, 0, 1, 0]
  """
  labels = np.asarray(labels)
  words = _words(inputs.present(labels))
  membership = np.zeros(len(labels), np.int64)
  for word in words:
    membership = _ranks((membership << _BITS) | word)
  counts = np.bincount(membership)
  members = np.zeros(len(counts), np.int64)
  members[membership] = np.arange(len(labels))  # Any frame of each group.
  return Groups(labels[members] == 1, counts, membership)


def balance(groups: Groups, **options) -> Balance:
  """Balances the groups that show an AU; the one without stays as it is.

  Its frames would enter the objective through the variance of growths alone,
  and grow as the others do on average, which makes every AU rarer. Rieger et
  al. 2020 do not say whether they balance it, but their Table I gains 55,490
  images and 65,485 labels, 1.2 each, which leaves such frames little room.

  Args:
    groups: The groups of the frames.
    **options: Of `balance_groups`.

  Returns:
    Counts of all groups; objective and bound are of those with an AU.

  Raises:
    ValueError: If an option is out of range.

  Example:
    >>> labels = np.repeat([[0, 0], [1, 0], [0, 1]], [900, 400, 200], axis=0)
    >>> balance(unique_groups(labels)).counts.tolist()
    [900, 400, 400]
  """
  shown = groups.patterns.any(1)
  found = balance_groups(
    groups.patterns[shown], groups.counts[shown], **options
  )
  counts, relaxed = groups.counts.copy(), groups.counts.astype(np.float64)
  counts[shown], relaxed[shown] = found.counts, found.relaxed
  return dataclasses.replace(found, counts=counts, relaxed=relaxed)


def augmentation_plan(
  membership: Int[np.ndarray | Array, " N"],
  counts: Int[np.ndarray | Array, " U"],
  *,
  seed: int,
) -> Int64[np.ndarray, " N"]:
  """How often each frame is trained on, so that groups reach their counts.

  Seed 2, section IV.B: images are gone through and augmented until their
  group is full, which leaves open how often one image is. Here repeats within
  a group differ by at most one, and chance decides who has one more.

  Args:
    membership: `[N]` group of each frame, as in `unique_groups`.
    counts: `[U]` frames that each group is to have, as in `balance_groups`;
      no less than it has.
    seed: Seed of the whole run, not negative.

  Returns:
    `[N]`, 1 or more: 1 for a frame that is used as it is alone.

  Raises:
    ValueError: If a frame's group does not exist, or a group's count is below
      the number of its frames, or is positive though it has none.

  Example:
    >>> augmentation_plan(np.array([0, 1, 1, 1]), np.array([2, 5]), seed=0)
    array([2, 1, 2, 2])
  """
  membership, counts = np.asarray(membership), np.asarray(counts)
  sizes = _sizes(membership, counts)
  share, extra = np.divmod(counts, np.maximum(sizes, 1))
  repeats = share[membership].astype(np.int64)
  # Frames of the groups in which only some have one more, shuffled by group.
  sizes = np.where(extra > 0, sizes, 0)
  frames = np.flatnonzero(sizes[membership])
  frames = inputs.generator(seed).permutation(frames)
  # Keys of 16 bits or less are sorted in linear time.
  keys = membership[frames].astype(np.min_scalar_type(len(counts)))
  frames = frames[np.argsort(keys, kind="stable")]
  position = np.arange(len(frames)) - np.repeat(sizes.cumsum() - sizes, sizes)
  repeats[frames[position < np.repeat(extra, sizes)]] += 1
  return repeats


def _sizes(membership, counts):
  """Frames of each group, checked against what each is to have."""
  outside = (membership < 0) | (membership >= len(counts))
  if outside.any():
    frame = int(np.argmax(outside))
    raise ValueError(
      f"expected groups from 0 to {len(counts) - 1}, got {membership[frame]}"
      f" for frame {frame}; counts and membership belong to other groups"
    )
  sizes = np.bincount(membership, minlength=len(counts))
  wrong = (counts < sizes) | ((counts > 0) & (sizes == 0))
  if wrong.any():
    group = int(np.argmax(wrong))
    raise ValueError(
      "expected counts no smaller than the groups, and 0 for an empty one, got"
      f" {counts[group]} for group {group}, which has {sizes[group]} frames;"
      " frames can be repeated, not removed"
    )
  return sizes


def _words(present):
  """Reads each row as numbers of 16 bits, the first AU the highest bit."""
  bits = present.view(np.uint8)
  starts = range(0, bits.shape[1], _BITS)
  parts = [bits[:, start : start + _BITS] for start in starts]
  powers = (1 << np.arange(_BITS)[::-1]).astype(np.uint16)
  return [part @ powers[-part.shape[1] :] for part in parts]


def _ranks(keys):
  """Rank of each key among the distinct ones."""
  limit = int(keys.max(initial=0)) + 1
  if limit > max(1 << _BITS, len(keys)):
    return np.unique(keys, return_inverse=True)[1]
  occurs = np.bincount(keys, minlength=limit) > 0
  return (np.cumsum(occurs) - 1)[keys]
