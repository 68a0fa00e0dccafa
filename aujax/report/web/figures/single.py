"""One AU seen closely: F1 by threshold, histograms, reliability.

All of it is drawn from counts by bin of score, for every AU, method and
target; what the page's slider shows at a threshold comes from the same counts.
"""

import dataclasses
import math

import numpy as np

from aujax import action_units, evaluation
from aujax.report.numbers import results as results_lib
from aujax.report.numbers import summary
from aujax.report.web import bins, evidence, shown, tested
from aujax.report.web.figures import axes, histograms, reliability, shapes


@dataclasses.dataclass(frozen=True)
class View:
  """One AU graded against one target.

  Attributes:
    against: The target.
    measured: By method its metrics by their names, in [0, 1], as tested.
    curves: F1 by threshold.
    histograms: Of the scores.
    positives: Frames in which the AU is present, and
    negatives: in which it is not, of all test folds.
    reliability: Frequency by score.
    errors: (method, expected calibration error) in percent.
  """

  against: str
  measured: dict[str, dict[str, float]]
  curves: shapes.Plot
  histograms: histograms.Histograms
  positives: int
  negatives: int
  reliability: shapes.Plot
  errors: tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True)
class Closely:
  """One AU.

  Attributes:
    name: Such as "AU01".
    note: What moves.
    tested: The threshold that was tested, or the least and the greatest.
    threshold: Where the slider starts, in percent.
    varies: Whether trials were tested at different thresholds.
    views: By target.
  """

  name: str
  note: str
  tested: str
  threshold: int
  varies: bool
  views: tuple[View, ...]


def closely(
  results: results_lib.Results,
  evidences: dict[tuple[str, int, int], evidence.Evidence],
) -> list[Closely]:
  """All that is shown of single AUs.

  Args:
    results: The trials.
    evidences: Of the frames of each.

  Returns:
    One for each AU.
  """
  views = [_views(results, evidences, against) for against in results.targets]
  found = []
  for i, au in enumerate(results.aus):
    thresholds = {
      float(np.broadcast_to(trial.threshold, len(results.aus))[i])
      for trial in results.trials.values()
    }
    low, high = min(thresholds), max(thresholds)
    found.append(
      Closely(
        action_units.name(au),
        action_units.DESCRIPTIONS.get(au, ""),
        f"{low:.4g}" if low == high else f"{low:.2f} to {high:.2f}",
        round(100 * float(np.median(list(thresholds)))),
        low < high,
        tuple(view[i] for view in views),
      )
    )
  return found


def _views(results, evidences, against):
  """One view for each AU."""
  averages = tested.averages(results, against)
  keys = {
    name: [key for row in tested.layout(results, name) for key in row]
    for name in averages
  }
  counted = {
    name: [evidences[key].bins[against] for key in group]
    for name, group in keys.items()
  }
  curves = {name: _by_threshold(group) for name, group in counted.items()}
  totals = {name: sum(group) for name, group in counted.items()}
  known = summary.totals(results, against)
  return [
    View(
      against,
      {
        name: {metric: float(a.per_au[i]) for metric, a in three.items()}
        for name, three in averages.items()
      },
      _curves(results, {n: f1[:, i] for n, f1 in curves.items()}),
      histograms.histograms(results, {n: t[i] for n, t in totals.items()}),
      int(known.positives[i]),
      int(known.annotated[i] - known.positives[i]),
      reliability.diagram(results, keys, against, i),
      reliability.errors(results, keys, against, i),
    )
    for i in range(len(results.aus))
  ]


def _by_threshold(counted):
  """Mean F1 `[101, T]` over the bins of trials, nan left out."""
  values = np.array([evaluation.f1(bins.reached(c)) for c in counted])
  known = ~np.isnan(values)
  total, number = np.where(known, values, 0).sum(0), known.sum(0)
  out = np.full(total.shape, np.nan)
  return np.divide(total, number, out=out, where=number > 0)


def _curves(results, f1):
  x_axis, y_axis = axes.Axis(0, 1), axes.Axis(0, 1, count=2)
  curves = []
  for name, values in f1.items():
    # Every other threshold: enough for the eye.
    line = [
      (k / 100, float(values[k]))
      for k in range(0, len(values), 2)
      if not math.isnan(values[k])
    ]
    series = shown.series(results, name)
    curves.append(
      shapes.Curve(series, shapes.points(line, x_axis, y_axis), True, name)
    )
  return shapes.Plot(
    "F1 by threshold",
    "threshold",
    tuple(curves),
    x_axis.marks(lambda v: f"{v:g}"),
    tuple((100 - at, text) for at, text in y_axis.ticks),
  )
