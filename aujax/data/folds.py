"""Who is tested when: subject-exclusive folds and validation splits.

Fold k, from 0, tests on the subjects that have the number k and trains on the
others. Folds are a dict from subject to number.

The published partitions of DISFA and BP4D are those of JAANet (Shao et al.
2021): fold k tests on its part k + 1. ME-GraphAU (Luo et al. 2022) has the same
parts in another order: its folds 1, 2, 3 test on parts 3, 2, 1.
"""

import dataclasses
import functools
import json
from collections.abc import Mapping, Sequence
from importlib import resources

import numpy as np
from jaxtyping import Bool, Float, Int, Int64

from aujax.data import fold_search


def published(dataset: str) -> dict[str, int]:
  """Returns a published three-fold partition.

  Args:
    dataset: "disfa" (27 subjects) or "bp4d" (41 subjects).

  Returns:
    The fold, 0 to 2, in which each subject is tested.

  Raises:
    ValueError: If there is none for the dataset, naming those that have one.

  Example:
    >>> published("disfa")["SN001"]
    0
  """
  known = _partitions()
  if dataset not in known:
    raise ValueError(
      f"expected a dataset with published folds, {sorted(known)}, got "
      f"{dataset!r}; use assign() for others"
    )
  parts = known[dataset]
  return {name: k for k, part in enumerate(parts) for name in part}


def assign(
  subjects: Sequence[str] | np.ndarray, num_folds: int, *, seed: int
) -> dict[str, int]:
  """Deals subjects to folds that have about equally many frames.

  Args:
    subjects: `[N]`, the subject of each frame.
    num_folds: Number of folds, 2 or more.
    seed: Decides among subjects with equally many frames.

  Returns:
    The fold in which each subject is tested. Subjects with the most frames are
    dealt first, each to the fold that has the fewest frames so far.

  Raises:
    ValueError: If there are fewer subjects than folds.

  Example:
    >>> assign(["a", "a", "b", "c"], 2, seed=0)
    {'a': 0, 'b': 1, 'c': 1}
  """
  names, counts = np.unique(np.asarray(subjects, np.str_), return_counts=True)
  _check_number(len(names), num_folds)
  shuffled = np.random.default_rng(seed).permutation(len(names))
  order = shuffled[np.argsort(-counts[shuffled], kind="stable")]
  frames, members = np.zeros(num_folds, int), np.zeros(num_folds, int)
  folds = {}
  for subject in order:
    fold = np.lexsort((members, frames))[0]
    folds[str(names[subject])] = int(fold)
    frames[fold] += counts[subject]
    members[fold] += 1
  return dict(sorted(folds.items()))


@dataclasses.dataclass(frozen=True, eq=False)
class BalancedFolds:
  """Folds whose AUs are about equally frequent, and how near to the best.

  Attributes:
    fold_of: The fold in which each subject is tested.
    objective: Mean over folds of how far a fold is from its share; what
      `balanced` makes small.
    lower_bound: No folds of these subjects have a smaller objective (but for
      the solver's tolerance of 1e-6). 0 where nothing better was proven.
    rates: `[folds, T]` positives / annotated of each fold, nan where nothing is
      annotated.
    frames: `[folds]` frames of each fold.
  """

  fold_of: dict[str, int]
  objective: float
  lower_bound: float
  rates: Float[np.ndarray, "folds T"]
  frames: Int64[np.ndarray, " folds"]

  @property
  def gap(self) -> float:
    """What better folds could gain at most; 0 if these are the best."""
    return self.objective - self.lower_bound


def balanced(
  subjects: Sequence[str] | np.ndarray,
  labels: Int[np.ndarray, "N T"],
  num_folds: int,
  *,
  seed: int,
  frames_weight: float | int = 1.0,
  time_limit: float | int = 10.0,
) -> BalancedFolds:
  """Deals subjects to folds that have about equal AU rates and frames.

  The objective is the mean over folds k of

    mean_a |p_ka - f_a m_ka| / (p_a / K) + w |n_k - n / K| / (n / K)

  with p_ka positives, m_ka annotated and n_k all frames of the fold, p_a and n
  those of the dataset, f_a its rate of AU a and w `frames_weight`: the
  positives too many or too few for the fold's annotated frames, and the frames
  too many or too few, both in parts of a fold's fair share. 0.05 means about
  "5 % off". AUs count the same however rare; one without positives does not.

  Subjects stay whole, so perfect balance is rarely possible: the result tells
  what no folds can go below (see `fold_search.solve`). The bound is tight where
  a few subjects show an AU most, and 0 where many similar subjects make few
  folds. The folds themselves depend on the seed alone; the bound may depend on
  the machine's speed. One of five such folds of the training subjects is a
  balanced validation set.

  Args:
    subjects: `[N]`, the subject of each frame.
    labels: `[N, T]`: 1 present, 0 absent, -1 unknown. Unknown labels are in
      neither part of a rate.
    num_folds: Number of folds, 2 or more.
    seed: Decides the search; results of several seeds are about equally good.
    frames_weight: How much the folds' frames count beside their AUs' mean.
    time_limit: Seconds, from the start, after which the bound is not sought
      any better; the search itself takes one to four. 0 leaves the bound at 0
      unless there are 12 subjects or fewer, with which folds are proven to be
      the best.

  Returns:
    The folds, numbered in the order of their first subjects' names, their
    rates, and how near to the best they are.

  Raises:
    ValueError: If there are fewer subjects than folds, or labels hold what
      they should not.

  Example:
    >>> subjects = ["a", "a", "b", "b", "c", "c", "d", "d"]
    >>> labels = np.array([[1, 1, 0, 0, 1, 0, 1, 0]]).T
    >>> folds = balanced(subjects, labels, 2, seed=0)
    >>> folds.fold_of, folds.rates.tolist(), folds.objective, folds.gap
    ({'a': 0, 'b': 0, 'c': 1, 'd': 1}, [[0.5], [0.5]], 0.0, 0.0)
  """
  names, rows = np.unique(np.asarray(subjects, np.str_), return_inverse=True)
  _check_number(len(names), num_folds)
  labels = _checked(labels, len(rows))
  if not (frames_weight >= 0 and time_limit >= 0):
    raise ValueError(
      "expected a frames_weight and a time_limit of 0 or more, got "
      f"{frames_weight} and {time_limit}"
    )
  frames = np.bincount(rows)
  sums = [
    np.stack([np.bincount(rows, one) for one in (labels == value).T], axis=1)
    for value in (0, 1)
  ]
  positives, annotated = sums[1], sums[0] + sums[1]
  table, target = _off_share(
    frames, positives, annotated, num_folds, frames_weight
  )
  fold_of, bound = fold_search.solve(
    table, target, num_folds, seed=seed, time_limit=time_limit
  )
  members = (fold_of == np.arange(num_folds)[:, None]).astype(np.float64)
  known = members @ annotated
  objective = fold_search.cost(table, target, fold_of, num_folds) / num_folds
  return BalancedFolds(
    fold_of={str(name): int(k) for name, k in zip(names, fold_of, strict=True)},
    objective=objective,
    lower_bound=bound / num_folds,
    rates=members @ positives / np.where(known > 0, known, np.nan),
    frames=np.bincount(fold_of, frames).astype(np.int64),
  )


def of_rows(
  subjects: Sequence[str] | np.ndarray, folds: Mapping[str, int]
) -> Int64[np.ndarray, "N"]:
  """Returns the fold in which each frame is tested.

  Args:
    subjects: `[N]`, the subject of each frame.
    folds: The fold of each subject.

  Returns:
    `[N]` numbers of folds.

  Raises:
    ValueError: If the folds lack a subject, or name one without frames.

  Example:
    >>> of_rows(["a", "b", "a"], {"a": 0, "b": 1})
    array([0, 1, 0])
  """
  names, rows = np.unique(np.asarray(subjects, np.str_), return_inverse=True)
  names = [str(name) for name in names]
  extra = [name for name in names if name not in folds]
  missing = sorted(set(folds) - set(names))
  if extra or missing:
    found = "; ".join(
      f"{_some(which)} {what}"
      for which, what in (
        (missing, "in the folds without frames"),
        (extra, "with frames but in no fold"),
      )
      if which
    )
    raise ValueError(
      f"expected frames of exactly the {len(folds)} subjects in the folds, got "
      f"{found}; complete the dataset, or ask for a number of folds instead"
    )
  return np.array([folds[name] for name in names], np.int64)[rows]


def split_validation(
  subjects: Sequence[str] | np.ndarray,
  *,
  fraction: float = 0.2,
  num: int | None = None,
  seed: int,
) -> Bool[np.ndarray, "N"]:
  """Sets some subjects of a training set aside for validation.

  Args:
    subjects: `[N]`, the subject of each frame of the training set.
    fraction: Share of the subjects to set aside, rounded, at least one.
    num: How many to set aside instead of a share.
    seed: Decides which.

  Returns:
    `[N]`, True where a frame belongs to validation.

  Raises:
    ValueError: If no subject would be left for training, or none set aside.

  Example:
    >>> split_validation(["a", "a", "b", "c"], num=1, seed=0)
    array([False, False, False,  True])
  """
  names, rows = np.unique(np.asarray(subjects, np.str_), return_inverse=True)
  if num is None:
    if not 0 < fraction < 1:
      raise ValueError(
        f"expected a fraction of the subjects between 0 and 1, got {fraction}"
      )
    num = max(1, round(fraction * len(names)))
  if not 0 < num < len(names):
    raise ValueError(
      f"expected to set aside 1 subject or more and to keep one, got {num} of "
      f"{len(names)}; add subjects or ask for another share"
    )
  chosen = np.zeros(len(names), bool)
  chosen[np.random.default_rng(seed).permutation(len(names))[:num]] = True
  return chosen[rows]


def _check_number(subjects, num_folds):
  if num_folds < 2:
    raise ValueError(f"expected 2 folds or more, got {num_folds}")
  if subjects < num_folds:
    raise ValueError(
      f"expected at least as many subjects as folds, got {subjects} subjects "
      f"for {num_folds} folds; ask for fewer folds or add subjects"
    )


def _checked(labels, rows):
  """Labels on the host, which hold nothing but 1, 0 and -1."""
  labels = np.asarray(labels)
  if labels.ndim != 2 or len(labels) != rows:
    raise ValueError(
      f"expected labels of shape [{rows}, T], got {list(labels.shape)}"
    )
  wrong = (labels != 0) & (np.abs(labels) != 1)
  if wrong.any():
    raise ValueError(
      "expected labels 1 (present), 0 (absent) or -1 (unknown), got "
      f"{labels[wrong][0]}"
    )
  return labels


def _off_share(frames, positives, annotated, num_folds, frames_weight):
  """What each subject adds to a fold's distance from its share."""
  shown = positives.sum(0) > 0
  positives, annotated = positives[:, shown], annotated[:, shown]
  total = positives.sum(0)
  excess = positives - total / annotated.sum(0) * annotated
  excess = excess / (total / num_folds) / max(shown.sum(), 1)
  share = frames_weight * frames / (frames.sum() / num_folds)
  target = np.zeros(excess.shape[1] + 1)
  target[-1] = frames_weight
  return np.c_[excess, share], target


@functools.cache
def _partitions() -> dict[str, list[list[str]]]:
  text = resources.files("aujax.data").joinpath("folds.json").read_text()
  return json.loads(text)["parts"]


def _some(names: list[str]) -> str:
  shown = ", ".join(names[:5])
  return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
