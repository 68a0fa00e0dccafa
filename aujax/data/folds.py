"""Who is tested when: subject-exclusive folds and validation splits.

Fold k, from 0, tests on the subjects that have the number k and trains on the
others. Folds are a dict from subject to number.

The published partitions of DISFA and BP4D are those of JAANet (Shao et al.
2021): fold k tests on its part k + 1. ME-GraphAU (Luo et al. 2022) has the same
parts in another order: its folds 1, 2, 3 test on parts 3, 2, 1.
"""

import functools
import json
from collections.abc import Mapping, Sequence
from importlib import resources

import numpy as np
from jaxtyping import Bool, Int64


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
  if num_folds < 2:
    raise ValueError(f"expected 2 folds or more, got {num_folds}")
  if len(names) < num_folds:
    raise ValueError(
      f"expected at least as many subjects as folds, got {len(names)} subjects "
      f"for {num_folds} folds; ask for fewer folds or add subjects"
    )
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


@functools.cache
def _partitions() -> dict[str, list[list[str]]]:
  text = resources.files("aujax.data").joinpath("folds.json").read_text()
  return json.loads(text)["parts"]


def _some(names: list[str]) -> str:
  shown = ", ".join(names[:5])
  return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
