"""Videos that the page shows frame by frame: which ones, and how thinned.

Of each test fold the videos are ranked by how many labels are coded as
present in them, and those in the middle of equal parts of the ranking are
shown. The rule looks at labels alone, never at scores.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int, UInt8

from aujax.evaluation import scores as scores_lib
from aujax.report.numbers import results as results_lib
from aujax.report.numbers import trials
from aujax.report.web import bins as bins_lib

# Videos of a fold and columns of a video, tried in turn until what a page
# must hold fits into so many bytes.
_SIZES = ((3, 240), (2, 240), (1, 240), (1, 120), (1, 60))
MOST_BYTES = 300_000


@dataclasses.dataclass(frozen=True)
class Plan:
  """What to follow.

  Attributes:
    trials: (method, fold, repeat) to take tracks of: of each method and fold
      the first repeat.
    per_fold: How many videos of a fold.
    columns: At most how many columns a video is thinned to.
  """

  trials: frozenset[tuple[str, int, int]]
  per_fold: int
  columns: int


@dataclasses.dataclass(frozen=True, eq=False)
class Track:
  """One video of C columns, each a few neighbouring frames, and T AUs.

  Attributes:
    name: Of its subject, and its own where that is another.
    frames: `[C]` number of each column's first frame; the last one also
      ends with `last`.
    last: Number of the last frame.
    low: `[C, T]` bin of the lowest score in the column,
    high: and of the highest.
    detected: `[C, T]` whether any frame reaches the trial's threshold.
    coded: By target, `[C, T]` bits: 1 present, 2 absent, 4 unknown in some
      frame of the column.
  """

  name: str
  frames: Int[np.ndarray, " C"]
  last: int
  low: UInt8[np.ndarray, "C T"]
  high: UInt8[np.ndarray, "C T"]
  detected: Bool[np.ndarray, "C T"]
  coded: dict[str, UInt8[np.ndarray, "C T"]]


def plan(results: results_lib.Results, methods: Sequence[str]) -> Plan:
  """Decides how much is followed, within what a page may hold.

  Args:
    results: The trials.
    methods: Those that are shown.

  Returns:
    The plan.
  """
  first = {}
  for method, fold, repeat in results.trials:
    if method not in methods:
      continue
    first.setdefault((method, fold), (method, fold, repeat))
  folds = {fold for _, fold in first}
  # Two bytes for each method's column and one for a label, as base64.
  column = (2 * len(methods) + len(results.targets)) * len(results.aus) * 4 / 3
  for per_fold, columns in _SIZES:
    if per_fold * columns * len(folds) * column <= MOST_BYTES:
      break
  else:
    most = max(1, int(MOST_BYTES / (per_fold * columns * column)))
    folds = set(sorted(folds)[:most])
  trials = frozenset(key for key in first.values() if key[1] in folds)
  return Plan(trials, per_fold, columns)


def tracks(
  scores: scores_lib.Scores, trial: trials.Trial, plan: Plan
) -> tuple[Track, ...]:
  """Takes the tracks of one trial.

  Args:
    scores: Of its test fold.
    trial: The trial, for its threshold.
    plan: What to follow.

  Returns:
    One for each video, none if the plan leaves the trial out.
  """
  if (trial.method, trial.fold, trial.repeat) not in plan.trials:
    return ()
  return tuple(
    _track(scores, name, rows, trial.threshold, plan.columns)
    for name, rows in chosen(scores, plan.per_fold)
  )


def chosen(
  scores: scores_lib.Scores, number: int
) -> list[tuple[str, Int[np.ndarray, " n"]]]:
  """Picks videos by how much is coded as present in them.

  Args:
    scores: Of a test fold; only its labels are looked at.
    number: How many to pick, fewer if there are fewer.

  Returns:
    (name, rows in the order of the frames) of each, the one with the fewest
    present labels first.
  """
  names = [
    subject if subject == sequence else f"{subject}, {sequence}"
    for subject, sequence in zip(
      scores.subject.tolist(), scores.sequence.tolist(), strict=True
    )
  ]
  videos, index = np.unique(names, return_inverse=True)
  present = np.bincount(index, weights=(scores.labels == 1).sum(1))
  order = np.argsort(present, kind="stable")
  places = (np.arange(number) + 0.5) / number * len(videos)
  picked = order[np.unique(places.astype(int))]
  rows = [np.flatnonzero(index == video) for video in picked]
  return [
    (str(videos[video]), r[np.argsort(scores.frame[r], kind="stable")])
    for video, r in zip(picked, rows, strict=True)
  ]


def _track(scores, name, rows, threshold, columns):
  """Thins a video; minimum and maximum keep what lasts a single frame."""
  starts = np.arange(0, len(rows), -(-len(rows) // columns))
  values = scores.scores[rows]
  bins = bins_lib.bin_of(values).astype(np.uint8)
  reaches = values >= np.asarray(threshold).astype(values.dtype)
  targets = {"labels": scores.labels, "truth": scores.truth}
  return Track(
    name=name,
    frames=scores.frame[rows][starts],
    last=int(scores.frame[rows[-1]]),
    low=np.minimum.reduceat(bins, starts),
    high=np.maximum.reduceat(bins, starts),
    detected=np.logical_or.reduceat(reaches, starts),
    coded={
      against: np.bitwise_or.reduceat(
        np.uint8([4, 2, 1])[labels[rows] + 1], starts
      )
      for against, labels in targets.items()
      if labels is not None
    },
  )
