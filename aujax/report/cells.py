"""What a table of the report is made of, whatever its form on paper."""

import dataclasses
import math

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
