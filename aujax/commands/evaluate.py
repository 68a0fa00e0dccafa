"""Grades files of scores: precision, recall, F1 and accuracy of every AU.

Takes one or more files, Parquet or CSV, one per test fold, with the columns
subject, frame, AU01, AU01_score, ... (sequence, and AU01_truth where it is
known). A file with a column fold, repeat or method holds several. With several
folds their mean and the pooled frames follow.

  aujax-evaluate run/baseline/fold*/repeat0/scores.parquet --threshold=0.5
"""

import dataclasses

import numpy as np
from absl import flags

from aujax import action_units, evaluation
from aujax.commands import _app
from aujax.evaluation import parts
from aujax.report.text import formats, tables

_THRESHOLD = flags.DEFINE_float(
  "threshold", 0.5, "An AU is detected where its score is at least this."
)
_AGAINST = flags.DEFINE_enum(
  "against",
  "labels",
  ["labels", "truth"],
  "What to grade against: the labels as coded, or the truth behind them.",
)


def main(argv):
  """Prints a table per file, then what they make together."""
  paths = argv[1:]
  if not paths:
    raise ValueError(
      "expected at least one file of scores, got none; name Parquet files such "
      "as run/baseline/fold0/repeat0/scores.parquet"
    )
  graded = [one for path in paths for one in _grade(path)]
  first = graded[0]
  for one in graded:
    if one.aus != first.aus:
      raise ValueError(
        f"expected the AUs of {first.title}, {list(first.aus)}, in every file, "
        f"got {list(one.aus)} in {one.title}"
      )
  for one in graded:
    table = tables.metrics(one.title, one.aus, one.counts, one.areas)
    print(formats.text(table))
    if lacking := [
      au for au, x in zip(one.aus, one.areas, strict=True) if np.isnan(x)
    ]:
      names = ", ".join(map(action_units.name, lacking))
      print(f"Only ever present or only ever absent, so without AUC: {names}\n")
  # Folds go together; methods and repeats are compared by aujax-report.
  if len(graded) > 1 and len({one.group for one in graded}) == 1:
    kind = "files" if len(graded) == len(paths) else "folds"
    print(_together([one.counts for one in graded], kind))


main.takes_arguments = True


def run():
  """Entry point of aujax-evaluate."""
  _app.run(main)


@dataclasses.dataclass(frozen=True, eq=False)
class _Graded:
  """What is left of the frames of one trial."""

  title: str
  group: tuple[str | None, int | None]
  aus: tuple[int, ...]
  counts: evaluation.Counts
  areas: np.ndarray


def _grade(path):
  """Grades the trials of one file and lets its frames go."""
  for part in parts.read(path):
    numbers = {"fold": part.fold, "repeat": part.repeat}
    named = [f"{k} {v}" for k, v in numbers.items() if v is not None]
    scores, target = part.scores.scores, part.scores.target(_AGAINST.value)
    yield _Graded(
      title=" ".join([path, *filter(None, [part.method]), *named]),
      group=(part.method, part.repeat),
      aus=part.scores.aus,
      counts=evaluation.count(scores, target, threshold=_THRESHOLD.value),
      areas=evaluation.roc_auc(scores, target),
    )


def _together(folds, kind):
  values = np.array([[evaluation.f1(counts) for counts in folds]])
  average = evaluation.fold_average(values)
  return (
    f"Macro F1, mean of {len(folds)} {kind}: {100 * average.mean:.1f} "
    f"(std over {kind} {100 * average.fold_std:.1f})\n"
    f"Macro F1, frames pooled: {100 * evaluation.pooled(folds):.1f}"
  )


if __name__ == "__main__":
  run()
