"""Which frames train, which choose and which test; subjects never mix."""

import dataclasses
from collections.abc import Mapping, Sequence

import ml_collections
import numpy as np
from jaxtyping import Int64

from aujax.data import folds as folds_lib
from aujax.data import table as table_lib

_TRANSFER = "transfer"
_BALANCED = " balanced"


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
  """Rows of a table by their use.

  Attributes:
    train: Rows that the parameters are fitted to.
    validation: Rows that choose among what was fitted.
    test: Rows that nothing is chosen on; of the other table where one dataset
      is trained on and another tested.
  """

  train: Int64[np.ndarray, " train"]
  validation: Int64[np.ndarray, " validation"]
  test: Int64[np.ndarray, " test"]


def make(
  config: ml_collections.ConfigDict,
  table: table_lib.Table,
  test: table_lib.Table,
) -> list[Split]:
  """The splits of an experiment, one for each fold.

  Args:
    config: "folds" names a published partition, how many to make ("10"), the
      same with the labels balanced between them ("10 balanced"), or
      "transfer": all of one dataset trains, all of another tests.
    table: What is trained on.
    test: What is tested; the same, or another dataset.

  Returns:
    The rows of each fold.

  Raises:
    ValueError: If subjects and folds do not fit, or a subject would be both
      trained on and tested.
  """
  options = {"validation_share": config.validation_share, "seed": config.seed}
  if (config.folds == _TRANSFER) != bool(config.test_records):
    raise ValueError(
      "expected config.test_records together with config.folds 'transfer', got "
      f"folds {config.folds!r} and test_records {config.test_records!r}"
    )
  if config.folds == _TRANSFER:
    return [_transfer(config, table, test, **options)]
  fold_of = folds_of(
    config.folds, table.subject, labels=table.labels, seed=config.seed
  )
  return [
    split(table.subject, fold_of, fold, **options)
    for fold in range(1 + max(fold_of.values()))
  ]


def folds_of(
  folds: str,
  subjects: Sequence[str] | np.ndarray,
  *,
  labels: np.ndarray | None = None,
  seed: int,
) -> dict[str, int]:
  """The fold in which each subject is tested.

  Args:
    folds: Name of a published partition, or how many folds to make, "10", or
      "10 balanced".
    subjects: `[N]`, the subject of each frame.
    labels: `[N, T]`, which balanced folds need.
    seed: Decides the folds that are made.

  Returns:
    A dict from subject to fold, from 0.

  Raises:
    ValueError: If there is no such partition, or fewer subjects than folds.

  Example:
    >>> folds_of("2", np.array(["a", "b"]), seed=0)
    {'a': 0, 'b': 1}
  """
  number = folds.removesuffix(_BALANCED)
  if not number.isdecimal():
    return folds_lib.published(folds)
  if number == folds:
    return folds_lib.assign(subjects, int(number), seed=seed)
  # The bound, which takes the time, changes nothing in the folds.
  return folds_lib.balanced(
    subjects, labels, int(number), seed=seed, time_limit=0
  ).fold_of


def balance(
  config: ml_collections.ConfigDict, table: table_lib.Table
) -> str | None:
  """Says how near to the best balanced folds are.

  Args:
    config: As for `make`.
    table: What is trained on.

  Returns:
    A sentence; None where the folds are not balanced ones.
  """
  number = config.folds.removesuffix(_BALANCED)
  if number == config.folds:
    return None
  found = folds_lib.balanced(
    table.subject, table.labels, int(number), seed=config.seed
  )
  return (
    f"{number} balanced folds: positives and frames are "
    f"{found.objective:.1%} off a fold's fair share, and "
    f"{found.lower_bound:.1%} or more in any folds of these subjects"
  )


def split(
  subjects: np.ndarray,
  fold_of: Mapping[str, int],
  fold: int,
  *,
  validation_share: float,
  seed: int,
) -> Split:
  """Divides frames into training, validation and test by their subjects.

  Args:
    subjects: `[N]`, the subject of each frame.
    fold_of: The fold in which each subject is tested.
    fold: The fold that is tested.
    validation_share: Share of the other subjects that is set aside.
    seed: Decides which, so that methods and repeats set the same aside.

  Returns:
    The rows of each part, ascending.

  Raises:
    ValueError: If there is no such fold, or subjects and folds do not fit.

  Example:
    >>> parts = split(
    ...   np.array(["a", "b", "c"]), {"a": 0, "b": 1, "c": 1}, 0,
    ...   validation_share=0.5, seed=0,
    ... )
    >>> parts.test, len(parts.train), len(parts.validation)
    (array([0]), 1, 1)
  """
  of_row = folds_lib.of_rows(subjects, fold_of)
  if not (of_row == fold).any():
    raise ValueError(f"expected a fold from 0 to {of_row.max()}, got {fold}")
  others = np.flatnonzero(of_row != fold)
  aside = folds_lib.split_validation(
    np.asarray(subjects)[others], fraction=validation_share, seed=seed + fold
  )
  return Split(others[~aside], others[aside], np.flatnonzero(of_row == fold))


def inner(
  outer: Split, subjects: np.ndarray, num_folds: int, *, seed: int
) -> list[Split]:
  """Divides what a fold may learn from into folds of its own.

  Each part of the training and validation subjects validates once; nothing of
  the outer test fold is in them. Tallec et al. 2023, section 3.3, choose beta
  so, with 6 parts inside each pair of DISFA's training folds.

  Args:
    outer: The fold's own split.
    subjects: `[N]`, the subject of each frame.
    num_folds: How many parts.
    seed: Decides them.

  Returns:
    The rows of each part, without any to test.

  Raises:
    ValueError: If there are fewer subjects than parts.

  Example:
    >>> rows = Split(*(np.array(r) for r in ([0, 1], [2], [3])))
    >>> parts = inner(rows, np.array(["a", "b", "c", "d"]), 3, seed=0)
    >>> [part.validation.tolist() for part in parts], parts[0].test.tolist()
    ([[2], [0], [1]], [])
  """
  rows = np.sort(np.concatenate([outer.train, outer.validation]))
  named = np.asarray(subjects)[rows]
  of_row = folds_lib.of_rows(
    named, folds_lib.assign(named, num_folds, seed=seed)
  )
  nothing = np.zeros(0, np.int64)
  return [
    Split(rows[of_row != part], rows[of_row == part], nothing)
    for part in range(num_folds)
  ]


def _transfer(config, table, test, *, validation_share, seed):
  """One fold: every subject of one dataset, every subject of the other."""
  both = sorted(set(table.subject.tolist()) & set(test.subject.tolist()))
  if both and not config.test_names_differ:
    raise ValueError(
      f"expected other subjects in {config.test_records} than in "
      f"{config.records}, got {both[0]} and {len(both) - 1} more in both; leave"
      " them out, or set config.test_names_differ if they are other people"
    )
  aside = folds_lib.split_validation(
    table.subject, fraction=validation_share, seed=seed
  )
  return Split(
    np.flatnonzero(~aside), np.flatnonzero(aside), np.arange(len(test))
  )
