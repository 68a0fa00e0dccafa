"""Axes with round ends, whose positions are percent of a figure's size.

Shares, not pixels: a figure fits a phone and a page, and its letters keep
their size.
"""

import math
from collections.abc import Callable


class Axis:
  """An axis that holds all values, with round ends unless not `whole`."""

  def __init__(
    self, low: float, high: float, *, count: int = 5, whole: bool = True
  ):
    """Sets the ends.

    Args:
      low: The least value.
      high: The greatest value.
      count: About how many steps to part it into.
      whole: Whether the axis ends with a tick.
    """
    self.step = _round_step((high - low) / count)
    self.low = math.floor(low / self.step + 1e-9) * self.step
    if whole:
      high = math.ceil(high / self.step - 1e-9) * self.step
    self.high = high
    if self.high <= self.low:
      self.high = self.low + self.step

  def at(self, value: float) -> float:
    """Where a value stands, in percent from the low end."""
    return round(100 * (value - self.low) / (self.high - self.low), 2)

  def values(self) -> list[float]:
    """The values that have a tick."""
    number = math.floor((self.high - self.low) / self.step + 1e-9)
    return [round(self.low + i * self.step, 10) for i in range(number + 1)]

  @property
  def ticks(self) -> tuple[tuple[float, str], ...]:
    """(position, value in percent) of the ticks of shares."""
    return self.marks(lambda v: f"{100 * v:g}")

  def marks(
    self, text: Callable[[float], str] = lambda v: f"{v:g}"
  ) -> tuple[tuple[float, str], ...]:
    """(position, text) of the ticks."""
    return tuple((self.at(v), text(v)) for v in self.values())


class Levels(Axis):
  """An axis of a few chosen values; each has a tick.

  Those that differ by orders of magnitude stand at their logarithm.
  """

  def __init__(self, values: list[float]):
    """Sets the ends to the least and the greatest.

    Args:
      values: At least one.
    """
    self._values = sorted(set(values))
    first, last = self._values[0], self._values[-1]
    self._logarithmic = first > 0 and last / first > 40
    self.low, self.high = map(self._place, (first, last))
    if self.low == self.high:
      self.low, self.high = self.low - 1, self.high + 1

  def at(self, value: float) -> float:
    """Where a value stands, in percent from the low end."""
    return super().at(self._place(value))

  def values(self) -> list[float]:
    """The values that have a tick: those with room between them."""
    kept = [self._values[0]]
    for value in self._values[1:]:
      if self.at(value) - self.at(kept[-1]) >= 9:
        kept.append(value)
    return kept

  def _place(self, value):
    return math.log(value) if self._logarithmic else value


def _round_step(width):
  """The next of 1, 2, 5, 10, ... times a power of ten."""
  power = 10.0 ** math.floor(math.log10(max(width, 1e-9)))
  return next(power * m for m in (1, 2, 5, 10) if power * m >= width * 0.999)
