"""F1 against a swept value, such as the beta of Robin Hood smoothing."""

import math

from aujax.report.numbers import results as results_lib
from aujax.report.numbers import summary
from aujax.report.text import cells
from aujax.report.web import shown
from aujax.report.web.figures import axes, shapes


def sweep(results: results_lib.Results) -> list[shapes.Plot]:
  """Mean F1 by the swept value: on validation subjects and on test folds.

  A line for each method that was swept; what else was varied with it makes
  lines of its own. Bands are the standard deviation over repeats, or over
  folds if there is a single repeat. Methods without a swept value are lines
  across. Tallec et al. 2023, Fig. 3, choose beta in such a figure.

  Args:
    results: The trials; experiment.json names the "variants".

  Returns:
    A plot for validation scores, if recorded, and one by target; none unless
    a numeric value was swept.
  """
  lines = _lines(results)
  if not lines:
    return []
  key = " / ".join(dict.fromkeys(key for key, _ in lines.values()))
  graded = [("On validation subjects", shown.validation(results))]
  for against in results.targets:
    values = {
      g.name: (g.average.mean, _band(results, g.average))
      for g in summary.grades(results, against)
    }
    graded.append((f"On test folds, {cells.AGAINST[against]}", values))
  return [
    _plot(results, title, key, lines, values)
    for title, values in graded
    if any(math.isfinite(mean) for mean, _ in values.values())
  ]


def _lines(results):
  """Name of a line to (name of its key, {variant: swept value})."""
  methods = {}
  for name, variant in results.variants.items():
    if name in results.methods and isinstance(variant.get("values"), dict):
      methods.setdefault(str(variant.get("method")), {})[name] = variant[
        "values"
      ]
  lines = {}
  for method, group in methods.items():
    key = _swept(group)
    if key is None:
      continue
    for name, values in group.items():
      rest = ", ".join(
        f"{_short(k)} {v}" for k, v in values.items() if k != key
      )
      line = f"{method}, {rest}" if rest else method
      lines.setdefault(line, (_short(key), {}))[1][name] = values[key]
  return lines


def _swept(group):
  """The key with the most numeric values, None unless it has two."""
  numbers = {}
  for values in group.values():
    for key, value in values.items():
      if isinstance(value, (int, float)) and not isinstance(value, bool):
        numbers.setdefault(key, set()).add(value)
  complete = {
    key: found
    for key, found in numbers.items()
    if len(found) > 1 and all(key in values for values in group.values())
  }
  return max(complete, key=lambda key: len(complete[key]), default=None)


def _band(results, average):
  return average.std if len(results.repeats) > 1 else average.fold_std


def _plot(results, title, key, lines, values):
  x_axis = axes.Levels([x for _, line in lines.values() for x in line.values()])
  known = {m: v for m, v in values.items() if math.isfinite(v[0])}
  rows = {
    name: sorted((x, *known[m]) for m, x in line.items() if m in known)
    for name, (_, line) in lines.items()
  }
  swept = {method for _, line in lines.values() for method in line}
  others = {m: mean for m, (mean, _) in known.items() if m not in swept}
  y_axis = _holding(rows, others)
  levels = [
    shapes.Dot(
      shown.series(results, method),
      100,
      round(100 - y_axis.at(mean), 2),
      f"{method}: {cells.number(mean)}",
    )
    for method, mean in others.items()
  ]
  series = _colours(results, lines, {level.series for level in levels})
  curves, bands, dots = [], [], []
  for name, row in rows.items():
    _draw(name, key, series[name], row, (x_axis, y_axis), (curves, bands, dots))
  return shapes.Plot(
    title,
    key,
    tuple(curves),
    x_axis.marks(),
    tuple((100 - at, text) for at, text in y_axis.ticks),
    bands=tuple(bands),
    dots=tuple(dots),
    levels=tuple(levels),
  )


def _holding(rows, others):
  """An axis that holds all bands and is four points wide at least."""
  ends = list(others.values())
  for row in rows.values():
    for _, mean, std in row:
      spread = 0 if math.isnan(std) else std
      ends += [mean - spread, mean + spread]
  spare = max(0.0, 0.02 - (max(ends) - min(ends)) / 2)
  return axes.Axis(min(ends) - spare, max(ends) + spare, count=4)


def _colours(results, lines, taken):
  """A colour for each line: that of a variant elsewhere, or a new one."""
  free = [s for s in range(shown.COLOURS) if s not in taken]
  found = {}
  for name, (_, line) in lines.items():
    known = [shown.series(results, variant) for variant in line]
    own = [s for s in known if s in free] or free or [shown.COLOURS]
    found[name] = own[0]
    free = [s for s in free if s != own[0]]
  return found


def _short(key):
  """The last part of a dotted name."""
  return key.rsplit(".", 1)[-1]


def _draw(name, key, series, row, both, into):
  x_axis, y_axis = both
  curves, bands, dots = into
  line = [(x, mean) for x, mean, _ in row]
  curves.append(
    shapes.Curve(series, shapes.points(line, x_axis, y_axis), True, name)
  )
  spread = [(x, m, 0.0 if math.isnan(s) else s) for x, m, s in row]
  lower = [(x, m - s) for x, m, s in spread]
  upper = [(x, m + s) for x, m, s in spread]
  bands.append(shapes.Curve(series, shapes.band(lower, upper, x_axis, y_axis)))
  for x, mean, std in row:
    around = "" if math.isnan(std) else f" ± {cells.number(std)}"
    dots.append(
      shapes.Dot(
        series,
        x_axis.at(x),
        round(100 - y_axis.at(mean), 2),
        f"{name}, {key} {x:g}: {cells.number(mean)}{around}",
      )
    )
