"""Tables of how labels lie: in a data set, and in the batches of a sampler."""

import csv
import dataclasses
import io
import math
import re
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Int

from aujax import action_units
from aujax.report.text import cells


@dataclasses.dataclass(frozen=True)
class Distribution:
  """How the labels lie of what one way of resampling makes of a data set.

  Attributes:
    name: Of the way.
    positives: `[T]`, frames in which each AU is present.
    known: `[T]`, frames in which it is coded.
    num_images: Frames, each as often as it is repeated.
    imbalance: Measures of it by their names, as MeanIR, CVIR and the greatest
      IRLbl.
  """

  name: str
  positives: Int[np.ndarray, " T"]
  known: Int[np.ndarray, " T"]
  num_images: int
  imbalance: Mapping[str, float]

  @property
  def rates(self) -> np.ndarray:
    """Base rates `[T]`; nan where no frame is coded."""
    coded = np.where(self.known > 0, self.known, np.nan)
    return self.positives / coded


def positives(
  aus: Sequence[int], columns: Sequence[Distribution]
) -> cells.Table:
  """Frames of every AU, then all frames and how imbalanced they are.

  It has the form of Table I of Rieger, Pahl & Seuss 2020.

  Args:
    aus: The T AUs.
    columns: The ways that are compared, the data as it is first.

  Returns:
    The table.
  """
  measures = columns[0].imbalance
  return cells.Table(
    key="positives",
    title="Frames in which an AU is present",
    caption="Below, all frames, and how uneven the AUs are: IRLbl is how often"
    " the frames of an AU go into those of the most frequent one, MeanIR the"
    " mean over AUs, CVIR its coefficient of variation.",
    header=("AU", *(column.name for column in columns)),
    rows=_by_au(aus, [[f"{n:,}" for n in c.positives] for c in columns]),
    references=(
      _row("total images", [f"{column.num_images:,}" for column in columns]),
      *(
        _row(name, [_decimal(column.imbalance[name]) for column in columns])
        for name in measures
      ),
    ),
  )


def rates(aus: Sequence[int], columns: Sequence[Distribution]) -> cells.Table:
  """Base rate of every AU.

  Args:
    aus: The T AUs.
    columns: The ways that are compared, the data as it is first.

  Returns:
    The table.
  """
  return cells.Table(
    key="rates",
    title="Base rates in percent",
    caption="Share of the frames in which the AU is coded.",
    header=("AU", *(column.name for column in columns)),
    rows=_by_au(aus, [map(cells.number, column.rates) for column in columns]),
  )


def quantities(
  key: str, title: str, caption: str, values: Mapping[str, str]
) -> cells.Table:
  """A table of single values.

  Args:
    key: Short name.
    title: What it shows.
    caption: How to read it.
    values: The values, as printed, by their names.

  Returns:
    The table.
  """
  rows = tuple(_row(name, [value]) for name, value in values.items())
  return cells.Table(key, title, caption, ("", "Value"), rows)


def batches(
  aus: Sequence[int], name: str, counts: Int[np.ndarray, "steps T"]
) -> cells.Table:
  """How many frames of each AU a sampler's batches have.

  Args:
    aus: The T AUs.
    name: The sampler's.
    counts: One row for each batch.

  Returns:
    The table.
  """
  columns = (
    map(str, counts.min(0)),
    [f"{value:.1f}" for value in counts.mean(0)],
    map(str, counts.max(0)),
    [f"{value:.2f}" for value in counts.std(0)],
  )
  return cells.Table(
    key="batches_" + re.sub(r"\W+", "_", name.lower()).strip("_"),
    title=f"Frames of each AU in a batch: {name}",
    caption=f"Over {len(counts):,} batches.",
    header=("AU", "Min", "Mean", "Max", "Std"),
    rows=_by_au(aus, columns),
  )


def evenness(counts: Mapping[str, Int[np.ndarray, "steps T"]]) -> cells.Table:
  """How even samplers are between batches and within one.

  Args:
    counts: Of each sampler by its name, one row for each batch.

  Returns:
    The table.
  """
  rows = tuple(
    _row(
      name,
      [f"{values.std(0).mean():.2f}", f"{values.std(1).mean():.2f}"],
    )
    for name, values in counts.items()
  )
  return cells.Table(
    key="evenness",
    title="How even the batches are",
    caption="Between: the standard deviation of an AU's frames over batches,"
    " mean over AUs. Within: that over the AUs of a batch, mean over batches.",
    header=("Sampler", "Between", "Within"),
    rows=rows,
  )


def as_csv(table: cells.Table) -> str:
  """A table as comma-separated values, numbers without thousands marks.

  Args:
    table: What to show.

  Returns:
    A header and the rows; what is not known is empty.

  Example:
    >>> row = tuple(map(cells.Cell, ("AU01", "62,180", "-")))
    >>> print(as_csv(cells.Table("k", "", "", ("AU", "A", "B"), (row,))))
    AU,A,B
    AU01,62180,
    <BLANKLINE>
  """
  content = io.StringIO()
  writer = csv.writer(content, lineterminator="\n")
  writer.writerow(table.header)
  for row in (*table.rows, *table.references):
    names, numbers = row[: table.num_text], row[table.num_text :]
    bare = (cell.text.replace(",", "") for cell in numbers)
    bare = ("" if text == "-" else text for text in bare)
    writer.writerow([*(cell.text for cell in names), *bare])
  return content.getvalue()


def _by_au(aus, columns):
  """Rows of the AUs, from columns of texts."""
  lines = zip(*columns, strict=True)
  return tuple(
    _row(action_units.name(au), line)
    for au, line in zip(aus, lines, strict=True)
  )


def _row(name, texts):
  return (cells.Cell(name), *map(cells.Cell, texts))


def _decimal(value):
  return f"{value:.2f}" if math.isfinite(value) else "-"
