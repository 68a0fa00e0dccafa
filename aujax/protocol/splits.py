"""Which frames train, which choose and which test; subjects never mix."""

import dataclasses
from collections.abc import Mapping

import numpy as np
from jaxtyping import Int64

from aujax.data import folds as folds_lib


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
  """Rows of a table by their use.

  Attributes:
    train: Rows that the parameters are fitted to.
    validation: Rows that choose among what was fitted.
    test: Rows that nothing is chosen on.
  """

  train: Int64[np.ndarray, " train"]
  validation: Int64[np.ndarray, " validation"]
  test: Int64[np.ndarray, " test"]


def folds_of(folds: str, subjects: np.ndarray, *, seed: int) -> dict[str, int]:
  """The fold in which each subject is tested.

  Args:
    folds: Name of a published partition, or how many folds to make, "10".
    subjects: `[N]`, the subject of each frame.
    seed: Decides the folds that are made.

  Returns:
    A dict from subject to fold, from 0.

  Raises:
    ValueError: If there is no such partition, or fewer subjects than folds.

  Example:
    >>> folds_of("2", np.array(["a", "b"]), seed=0)
    {'a': 0, 'b': 1}
  """
  if folds.isdecimal():
    return folds_lib.assign(subjects, int(folds), seed=seed)
  return folds_lib.published(folds)


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
