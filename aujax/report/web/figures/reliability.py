"""How often an AU is there at which score, and how far that is off."""

import numpy as np

from aujax import evaluation
from aujax.report.numbers import results as results_lib
from aujax.report.text import cells
from aujax.report.web import shown
from aujax.report.web.figures import axes, shapes

Keys = dict[str, list[tuple[str, int, int]]]


def diagram(
  results: results_lib.Results, keys: Keys, against: str, column: int
) -> shapes.Plot:
  """Frequency by score, the frames of a method's trials taken together.

  Args:
    results: The trials.
    keys: Those of each method.
    against: "labels" or "truth".
    column: Of the AU.

  Returns:
    A line for each method through its bins that are not empty.
  """
  axis = axes.Axis(0, 1)
  curves, dots = [], []
  for name, group in keys.items():
    series = shown.series(results, name)
    bins = _bins(results, group, against, column)
    line = [(score, frequency) for score, frequency, _ in bins]
    points = shapes.points(line, axis, axis)
    curves.append(shapes.Curve(series, points, True, name))
    dots += [
      shapes.Dot(
        series,
        axis.at(score),
        round(100 - axis.at(frequency), 2),
        f"{name}: {cells.number(frequency)} % of {n:,} frames at {score:.2f}",
      )
      for score, frequency, n in bins
    ]
  return shapes.Plot(
    "Reliability",
    "score",
    tuple(curves),
    axis.marks(),
    tuple((100 - at, text) for at, text in axis.marks()),
    dots=tuple(dots),
  )


def errors(
  results: results_lib.Results, keys: Keys, against: str, column: int
) -> tuple[tuple[str, str], ...]:
  """Expected calibration error of an AU, in percent, mean over trials.

  Args:
    results: The trials.
    keys: Those of each method.
    against: "labels" or "truth".
    column: Of the AU.

  Returns:
    (method, error) for each method.
  """
  found = []
  for name, group in keys.items():
    values = [
      results.trials[key].measures[against].calibration_error[column]
      for key in group
    ]
    found.append((name, cells.number(evaluation.macro(np.array(values)))))
  return tuple(found)


def _bins(results, group, against, column):
  """(mean score, frequency, frames) of the bins over several trials."""
  found = [results.trials[key].measures[against].reliability for key in group]
  number = sum(r.counts[:, column] for r in found)
  score, frequency = (
    sum(
      np.nan_to_num(getattr(r, field)[:, column]) * r.counts[:, column]
      for r in found
    )
    / np.maximum(number, 1)
    for field in ("confidence", "frequency")
  )
  return [
    (float(s), float(f), int(n))
    for s, f, n in zip(score, frequency, number, strict=True)
    if n
  ]
