"""The tables of the report, each made once and shown as HTML, Markdown, text.

All F1 is in percent.
"""

import math

from aujax import action_units, evaluation
from aujax.report import cells, summary
from aujax.report import results as results_lib


def headline(results: results_lib.Results) -> cells.Table:
  """Mean F1 +- std of every method against every target."""
  columns = [summary.grades(results, a) for a in results.targets]
  floors = [summary.always_positive(results, a) for a in results.targets]
  best = [
    _best([g.average.mean for g in column], _whole(results, column))
    for column in columns
  ]
  rows = [
    (
      cells.Cell(column[0].name, _coverage(results, column[0])),
      *(
        cells.Cell(_spread(results, g.average), _times(g, floor), i in best[k])
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
  several = len(results.repeats) > 1
  return cells.Table(
    key="headline",
    title="Mean F1 on unseen subjects",
    caption="In percent: mean over AUs, then folds, then repeats, +- the "
    "standard deviation over repeats."
    if several
    else "In percent: mean over AUs, then folds. A single repeat says nothing "
    "of how much the seed matters.",
    header=(
      "Method",
      *(cells.AGAINST[a].capitalize() for a in results.targets),
    ),
    rows=tuple(rows),
    references=tuple(references),
  )


def differences(results: results_lib.Results) -> cells.Table:
  """Every pair of methods that is compared, and how steady the difference."""
  columns = [summary.comparisons(results, a) for a in results.targets]
  rows = tuple(
    (
      cells.Cell(pair[0].method, f"minus {pair[0].reference}"),
      *(cells.Cell(cells.number(c.mean, sign=True), _ahead(c)) for c in pair),
    )
    for pair in zip(*columns, strict=True)
  )
  return cells.Table(
    key="differences",
    title="Differences between methods",
    caption="Points of macro F1, paired by fold and repeat; below, in how many "
    "folds, trials and AUs the first is ahead.",
    header=(
      "Method",
      *(cells.AGAINST[a].capitalize() for a in results.targets),
    ),
    rows=rows,
  )


def by_fold(results: results_lib.Results, against: str) -> cells.Table:
  """Macro F1 of every fold, its spread, and the pooled number."""
  columns = summary.grades(results, against)
  floor = summary.always_positive(results, against)
  everything = [*columns, floor]
  rows = []
  for fold in results.folds:
    values = [g.fold(fold) for g in columns]
    rows.append(
      (
        cells.Cell(f"Fold {fold}"),
        *_marked(values),
        cells.Cell(cells.number(floor.fold(fold))),
      )
    )
  references = [
    ("Mean of folds", [g.average.mean for g in everything]),
    ("Std over folds", [g.average.fold_std for g in everything]),
    ("Frames pooled", [g.pooled for g in everything]),
  ]
  return cells.Table(
    key=f"folds-{against}",
    title=f"By fold, {cells.AGAINST[against]}",
    caption="Macro F1 in percent, mean over repeats. The std over folds says "
    "how much the tested subjects matter.",
    header=("Test fold", *(g.name for g in columns), "always positive"),
    rows=tuple(rows),
    references=tuple(
      (cells.Cell(name), *(cells.Cell(cells.number(v)) for v in values))
      for name, values in references
    ),
  )


def by_au(results: results_lib.Results, against: str) -> cells.Table:
  """F1 of every AU with the best marked."""
  columns = summary.grades(results, against)
  floor = summary.always_positive(results, against)
  whole = _whole(results, columns)
  rows = tuple(
    (
      _au(au),
      *_marked([g.average.per_au[i] for g in columns], whole),
      cells.Cell(cells.number(floor.average.per_au[i])),
    )
    for i, au in enumerate(results.aus)
  )
  mean = (
    cells.Cell("Mean"),
    *_marked([g.average.mean for g in columns], whole),
    cells.Cell(cells.number(floor.average.mean)),
  )
  return cells.Table(
    key=f"aus-{against}",
    title=f"By AU, {cells.AGAINST[against]}",
    caption="F1 in percent, mean over folds and repeats; the best is marked"
    + ("." if all(whole) else ", of the methods with all folds."),
    header=("AU", *(g.name for g in columns), "always positive"),
    rows=rows,
    references=(mean,),
  )


def rates(results: results_lib.Results) -> cells.Table:
  """How often each AU is coded, unknown and, where known, truly there."""
  labels = summary.totals(results, "labels")
  frames = sum(t.num_frames for t in map(results.fold, results.folds) if t)
  columns = {
    "Coded": summary.rates(labels),
    "Unknown": 1 - labels.annotated / frames,
  }
  if "truth" in results.targets:
    columns["True"] = summary.rates(summary.totals(results, "truth"))
  entries = [
    [cells.Cell(cells.number(v)) for v in values] for values in columns.values()
  ]
  if "truth" in results.targets:
    trials = filter(None, map(results.fold, results.folds))
    agreement = summary.kappa(sum(trial.coder for trial in trials))
    columns["Kappa"] = agreement
    entries.append([cells.Cell(_decimal(v)) for v in agreement])
  return cells.Table(
    key="rates",
    title="What the labels hold",
    caption="Share of annotated frames in which the AU is coded as present, "
    "and of frames in which it is unknown, in percent"
    + (
      "; how often it is truly there, and Cohen's kappa of labels and truth."
      if "Kappa" in columns
      else "."
    ),
    header=("AU", *columns),
    rows=tuple(
      (_au(au), *(column[i] for column in entries))
      for i, au in enumerate(results.aus)
    ),
  )


def folds(results: results_lib.Results) -> cells.Table:
  """Which subjects each fold tests."""
  rows = []
  for fold in results.folds:
    trial = results.fold(fold)
    if trial is None:
      rows.append(
        (cells.Cell(f"Fold {fold}"), cells.Cell("not tested"), cells.Cell("-"))
      )
      continue
    note = ", ".join(trial.subjects)
    subjects = cells.Cell(f"{len(trial.subjects)} subjects", note)
    rows.append(
      (
        cells.Cell(f"Fold {fold}"),
        subjects,
        cells.Cell(f"{trial.num_frames:,}"),
      )
    )
  return cells.Table(
    key="folds",
    title="Test folds",
    caption="The subjects of a fold are tested by models that were trained on "
    "the other folds.",
    header=("Fold", "Tested on", "Frames"),
    rows=tuple(rows),
    num_text=2,
  )


def trials(results: results_lib.Results) -> cells.Table:
  """Every trial: chosen epoch, its F1, the time it took."""
  rows = []
  for (method, fold, repeat), trial in results.trials.items():
    f1 = evaluation.macro(evaluation.f1(trial.counts["labels"]))
    curve = dict(trial.history.validation)
    best = trial.settings.get("best_epoch")
    rows.append(
      (
        cells.Cell(method),
        cells.Cell(str(fold)),
        cells.Cell(str(repeat)),
        cells.Cell("-" if best is None else str(best)),
        cells.Cell(cells.number(curve.get(best, math.nan))),
        cells.Cell(cells.number(f1)),
        cells.Cell(cells.duration(trial.settings.get("seconds"))),
      )
    )
  return cells.Table(
    key="trials",
    title="Every trial",
    caption="Macro F1 in percent against the coded labels: on the validation "
    "subjects at the chosen epoch, and on the test fold.",
    header=("Method", "Fold", "Repeat", "Epoch", "Validation", "Test", "Time"),
    rows=tuple(rows),
  )


def metrics(
  title: str, aus: tuple[int, ...], counts: evaluation.Counts
) -> cells.Table:
  """Precision, recall, F1 and accuracy of every AU in one set of frames.

  Args:
    title: What was graded.
    aus: AUs of the counts.
    counts: Each `[T]`.

  Returns:
    The table, with the means over AUs as its last row.
  """
  columns = {
    "Precision": evaluation.precision(counts),
    "Recall": evaluation.recall(counts),
    "F1": evaluation.f1(counts),
    "Accuracy": evaluation.accuracy(counts),
  }
  means = [
    cells.number(evaluation.macro(values)) for values in columns.values()
  ]
  positives = [f"{value:,}" for value in counts.positives]
  return cells.Table(
    key="metrics",
    title=title,
    caption="In percent; positives are the frames in which the AU is present.",
    header=("AU", *columns, "Positives"),
    rows=tuple(
      (
        _au(au),
        *(cells.Cell(cells.number(values[i])) for values in columns.values()),
        cells.Cell(positives[i]),
      )
      for i, au in enumerate(aus)
    ),
    references=((cells.Cell("Mean"), *map(cells.Cell, means), cells.Cell("")),),
  )


def _au(au):
  description = action_units.DESCRIPTIONS.get(au, "")
  return cells.Cell(action_units.name(au), description)


def _marked(values, competing=None):
  best = _best(values, competing)
  return [
    cells.Cell(cells.number(v), best=i in best) for i, v in enumerate(values)
  ]


def _best(values, competing=None):
  """Indices of the highest of several values, as they are printed."""
  shown = {
    i: round(100 * value, 1)
    for i, value in enumerate(values)
    if not math.isnan(value) and (competing is None or competing[i])
  }
  if len(shown) < 2:
    return set()
  return {i for i, value in shown.items() if value == max(shown.values())}


def _whole(results, graded):
  """Which grades rest on all folds: means over other folds do not compare."""
  return [len(grade.folds) == len(results.folds) for grade in graded]


def _spread(results, average):
  if len(results.repeats) == 1:
    return cells.number(average.mean)
  return f"{cells.number(average.mean)} +- {cells.number(average.std)}"


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


def _decimal(value):
  return "-" if math.isnan(value) else f"{value:.2f}"
