"""The tables that a report begins with: which method, how good, how sure.

Everything but p values is in percent.
"""

from collections.abc import Sequence

from aujax import evaluation
from aujax.report.numbers import pairs, summary
from aujax.report.numbers import results as results_lib
from aujax.report.text import cells

# Header, name in `summary.Grade.measures`, whether lower is better.
_MEASURES = (
  ("AWC", "awc", False),
  ("AUC", "roc_auc", False),
  ("F1-event", "event_f1", False),
  ("ECE", "calibration_error", True),
)


def leading(results: results_lib.Results) -> list[cells.Table]:
  """The tables that open the page.

  Args:
    results: All trials.

  Returns:
    Every measure against every target, and before it, where there are two
    targets, the mean F1 against both.
  """
  every = [measures(results, against) for against in results.targets]
  return [headline(results), *every] if len(every) > 1 else every


def headline(results: results_lib.Results) -> cells.Table:
  """Mean F1 +- std of every method against every target."""
  columns = [summary.grades(results, a) for a in results.targets]
  floors = [summary.always_positive(results, a) for a in results.targets]
  best = [
    cells.best([g.average.mean for g in column], whole(results, column))
    for column in columns
  ]
  rows = [
    (
      cells.Cell(column[0].name, _coverage(results, column[0])),
      *(
        cells.Cell(spread(results, g.average), _times(g, floor), i in best[k])
        for k, (g, floor) in enumerate(zip(column, floors, strict=True))
      ),
    )
    for i, column in enumerate(zip(*columns, strict=True))
  ]
  always = (cells.Cell(cells.number(floor.average.mean)) for floor in floors)
  references = [(cells.Cell("always positive"), *always)]
  if "truth" in results.targets:
    truth = cells.Cell(cells.number(summary.coder(results).average.mean))
    references.append((cells.Cell("the coded labels"), cells.Cell("-"), truth))
  return cells.Table(
    key="headline",
    title=_title(results),
    caption=f"In percent: {_averaged(results)}.",
    header=("Method", *targets(results)),
    rows=tuple(rows),
    references=tuple(references),
  )


def measures(results: results_lib.Results, against: str) -> cells.Table:
  """Every measure of every method against one target."""
  graded = summary.grades(results, against)
  competing = whole(results, graded)
  best = cells.best([g.average.mean for g in graded], competing)
  columns = [
    cells.marked(
      [g.measures[name].mean for g in graded], competing, lowest=lowest
    )
    for _, name, lowest in _MEASURES
  ]
  rows = tuple(
    (
      cells.Cell(grade.name, _coverage(results, grade)),
      cells.Cell(
        spread(results, grade.average),
        cells.interval(grade.interval),
        i in best,
      ),
      *(column[i] for column in columns),
    )
    for i, grade in enumerate(graded)
  )
  floor = summary.always_positive(results, against)
  references = [_reference("always positive", results, against, floor)]
  if against == "truth":
    coder = summary.coder(results)
    row = _reference("the coded labels", results, against, coder, coder=True)
    references.append(row)
  sure = any(grade.interval for grade in graded)
  interval = ", below it its 95 % interval over test subjects" if sure else ""
  return cells.Table(
    key=f"overview-{against}",
    title=f"All measures, {cells.AGAINST[against]}",
    caption=f"In percent: {_averaged(results)}{interval}. AWC is the mean of F1"
    " and accuracy, AUC the area below the ROC curve, F1-event that below the"
    " F1 of events over the overlap they need, ECE the expected calibration"
    " error, where less is better.",
    header=("Method", "Mean F1", *(header for header, _, _ in _MEASURES)),
    rows=rows,
    references=tuple(references),
  )


def differences(results: results_lib.Results) -> cells.Table:
  """Every pair of methods that is compared, and how steady the difference."""
  columns = [pairs.comparisons(results, a) for a in results.targets]
  rows = tuple(
    (
      cells.Cell(pair[0].method, f"minus {pair[0].reference}"),
      *(cell for compared in pair for cell in _difference(compared)),
    )
    for pair in zip(*columns, strict=True)
  )
  header = [(name, "95 %", "p") for name in targets(results)]
  return cells.Table(
    key="differences",
    title="Differences between methods",
    caption="Points of macro F1, paired by fold and repeat; below, in how many "
    "folds, trials and AUs the first is ahead. Then its interval over test "
    "subjects, and the p value of the sign-flip test over folds.",
    header=("Method", *(name for names in header for name in names)),
    rows=rows,
  )


def whole(
  results: results_lib.Results, graded: Sequence[summary.Grade]
) -> list[bool]:
  """Which grades rest on all folds: means over other folds do not compare."""
  return [len(grade.folds) == len(results.folds) for grade in graded]


def spread(
  results: results_lib.Results, average: evaluation.FoldAverage
) -> str:
  """A mean, with its spread where there are several repeats."""
  if len(results.repeats) == 1:
    return cells.number(average.mean)
  return f"{cells.number(average.mean)} +- {cells.number(average.std)}"


def targets(results: results_lib.Results) -> tuple[str, ...]:
  """What there is to grade against, as the head of a column."""
  return tuple(cells.AGAINST[name].capitalize() for name in results.targets)


def _title(results):
  return "Mean F1" if results.is_foreign else "Mean F1 on unseen subjects"


def _averaged(results):
  """Over what means are taken, and what the spread is of."""
  if len(results.repeats) > 1:
    return (
      "mean over AUs, then folds, then repeats, +- the standard deviation over "
      "repeats"
    )
  if results.is_foreign and len(results.folds) == 1:
    return "mean over AUs"
  return (
    "mean over AUs, then folds; a single repeat says nothing of how much the "
    "seed matters"
  )


def _reference(name, results, against, grade, *, coder=False):
  """A row of something that was not trained."""
  found = grade.measures | summary.measured(results, against, coder=coder)
  return (
    cells.Cell(name),
    cells.Cell(cells.number(grade.average.mean)),
    *(
      cells.Cell(cells.number(found[measure].mean))
      for _, measure, _ in _MEASURES
    ),
  )


def _difference(compared):
  """Difference, interval and p value."""
  p = compared.paired
  return (
    cells.Cell(cells.number(compared.mean, sign=True), _ahead(compared)),
    cells.Cell(cells.interval(compared.interval, sign=True) or "-"),
    cells.Cell(cells.p_value(p.p_value) if p else "-"),
  )


def _ahead(compared):
  counts = (
    (compared.by_fold.values(), "folds"),
    (compared.trials, "trials"),
    (compared.per_au, "AUs"),
  )
  return ", ".join(
    f"{sum(v > 0 for v in values)}/{len(values)} {name}"
    for values, name in counts
  )


def _times(grade, floor):
  """How often the F1 of the always-positive system goes into a grade."""
  always = sum(map(floor.fold, grade.folds)) / len(grade.folds)
  if not always > 0:
    return ""
  return f"{grade.average.mean / always:.1f} x always positive"


def _coverage(results, grade):
  """Says when a grade rests on fewer folds or repeats than the experiment."""
  parts = []
  if len(grade.folds) < len(results.folds):
    parts.append(f"{len(grade.folds)} of {len(results.folds)} folds")
  if grade.num_repeats < len(results.repeats):
    parts.append(f"{grade.num_repeats} of {len(results.repeats)} repeats")
  return "only " + ", ".join(parts) if parts else ""
