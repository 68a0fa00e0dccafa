"""Facial Action Units: names, descriptions and the AU sets of the datasets.

An AU is its FACS number, an int. A label matrix has one column per AU of a
tuple such as `DISFA`, in that order; as a column name AU 1 reads "AU01".
"""

import os
import re
from collections.abc import Sequence

import numpy as np

UNKNOWN = -1

# Names as in the FACS manual (Ekman, Friesen & Hager 2002).
DESCRIPTIONS = {
  1: "Inner brow raiser",
  2: "Outer brow raiser",
  4: "Brow lowerer",
  5: "Upper lid raiser",
  6: "Cheek raiser",
  7: "Lid tightener",
  9: "Nose wrinkler",
  10: "Upper lip raiser",
  11: "Nasolabial deepener",
  12: "Lip corner puller",
  13: "Sharp lip puller",
  14: "Dimpler",
  15: "Lip corner depressor",
  16: "Lower lip depressor",
  17: "Chin raiser",
  18: "Lip pucker",
  20: "Lip stretcher",
  22: "Lip funneler",
  23: "Lip tightener",
  24: "Lip presser",
  25: "Lips part",
  26: "Jaw drop",
  27: "Mouth stretch",
  28: "Lip suck",
  43: "Eyes closed",
  45: "Blink",
  51: "Head turn left",
  52: "Head turn right",
  53: "Head up",
  54: "Head down",
  55: "Head tilt left",
  56: "Head tilt right",
}

# The eight AUs that are reported on DISFA, and all twelve that it codes.
DISFA = (1, 2, 4, 6, 9, 12, 25, 26)
DISFA_ALL = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
BP4D = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)
# The 23 of the EmotioNet challenge of 2020.
EMOTIONET = (
  *(1, 2, 4, 5, 6, 9, 10, 12, 15, 17, 18, 20, 24, 25, 26, 28, 43),
  *(51, 52, 53, 54, 55, 56),
)
# What the synthetic faces can show: the union of DISFA's and BP4D's, and 16.
SYNTHETIC = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 17, 20, 23, 24, 25, 26)


def name(au: int) -> str:
  """Returns the column name of an AU.

  Args:
    au: FACS number.

  Returns:
    "AU" and the number with two digits.

  Example:
    >>> name(4)
    'AU04'
  """
  return f"AU{au:02d}"


def parse(text: str) -> int:
  """Reads an AU's number from any usual spelling of its name.

  Args:
    text: Such as "AU04", "au4", "AU 4", "'AU 4'" or "4".

  Returns:
    The FACS number.

  Raises:
    ValueError: If no number stands alone in the text.

  Example:
    >>> parse("au4"), parse("'AU 26'")
    (4, 26)
  """
  match = re.fullmatch(r"['\"\s]*(?:AU)?[\s_]*0*(\d+)['\"\s]*", text, re.I)
  if not match:
    raise ValueError(
      f"expected the name of an Action Unit such as 'AU04', got {text!r}"
    )
  return int(match.group(1))


def columns(names: Sequence[str], *, file: str | os.PathLike) -> dict[int, str]:
  """Finds the columns of a file that hold AUs.

  Args:
    names: Names of all columns. One counts if it is "AU" and a number in a
      spelling that `parse` reads; "AU04_r", "AU04_score" and "4" do not count.
    file: Where they stand, for the error.

  Returns:
    The name of each AU's column, in the order of the columns.

  Raises:
    ValueError: If an AU has two columns.

  Example:
    >>> columns(["path", "au_1", "'AU 12'", "AU12_r"], file="labels.csv")
    {1: 'au_1', 12: "'AU 12'"}
  """
  found = {}
  for column in names:
    if not re.fullmatch(r"['\"\s]*AU[\s_]*\d+['\"\s]*", column, re.I):
      continue
    au = parse(column)
    if au in found:
      raise ValueError(
        f"expected one column for AU {au} in {file}, got {found[au]!r} and "
        f"{column!r}; remove or rename one"
      )
    found[au] = column
  return found


def project(
  labels: np.ndarray, source: Sequence[int], target: Sequence[int]
) -> np.ndarray:
  """Brings labels from one AU set to another.

  Args:
    labels: `[N, len(source)]`, any dtype that holds -1.
    source: AUs of the columns that come in.
    target: AUs of the columns that go out, in their order.

  Returns:
    `[N, len(target)]` of the same dtype; an AU that the source does not code
    is -1, unknown.

  Raises:
    ValueError: If the number of columns is not the number of source AUs.

  Example:
    >>> project(np.array([[1, 0]]), (1, 2), (2, 4))
    array([[ 0, -1]])
  """
  labels = np.asarray(labels)
  if labels.ndim != 2 or labels.shape[1] != len(source):
    raise ValueError(
      f"expected labels of shape [N, {len(source)}], one column for each "
      f"source AU, got {list(labels.shape)}"
    )
  columns = {au: column for column, au in enumerate(source)}
  out = np.full((len(labels), len(target)), UNKNOWN, labels.dtype)
  for column, au in enumerate(target):
    if au in columns:
      out[:, column] = labels[:, columns[au]]
  return out
