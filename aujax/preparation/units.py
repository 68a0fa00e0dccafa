"""Units of work: rows of a table that one process does one after the other."""

import dataclasses

import numpy as np
from jaxtyping import Int

from aujax.data import images
from aujax.data import table as table_lib

# Most picture files in a unit; a video is always one, as it is decoded from
# its start.
_PICTURES = 512


@dataclasses.dataclass(frozen=True, eq=False)
class Unit:
  """A video's rows, or those of some picture files.

  Attributes:
    number: Its place among the units, which names its part file.
    rows: `[n]`, rows of the table in the order in which they are read.
    table: These rows.
  """

  number: int
  rows: Int[np.ndarray, " n"]
  table: table_lib.Table

  @property
  def files(self) -> str:
    """What it reads, for people."""
    first, last = (
      images.parse_key(key)[0] for key in self.table.image[[0, -1]]
    )
    return first if first == last else f"{first} to {last}"


def split(table: table_lib.Table) -> list[Unit]:
  """Divides a table into units; the same table always in the same way.

  Args:
    table: Any table.

  Returns:
    Units that have each row once.

  Example:
    >>> keys = np.array(["a.avi#1", "x.png", "a.avi#0", "y.png"])
    >>> table = table_lib.Table(
    ...   aus=(), image=keys, labels=np.zeros((4, 0)), subject=keys,
    ...   sequence=keys, frame=np.arange(4),
    ... )
    >>> [(unit.files, unit.rows.tolist()) for unit in split(table)]
    [('a.avi', [2, 0]), ('x.png to y.png', [1, 3])]
  """
  videos, pictures = {}, []
  for row, key in enumerate(table.image.tolist()):
    path, index = images.parse_key(key)
    if index is None:
      pictures.append(row)
    else:
      videos.setdefault(path, []).append((index, row))
  groups = [
    pictures[start : start + _PICTURES]
    for start in range(0, len(pictures), _PICTURES)
  ]
  groups += [[row for _, row in sorted(frames)] for frames in videos.values()]
  groups.sort(key=min)
  return [
    Unit(number, np.array(rows), table.select(np.array(rows)))
    for number, rows in enumerate(groups)
  ]
