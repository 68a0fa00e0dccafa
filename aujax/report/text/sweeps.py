"""What the values of swept settings come to."""

from aujax.report.numbers import results as results_lib
from aujax.report.numbers import summary
from aujax.report.text import cells, overview


def table(results: results_lib.Results) -> cells.Table | None:
  """Mean F1 by what was swept, None where nothing was.

  Args:
    results: All trials.

  Returns:
    One row for each combination that has a finished trial, one column for
    each swept setting.
  """
  graded = {
    against: {g.name: g for g in summary.grades(results, against)}
    for against in results.targets
  }
  variants = {
    name: variant
    for name, variant in results.variants.items()
    if name in graded["labels"]
  }
  keys = names(results)
  if not keys or not variants:
    return None
  columns = [
    _column(results, [graded[against][name] for name in variants])
    for against in results.targets
  ]
  rows = tuple(
    (
      cells.Cell(variant["method"]),
      *(cells.Cell(_value(variant["values"].get(key))) for key in keys),
      *(column[i] for column in columns),
    )
    for i, variant in enumerate(variants.values())
  )
  chosen = {t.method for t in results.trials.values() if t.choice}
  references = tuple(
    (
      cells.Cell(name),
      *(cells.Cell("-") for _ in keys),
      *(_column(results, [graded[a][name]])[0] for a in results.targets),
    )
    for name in graded["labels"]
    if name in chosen
  )
  return cells.Table(
    key="sweep",
    title="What was swept",
    caption="Mean F1 in percent by the values of the settings, with 95 %"
    " intervals over test subjects. The best is marked as the test folds have"
    " it: who chooses a value by this table has chosen on the test. What was"
    " chosen on validation subjects stands below.",
    header=("Method", *keys.values(), *overview.targets(results)),
    rows=rows,
    references=references,
    num_text=1 + len(keys),
  )


def names(results: results_lib.Results) -> dict[str, str]:
  """The settings that a sweep varies.

  Args:
    results: All trials.

  Returns:
    Dotted name to the shortest of its ends that no other has.

  Example:
    >>> _shortest(["methods.a.beta", "methods.b.beta", "batch_size"])
    ['a.beta', 'b.beta', 'batch_size']
  """
  keys = list(
    dict.fromkeys(
      key for variant in results.variants.values() for key in variant["values"]
    )
  )
  return dict(zip(keys, _shortest(keys), strict=True))


def _column(results, grades):
  """Mean F1 of variants, the best marked."""
  means = [grade.average.mean for grade in grades]
  best = cells.best(means, overview.whole(results, grades))
  return [
    cells.Cell(
      overview.spread(results, grade.average),
      cells.interval(grade.interval),
      i in best,
    )
    for i, grade in enumerate(grades)
  ]


def _shortest(keys):
  def ends(key):
    parts = key.split(".")
    return [".".join(parts[-n:]) for n in range(1, len(parts) + 1)]

  every = [end for key in keys for end in ends(key)]
  return [
    next((end for end in ends(key) if every.count(end) == 1), key)
    for key in keys
  ]


def _value(value):
  if value is None:
    return "-"
  return f"{value:g}" if isinstance(value, float) else str(value)
