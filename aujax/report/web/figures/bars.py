"""Figures of rows: dots by fold, bars by AU, base rates, improvements."""

import dataclasses
import math

import numpy as np

from aujax import action_units, evaluation
from aujax.report.numbers import results as results_lib
from aujax.report.numbers import summary
from aujax.report.text import cells
from aujax.report.web import shown
from aujax.report.web.figures import axes, shapes

_RATES = {"labels": "coded", "truth": "true"}


def fold_panels(results: results_lib.Results) -> list[shapes.Panel]:
  """Macro F1 of every method in every fold.

  The axis holds the methods only, not zero and not the always-positive mark,
  so that differences of a point can be seen.
  """
  panels = []
  for against in results.targets:
    graded = _grades(results, against)
    values = [float(v) for g in graded for v in g.average.per_fold]
    low, high = min(values), max(values)
    # At least four points wide, lest a difference of nothing fill the page.
    spare = max(0.0, 0.02 - (high - low) / 2)
    axis = axes.Axis(low - spare, high + spare)
    rows = [
      _row(results, graded, axis, f"Fold {fold}", lambda g, f=fold: g.fold(f))
      for fold in results.folds
    ]
    rows.append(_row(results, graded, axis, "Mean", lambda g: g.average.mean))
    title = cells.AGAINST[against].capitalize()
    panels.append(shapes.Panel(title, tuple(rows), axis.ticks))
  return panels


def au_panels(results: results_lib.Results) -> list[shapes.Panel]:
  """F1 of every method for every AU, with the always-positive mark."""
  axis = axes.Axis(0, 1)
  panels = []
  for against in results.targets:
    graded = _grades(results, against)
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
    panels.append(shapes.Panel(title, tuple(rows), axis.ticks))
  return panels


def rate_panel(results: results_lib.Results) -> shapes.Panel:
  """How often each AU is coded and, where known, truly there."""
  rates = {
    a: summary.rates(summary.totals(results, a)) for a in results.targets
  }
  known = [v for values in rates.values() for v in values if not math.isnan(v)]
  axis = axes.Axis(0, max(known, default=1))
  rows = []
  for i, au in enumerate(results.aus):
    marks = tuple(
      _mark(series, _RATES[against], float(rates[against][i]), axis)
      for series, against in zip((2, 4), results.targets, strict=False)
      if not math.isnan(rates[against][i])
    )
    description = action_units.DESCRIPTIONS.get(au, "")
    rows.append(shapes.Row(action_units.name(au), description, marks))
  return shapes.Panel("Base rate in percent", tuple(rows), axis.ticks)


def baseline(results: results_lib.Results) -> str:
  """The method that others are compared with: baseline, else the first."""
  present = shown.methods(results)
  return "baseline" if "baseline" in present else present[0]


def improvements(results: results_lib.Results) -> list[shapes.Panel]:
  """By how much each method is ahead of the baseline, AU by AU.

  A bar is the mean over folds and repeats of paired differences in F1, its
  line the range from the worst to the best fold. Chu et al. 2019, Fig. 8,
  draw the bars.

  Args:
    results: The trials.

  Returns:
    A panel by target; none with fewer than two methods.
  """
  reference = baseline(results)
  panels = []
  for against in results.targets:
    others = [m for m in shown.methods(results) if m != reference]
    gains = {m: _gains(results, m, reference, against) for m in others}
    gains = {m: gain for m, gain in gains.items() if gain}
    ends = [v for g in gains.values() for row in g for v in row]
    if ends:
      axis = axes.Axis(min(0, *ends), max(0, *ends))
      rows = tuple(
        _gain_row(results, au, {m: g[i] for m, g in gains.items()}, axis)
        for i, au in enumerate(results.aus)
      )
      title = cells.AGAINST[against].capitalize()
      panels.append(shapes.Panel(title, rows, axis.ticks, axis.at(0)))
  return panels


def _grades(results, against):
  return [summary.grade(results, m, against) for m in shown.methods(results)]


def _gains(results, method, reference, against):
  """(mean, worst, best fold) of the differences of each AU."""
  folds = []
  for fold in results.folds:
    pairs = [
      [results.trials.get((m, fold, r)) for m in (method, reference)]
      for r in results.repeats
    ]
    ahead = [
      evaluation.f1(one.counts[against]) - evaluation.f1(two.counts[against])
      for one, two in pairs
      if one and two
    ]
    if ahead:
      folds.append(np.mean(ahead, axis=0))
  rows = []
  for values in np.array(folds).T.reshape(-1, len(folds)):
    known = values[~np.isnan(values)]
    ends = (known.mean(), known.min(), known.max()) if len(known) else ()
    rows.append(tuple(map(float, ends)))
  return rows


def _gain_row(results, au, gains, axis):
  bars = []
  for method, gain in gains.items():
    if not gain:
      continue
    mean, low, high = (cells.number(v, sign=True) for v in gain)
    title = f"{method}: {mean}, in the folds from {low} to {high}"
    series = shown.series(results, method)
    at, low, high = map(axis.at, gain)
    bars.append(shapes.Bar(series, at, mean, title, low, high))
  description = action_units.DESCRIPTIONS.get(au, "")
  return shapes.Row(action_units.name(au), description, tuple(bars))


def _row(results, graded, axis, name, value):
  """A row with a mark for every method that has a value."""
  marks = (
    _mark(shown.series(results, grade.name), grade.name, value(grade), axis)
    for grade in graded
    if not math.isnan(value(grade))
  )
  return shapes.Row(name, "", tuple(marks))


def _mark(series, name, value, axis):
  text = cells.number(value)
  return shapes.Mark(series, axis.at(value), text, f"{name}: {text}")
