"""The tables of the report, each made once and shown in every format.

All F1 is in percent.
"""

import itertools
import math

import numpy as np
from jaxtyping import Float

from aujax import action_units, evaluation
from aujax.report.numbers import results as results_lib
from aujax.report.numbers import summary
from aujax.report.text import cells, overview


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
        *cells.marked(values),
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
  whole = overview.whole(results, columns)
  rows = tuple(
    (
      _au(au),
      *cells.marked([g.average.per_au[i] for g in columns], whole),
      cells.Cell(cells.number(floor.average.per_au[i])),
    )
    for i, au in enumerate(results.aus)
  )
  mean = (
    cells.Cell("Mean"),
    *cells.marked([g.average.mean for g in columns], whole),
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
  tested = [*filter(None, map(results.fold, results.folds))]
  frames = sum(trial.num_frames for trial in tested)
  fold_rates = [summary.rates(trial.counts["labels"]) for trial in tested]
  columns = {
    "Annotated": [f"{n:,}" for n in labels.annotated],
    "Present": [f"{n:,}" for n in labels.positives],
    "Coded": map(cells.number, summary.rates(labels)),
    "Unknown": map(cells.number, 1 - labels.annotated / frames),
  }
  caption = (
    f"Of {frames:,} frames: in how many the AU is annotated and in how many "
    "of those present; then, in percent, the share of annotated frames in "
    "which it is coded as present, with the least and the most of a test fold, "
    "and of all frames in which it is unknown"
  )
  if "truth" in results.targets:
    agreement = summary.kappa(sum(trial.coder for trial in tested))
    truth = summary.rates(summary.totals(results, "truth"))
    columns["True"] = map(cells.number, truth)
    columns["Kappa"] = map(_decimal, agreement)
    caption += (
      "; how often it is truly there, and Cohen's kappa of labels and truth"
    )
  notes = {"Coded": [_range(rates) for rates in zip(*fold_rates, strict=True)]}
  entries = [
    [*map(cells.Cell, column, notes.get(name, itertools.repeat("")))]
    for name, column in columns.items()
  ]
  return cells.Table(
    key="rates",
    title="What the labels hold",
    caption=caption + ".",
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
    caption="Which subjects and how many frames were tested together."
    if results.is_foreign
    else "The subjects of a fold are tested by models that were trained on the "
    "other folds.",
    header=("Fold", "Tested on", "Frames"),
    rows=tuple(rows),
    num_text=2,
  )


def trials(results: results_lib.Results) -> cells.Table:
  """Every trial: chosen epoch, its F1, the time it took, where it is known."""
  rows = []
  for (method, fold, repeat), trial in results.trials.items():
    f1 = evaluation.macro(evaluation.f1(trial.counts["labels"]))
    row = [method, str(fold), str(repeat), cells.number(f1)]
    if not results.is_foreign:
      best = trial.settings.get("best_epoch")
      curve = dict(trial.history.validation)
      row[3:3] = [
        "-" if best is None else str(best),
        cells.number(curve.get(best, math.nan)),
      ]
      row.append(cells.duration(trial.settings.get("seconds")))
    rows.append(tuple(map(cells.Cell, row)))
  caption = "Macro F1 in percent against the coded labels"
  header = ["Method", "Fold", "Repeat", "Test"]
  if not results.is_foreign:
    header[3:3] = ["Epoch", "Validation"]
    header.append("Time")
    caption += (
      ": on the validation subjects at the chosen epoch, and on the test fold"
    )
  return cells.Table(
    key="trials",
    title="Every trial",
    caption=f"{caption}.",
    header=tuple(header),
    rows=tuple(rows),
  )


def metrics(
  title: str,
  aus: tuple[int, ...],
  counts: evaluation.Counts,
  areas: Float[np.ndarray, " T"] | None = None,
) -> cells.Table:
  """Precision, recall, F1 and the like of every AU in one set of frames.

  Args:
    title: What was graded.
    aus: AUs of the counts.
    counts: Each `[T]`.
    areas: `[T]` areas below the ROC curve, where they are known.

  Returns:
    The table, with the means over AUs as its last row.
  """
  columns = {
    "Precision": evaluation.precision(counts),
    "Recall": evaluation.recall(counts),
    "F1": evaluation.f1(counts),
    "Accuracy": evaluation.accuracy(counts),
  }
  if areas is not None:
    columns["AUC"] = areas
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


def _range(rates):
  known = [rate for rate in rates if not math.isnan(rate)]
  if len(known) < 2:
    return ""
  return f"{cells.number(min(known))} to {cells.number(max(known))}"


def _decimal(value):
  return "-" if math.isnan(value) else f"{value:.2f}"
