"""Figures of curves over training: loss, validation F1, F1 of each AU."""

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from aujax import action_units
from aujax.report.numbers import history
from aujax.report.numbers import results as results_lib
from aujax.report.text import cells
from aujax.report.web import shown
from aujax.report.web.figures import axes, shapes


def plots(results: results_lib.Results) -> list[shapes.Plot]:
  """Training loss and validation F1, where any trial recorded them."""
  loss, validation = {}, {}
  for (method, _, _), trial in results.trials.items():
    if method not in shown.methods(results):
      continue
    if trial.history.loss:
      # Of many trials a line each is drawn: the fewer points, the lighter.
      few = 80 if len(results.trials) <= 24 else 40
      thin = history.binned(trial.history.loss, points=few)
      loss.setdefault(method, []).append(thin)
    if trial.history.validation:
      validation.setdefault(method, []).append(trial.history.validation)
  found = []
  if loss:
    text = lambda y: f"{y:.3g}"  # noqa: E731
    plot = _plot(results, "Training loss", "step", loss, text)
    # What matters of a loss is its course.
    found.append(dataclasses.replace(plot, dots=()))
  if validation:
    title = "Macro F1 on validation"
    found.append(_plot(results, title, "epoch", validation, _percent))
  return found


def au_plots(results: results_lib.Results) -> list[shapes.Plot]:
  """F1 on validation subjects by epoch, a small plot for each AU.

  Lines are means over the trials of a method, bands their standard deviation.
  Chu et al. 2019, Fig. 7, draw the same to compare samplers.

  Args:
    results: The trials.

  Returns:
    Plots with common axes, none if no trial recorded the F1 of its AUs.
  """
  curves = {
    au: {
      method: group
      for method in shown.methods(results)
      if (group := _au_curves(results, method, action_units.name(au)))
    }
    for au in results.aus
  }
  means = {
    au: {method: _spread(group) for method, group in groups.items()}
    for au, groups in curves.items()
  }
  known = [p for by in means.values() for rows in by.values() for p in rows]
  if not known:
    return []
  ends = {x for x, _, _ in known}
  x_axis = axes.Axis(min(ends), max(ends), count=3, whole=False)
  # A band does not fill the figure: it may leave it at the top.
  y_axis = axes.Axis(0, max(mean for _, mean, _ in known), count=3)
  return [
    _au_plot(results, au, means[au], x_axis, y_axis) for au in results.aus
  ]


def _au_curves(results, method, name):
  """(epoch, F1 of an AU) of all trials of a method, nan left out."""
  curves = [
    [(epoch, f1[name]) for epoch, f1 in trial.history.per_au if name in f1]
    for (m, _, _), trial in results.trials.items()
    if m == method
  ]
  return [curve for curve in curves if curve]


def _spread(group):
  """(x, mean, standard deviation) wherever a trial has a value."""
  at = {}
  for curve in group:
    for x, y in curve:
      at.setdefault(x, []).append(y)
  return [
    (x, float(np.mean(ys)), float(np.std(ys, ddof=1)) if len(ys) > 1 else 0.0)
    for x, ys in sorted(at.items())
  ]


def _au_plot(results, au, means, x_axis, y_axis):
  lines, bands = [], []
  for method, rows in means.items():
    series = shown.series(results, method)
    line = [(x, mean) for x, mean, _ in rows]
    title = f"{method}: {cells.number(line[-1][1])} at the end"
    points = shapes.points(line, x_axis, y_axis)
    lines.append(shapes.Curve(series, points, True, title))
    lower = [(x, max(0, mean - std)) for x, mean, std in rows]
    upper = [(x, min(y_axis.high, mean + std)) for x, mean, std in rows]
    bands.append(
      shapes.Curve(series, shapes.band(lower, upper, x_axis, y_axis))
    )
  return shapes.Plot(
    action_units.name(au),
    "epoch",
    tuple(lines),
    x_axis.marks(),
    _from_top(y_axis, _percent),
    action_units.DESCRIPTIONS.get(au, ""),
    tuple(bands),
  )


def _plot(results, title, unit, curves, text):
  """Curves by method; each trial thin, their mean strong."""
  points = [p for group in curves.values() for curve in group for p in curve]
  x_axis = axes.Axis(0, max(x for x, _ in points), whole=False)
  y_axis = axes.Axis(0, max(y for _, y in points), count=4)
  lines, dots = [], []
  for name, group in curves.items():
    series = shown.series(results, name)
    thin = group if len(group) > 1 else []
    mean = _mean(group)
    for curve in (*thin, mean):
      points = shapes.points(curve, x_axis, y_axis)
      lines.append(shapes.Curve(series, points, curve is mean))
    dots += [
      shapes.Dot(
        series,
        x_axis.at(x),
        round(100 - y_axis.at(y), 2),
        f"{name}, {unit} {x:g}: {text(y)}",
      )
      for x, y in mean
    ]
  return shapes.Plot(
    title,
    unit,
    tuple(sorted(lines, key=lambda line: line.mean)),
    x_axis.marks(),
    _from_top(y_axis, text),
    dots=tuple(dots),
    quiet=True,
  )


def _mean(group: Iterable[Sequence[tuple[float, float]]]):
  """Mean curve over the points that all trials reached."""
  return history.mean(group)


def _from_top(axis, text):
  return tuple((100 - at, shown) for at, shown in axis.marks(text))


def _percent(value):
  return f"{100 * value:.3g}"
