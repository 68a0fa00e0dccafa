"""What a table of the report is made of, whatever its form on paper."""

import dataclasses
import math
from collections.abc import Sequence

from aujax import evaluation

AGAINST = {
  "labels": "against the coded labels",
  "truth": "against the truth",
}


@dataclasses.dataclass(frozen=True)
class Cell:
  """One entry: its text, a second line in small, and whether it is the best."""

  text: str
  note: str = ""
  best: bool = False


@dataclasses.dataclass(frozen=True)
class Table:
  """A table with one leading column of names.

  Attributes:
    key: Short name, used as an anchor.
    title: What it shows.
    caption: How to read it.
    header: Name of each column.
    rows: The methods or AUs, one cell per column.
    references: Rows set apart below, which do not compete.
    num_text: How many leading columns hold text and stand to the left.
  """

  key: str
  title: str
  caption: str
  header: tuple[str, ...]
  rows: tuple[tuple[Cell, ...], ...]
  references: tuple[tuple[Cell, ...], ...] = ()
  num_text: int = 1


def number(value: float, *, sign: bool = False) -> str:
  """A share in percent with one decimal, "-" for nan.

  Args:
    value: Such as an F1 in [0, 1].
    sign: Whether to show a plus.

  Returns:
    The text.

  Example:
    >>> number(0.6314), number(float("nan")), number(0.02, sign=True)
    ('63.1', '-', '+2.0')
  """
  if math.isnan(value):
    return "-"
  # Adding 0 turns a rounded -0.0 into 0.0.
  return f"{round(100 * value, 1) + 0.0:{'+' if sign else ''}.1f}"


def interval(bounds: evaluation.Interval | None, *, sign: bool = False) -> str:
  """An interval in percent, empty where there is none.

  Args:
    bounds: Its ends, as shares.
    sign: Whether to show a plus.

  Returns:
    The text.

  Example:
    >>> interval(evaluation.Interval(value=0.44, low=0.411, high=0.47))
    '41.1 to 47.0'
  """
  if bounds is None:
    return ""
  return f"{number(bounds.low, sign=sign)} to {number(bounds.high, sign=sign)}"


def marked(
  values: Sequence[float],
  competing: Sequence[bool] | None = None,
  *,
  notes: Sequence[str] = (),
  lowest: bool = False,
) -> list[Cell]:
  """Cells of numbers of which the best is marked.

  Args:
    values: Shares, nan where there is none.
    competing: Which take part; all by default.
    notes: A second line for each; none by default.
    lowest: Whether the lowest is the best.

  Returns:
    A cell for each; marked are those that print as the best one does, unless
    there is no other to be better than.

  Example:
    >>> [cell.best for cell in marked([0.5001, 0.5004, 0.4])]
    [True, True, False]
  """
  winners = best(values, competing, lowest=lowest)
  return [
    Cell(number(value), notes[i] if notes else "", i in winners)
    for i, value in enumerate(values)
  ]


def best(
  values: Sequence[float],
  competing: Sequence[bool] | None = None,
  *,
  lowest: bool = False,
) -> set[int]:
  """Indices of the best of several values, as they are printed.

  Args:
    values: Shares, nan where there is none.
    competing: Which take part; all by default.
    lowest: Whether the lowest is the best.

  Returns:
    Several where they print alike, none where fewer than two take part.

  Example:
    >>> best([0.5, 0.7, 0.6]), best([0.5, 0.7], lowest=True), best([0.5])
    ({1}, {0}, set())
  """
  shown = {
    i: round(100 * value, 1)
    for i, value in enumerate(values)
    if not math.isnan(value) and (competing is None or competing[i])
  }
  if len(shown) < 2:
    return set()
  winner = (min if lowest else max)(shown.values())
  return {i for i, value in shown.items() if value == winner}


def p_value(value: float) -> str:
  """A p value with two digits that count, "-" for nan.

  Args:
    value: In [0, 1].

  Returns:
    The text.

  Example:
    >>> p_value(0.25), p_value(0.0123), p_value(0.0001), p_value(float("nan"))
    ('0.25', '0.012', '< 0.001', '-')
  """
  if math.isnan(value):
    return "-"
  if value < 0.001:
    return "< 0.001"
  return f"{value:.2f}" if value >= 0.095 else f"{value:.2g}"


def duration(seconds: float | None) -> str:
  """A time in the largest units that fit, "-" where it is not known.

  Args:
    seconds: The time.

  Returns:
    The text.

  Example:
    >>> duration(41.2), duration(125), duration(7320), duration(None)
    ('41 s', '2 min 05 s', '2 h 02 min', '-')
  """
  if not isinstance(seconds, (int, float)):
    return "-"
  minutes, seconds = divmod(round(seconds), 60)
  hours, minutes = divmod(minutes, 60)
  if hours:
    return f"{hours} h {minutes:02d} min"
  return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"
