"""What the figures show, as positions in percent of their axes.

The markup is in figures.html.jinja. Positions are shares of the width, not
pixels, so that a figure fits a phone and a page and its letters keep their
size.
"""

import dataclasses
import math
from collections.abc import Iterable, Sequence

from aujax import action_units
from aujax.report import cells, history, summary
from aujax.report import results as results_lib

_RATES = {"labels": "coded", "truth": "true"}


@dataclasses.dataclass(frozen=True)
class Mark:
  """One value: a bar's end, a dot or a line across.

  Attributes:
    series: Which method it belongs to, for its colour; -1 for a reference.
    at: Position in percent of the axis.
    text: The value, as printed.
    title: What it is, shown on hover.
  """

  series: int
  at: float
  text: str
  title: str


@dataclasses.dataclass(frozen=True)
class Row:
  """One row of a figure: a name, the marks in it, and a reference mark."""

  name: str
  note: str
  marks: tuple[Mark, ...]
  reference: Mark | None = None


@dataclasses.dataclass(frozen=True)
class Panel:
  """Rows over a common axis.

  Attributes:
    title: What is measured.
    rows: From top to bottom.
    ticks: (position in percent, text) of the axis.
  """

  title: str
  rows: tuple[Row, ...]
  ticks: tuple[tuple[float, str], ...]


@dataclasses.dataclass(frozen=True)
class Curve:
  """A line through points in percent, y from the top."""

  series: int
  points: str
  mean: bool


@dataclasses.dataclass(frozen=True)
class Plot:
  """Curves over two axes, ticks as (position in percent, text)."""

  title: str
  unit: str
  curves: tuple[Curve, ...]
  x_ticks: tuple[tuple[float, str], ...]
  y_ticks: tuple[tuple[float, str], ...]


def fold_panels(results: results_lib.Results) -> list[Panel]:
  """Macro F1 of every method in every fold.

  The axis holds the methods only, not zero and not the always-positive mark,
  so that differences of a point can be seen.
  """
  panels = []
  for against in results.targets:
    graded = summary.grades(results, against)
    values = [float(v) for g in graded for v in g.average.per_fold]
    low, high = min(values), max(values)
    # At least four points wide, lest a difference of nothing fill the page.
    spare = max(0.0, 0.02 - (high - low) / 2)
    axis = _Axis(low - spare, high + spare)
    rows = [
      _row(results, graded, axis, f"Fold {fold}", lambda g, f=fold: g.fold(f))
      for fold in results.folds
    ]
    rows.append(_row(results, graded, axis, "Mean", lambda g: g.average.mean))
    title = cells.AGAINST[against].capitalize()
    panels.append(Panel(title, tuple(rows), axis.ticks))
  return panels


def au_panels(results: results_lib.Results) -> list[Panel]:
  """F1 of every method for every AU, with the always-positive mark."""
  axis = _Axis(0, 1)
  panels = []
  for against in results.targets:
    graded = summary.grades(results, against)
    floor = summary.always_positive(results, against)
    rows = []
    for i, au in enumerate(results.aus):
      value = lambda g, i=i: float(g.average.per_au[i])  # noqa: E731
      row = _row(results, graded, axis, action_units.name(au), value)
      always = (
        None
        if math.isnan(value(floor))
        else _mark(-1, "always positive", value(floor), axis)
      )
      note = action_units.DESCRIPTIONS.get(au, "")
      rows.append(dataclasses.replace(row, note=note, reference=always))
    title = cells.AGAINST[against].capitalize()
    panels.append(Panel(title, tuple(rows), axis.ticks))
  return panels


def rate_panel(results: results_lib.Results) -> Panel:
  """How often each AU is coded and, where known, truly there."""
  rates = {
    a: summary.rates(summary.totals(results, a)) for a in results.targets
  }
  known = [v for values in rates.values() for v in values if not math.isnan(v)]
  axis = _Axis(0, max(known, default=1))
  rows = []
  for i, au in enumerate(results.aus):
    marks = tuple(
      _mark(series, _RATES[against], float(rates[against][i]), axis)
      for series, against in zip((2, 4), results.targets, strict=False)
      if not math.isnan(rates[against][i])
    )
    description = action_units.DESCRIPTIONS.get(au, "")
    rows.append(Row(action_units.name(au), description, marks))
  return Panel("Base rate in percent", tuple(rows), axis.ticks)


def plots(results: results_lib.Results) -> list[Plot]:
  """Training loss and validation F1, where any trial recorded them."""
  loss, validation = {}, {}
  for (method, _, _), trial in results.trials.items():
    series = results.methods.index(method)
    if trial.history.loss:
      thin = history.binned(trial.history.loss)
      loss.setdefault(series, []).append(thin)
    if trial.history.validation:
      validation.setdefault(series, []).append(trial.history.validation)
  found = []
  if loss:
    found.append(_plot("Training loss", "step", loss, lambda y: f"{y:g}"))
  if validation:
    text = lambda y: f"{100 * y:g}"  # noqa: E731
    found.append(_plot("Macro F1 on validation", "epoch", validation, text))
  return found


class _Axis:
  """An axis that holds all values, with round ends unless not `whole`."""

  def __init__(self, low, high, *, count=5, whole=True):
    self.step = _round_step((high - low) / count)
    self.low = math.floor(low / self.step + 1e-9) * self.step
    if whole:
      high = math.ceil(high / self.step - 1e-9) * self.step
    self.high = high
    if self.high <= self.low:
      self.high = self.low + self.step

  def at(self, value):
    return round(100 * (value - self.low) / (self.high - self.low), 2)

  def values(self):
    number = math.floor((self.high - self.low) / self.step + 1e-9)
    return [round(self.low + i * self.step, 10) for i in range(number + 1)]

  @property
  def ticks(self):
    return tuple((self.at(v), f"{100 * v:g}") for v in self.values())


def _round_step(width):
  """The next of 1, 2, 5, 10, ... times a power of ten."""
  power = 10.0 ** math.floor(math.log10(max(width, 1e-9)))
  return next(power * m for m in (1, 2, 5, 10) if power * m >= width * 0.999)


def _row(results, graded, axis, name, value):
  """A row with a mark for every method that has a value."""
  marks = (
    _mark(results.methods.index(grade.name), grade.name, value(grade), axis)
    for grade in graded
    if not math.isnan(value(grade))
  )
  return Row(name, "", tuple(marks))


def _mark(series, name, value, axis):
  text = cells.number(value)
  return Mark(series, axis.at(value), text, f"{name}: {text}")


def _plot(title, unit, curves, text):
  """Curves by series; each trial thin, their mean strong."""
  points = [p for group in curves.values() for curve in group for p in curve]
  x_axis = _Axis(0, max(x for x, _ in points), whole=False)
  y_axis = _Axis(0, max(y for _, y in points), count=4)
  lines = []
  for series, group in sorted(curves.items()):
    several = [(curve, False) for curve in group] if len(group) > 1 else []
    for curve, mean in (*several, (_mean(group), True)):
      lines.append(Curve(series, _points(curve, x_axis, y_axis), mean))
  return Plot(
    title,
    unit,
    tuple(sorted(lines, key=lambda line: line.mean)),
    tuple((x_axis.at(x), f"{x:g}") for x in x_axis.values()),
    tuple((100 - y_axis.at(y), text(y)) for y in y_axis.values()),
  )


def _mean(group: Iterable[Sequence[tuple[float, float]]]):
  """Mean curve over the points that all trials reached."""
  return history.mean(group)


def _points(curve, x_axis, y_axis):
  return " ".join(f"{x_axis.at(x)},{100 - y_axis.at(y):.2f}" for x, y in curve)
