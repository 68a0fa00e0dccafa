"""The tables of the report, each made once and shown as HTML, Markdown, text.

All F1 is in percent.
"""

import dataclasses
import math

from aujax import action_units, evaluation
from aujax.report import results as results_lib
from aujax.report import summary

AGAINST = {
  "labels": "against the coded labels",
  "truth": "against the truth",
}


@dataclasses.dataclass(frozen=True)
class Cell:
  """One entry: its text, a second line in small, and whether it is the best."""

  text: str
  note: str = ""
  best: bool = False


@dataclasses.dataclass(frozen=True)
class Table:
  """A table with one leading column of names.

  Attributes:
    key: Short name, used as an anchor.
    title: What it shows.
    caption: How to read it.
    header: Name of each column.
    rows: The methods or AUs, one cell per column.
    references: Rows set apart below, which do not compete.
    num_text: How many leading columns hold text and stand to the left.
  """

  key: str
  title: str
  caption: str
  header: tuple[str, ...]
  rows: tuple[tuple[Cell, ...], ...]
  references: tuple[tuple[Cell, ...], ...] = ()
  num_text: int = 1


def number(value: float, *, sign: bool = False) -> str:
  """A share in percent with one decimal, "-" for nan.

  Args:
    value: Such as an F1 in [0, 1].
    sign: Whether to show a plus.

  Returns:
    The text.

  Example:
    >>> number(0.6314), number(float("nan")), number(0.02, sign=True)
    ('63.1', '-', '+2.0')
  """
  if math.isnan(value):
    return "-"
  # Adding 0 turns a rounded -0.0 into 0.0.
  return f"{round(100 * value, 1) + 0.0:{'+' if sign else ''}.1f}"


def duration(seconds: float | None) -> str:
  """A time in the largest units that fit, "-" where it is not known.

  Args:
    seconds: The time.

  Returns:
    The text.

  Example:
    >>> duration(41.2), duration(125), duration(7320), duration(None)
    ('41 s', '2 min 05 s', '2 h 02 min', '-')
  """
  if not isinstance(seconds, (int, float)):
    return "-"
  minutes, seconds = divmod(round(seconds), 60)
  hours, minutes = divmod(minutes, 60)
  if hours:
    return f"{hours} h {minutes:02d} min"
  return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"


def headline(results: results_lib.Results) -> Table:
  """Mean F1 +- std of every method against every target."""
  columns = [summary.grades(results, a) for a in results.targets]
  floors = [summary.always_positive(results, a) for a in results.targets]
  best = [_best([g.average.mean for g in column]) for column in columns]
  rows = [
    (
      Cell(column[0].name, _coverage(results, column[0])),
      *(
        Cell(_spread(g.average), _times(g, floor), i in best[k])
        for k, (g, floor) in enumerate(zip(column, floors, strict=True))
      ),
    )
    for i, column in enumerate(zip(*columns, strict=True))
  ]
  references = [
    (
      Cell("always positive"),
      *(Cell(number(floor.average.mean)) for floor in floors),
    )
  ]
  if "truth" in results.targets:
    truth = Cell(number(summary.coder(results).average.mean))
    references.append((Cell("the coded labels"), Cell("-"), truth))
  return Table(
    key="headline",
    title="Mean F1 on unseen subjects",
    caption="In percent: mean over AUs, then folds, then repeats, +- the "
    "standard deviation over repeats.",
    header=("Method", *(AGAINST[a].capitalize() for a in results.targets)),
    rows=tuple(rows),
    references=tuple(references),
  )


def by_fold(results: results_lib.Results, against: str) -> Table:
  """Macro F1 of every fold, its spread, and the pooled number."""
  columns = summary.grades(results, against)
  floor = summary.always_positive(results, against)
  everything = [*columns, floor]
  rows = []
  for fold in results.folds:
    values = [g.fold(fold) for g in columns]
    rows.append(
      (
        Cell(f"Fold {fold}"),
        *_marked(values),
        Cell(number(floor.fold(fold))),
      )
    )
  references = [
    ("Mean of folds", [g.average.mean for g in everything]),
    ("Std over folds", [g.average.fold_std for g in everything]),
    ("Frames pooled", [g.pooled for g in everything]),
  ]
  return Table(
    key=f"folds-{against}",
    title=f"By fold, {AGAINST[against]}",
    caption="Macro F1 in percent, mean over repeats. The std over folds says "
    "how much the tested subjects matter.",
    header=("Test fold", *(g.name for g in columns), "always positive"),
    rows=tuple(rows),
    references=tuple(
      (Cell(name), *(Cell(number(v)) for v in values))
      for name, values in references
    ),
  )


def by_au(results: results_lib.Results, against: str) -> Table:
  """F1 of every AU with the best marked."""
  columns = summary.grades(results, against)
  floor = summary.always_positive(results, against)
  rows = tuple(
    (
      _au(au),
      *_marked([g.average.per_au[i] for g in columns]),
      Cell(number(floor.average.per_au[i])),
    )
    for i, au in enumerate(results.aus)
  )
  mean = (
    Cell("Mean"),
    *_marked([g.average.mean for g in columns]),
    Cell(number(floor.average.mean)),
  )
  return Table(
    key=f"aus-{against}",
    title=f"By AU, {AGAINST[against]}",
    caption="F1 in percent, mean over folds and repeats; the best is marked.",
    header=("AU", *(g.name for g in columns), "always positive"),
    rows=rows,
    references=(mean,),
  )


def rates(results: results_lib.Results) -> Table:
  """How often each AU is coded, unknown and, where known, truly there."""
  labels = summary.totals(results, "labels")
  frames = sum(t.num_frames for t in map(results.fold, results.folds) if t)
  columns = {
    "Coded": summary.rates(labels),
    "Unknown": 1 - labels.annotated / frames,
  }
  if "truth" in results.targets:
    columns["True"] = summary.rates(summary.totals(results, "truth"))
  cells = [[Cell(number(v)) for v in values] for values in columns.values()]
  if "truth" in results.targets:
    trials = filter(None, map(results.fold, results.folds))
    agreement = summary.kappa(sum(trial.coder for trial in trials))
    columns["Kappa"] = agreement
    cells.append([Cell(_decimal(v)) for v in agreement])
  return Table(
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
      (_au(au), *(column[i] for column in cells))
      for i, au in enumerate(results.aus)
    ),
  )


def folds(results: results_lib.Results) -> Table:
  """Which subjects each fold tests."""
  rows = []
  for fold in results.folds:
    trial = results.fold(fold)
    if trial is None:
      rows.append((Cell(f"Fold {fold}"), Cell("not tested"), Cell("-")))
      continue
    note = ", ".join(trial.subjects)
    subjects = Cell(f"{len(trial.subjects)} subjects", note)
    rows.append((Cell(f"Fold {fold}"), subjects, Cell(f"{trial.num_frames:,}")))
  return Table(
    key="folds",
    title="Test folds",
    caption="The subjects of a fold are tested by models that were trained on "
    "the other folds.",
    header=("Fold", "Tested on", "Frames"),
    rows=tuple(rows),
    num_text=2,
  )


def trials(results: results_lib.Results) -> Table:
  """Every trial: chosen epoch, its F1, the time it took."""
  rows = []
  for (method, fold, repeat), trial in results.trials.items():
    f1 = evaluation.macro(evaluation.f1(trial.counts["labels"]))
    curve = dict(trial.history.validation)
    best = trial.settings.get("best_epoch")
    rows.append(
      (
        Cell(method),
        Cell(str(fold)),
        Cell(str(repeat)),
        Cell("-" if best is None else str(best)),
        Cell(number(curve.get(best, math.nan))),
        Cell(number(f1)),
        Cell(duration(trial.settings.get("seconds"))),
      )
    )
  return Table(
    key="trials",
    title="Every trial",
    caption="Macro F1 in percent against the coded labels: on the validation "
    "subjects at the chosen epoch, and on the test fold.",
    header=("Method", "Fold", "Repeat", "Epoch", "Validation", "Test", "Time"),
    rows=tuple(rows),
  )


def metrics(
  title: str, aus: tuple[int, ...], counts: evaluation.Counts
) -> Table:
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
  means = [number(evaluation.macro(values)) for values in columns.values()]
  positives = [f"{value:,}" for value in counts.positives]
  return Table(
    key="metrics",
    title=title,
    caption="In percent; positives are the frames in which the AU is present.",
    header=("AU", *columns, "Positives"),
    rows=tuple(
      (
        _au(au),
        *(Cell(number(values[i])) for values in columns.values()),
        Cell(positives[i]),
      )
      for i, au in enumerate(aus)
    ),
    references=((Cell("Mean"), *map(Cell, means), Cell("")),),
  )


def _au(au):
  description = action_units.DESCRIPTIONS.get(au, "")
  return Cell(action_units.name(au), description)


def _marked(values):
  best = _best(values)
  return [Cell(number(v), best=i in best) for i, v in enumerate(values)]


def _best(values):
  """Indices of the highest of several values, as they are printed."""
  shown = [round(100 * v, 1) for v in values if not math.isnan(v)]
  if len(shown) < 2:
    return set()
  return {i for i, v in enumerate(values) if round(100 * v, 1) == max(shown)}


def _spread(average):
  return f"{number(average.mean)} +- {number(average.std)}"


def _times(grade, floor):
  """How often the F1 of the always-positive system goes into a grade."""
  if not floor.average.mean > 0:
    return ""
  return f"{grade.average.mean / floor.average.mean:.1f} x always positive"


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
