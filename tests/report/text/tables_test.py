import numpy as np

from aujax import report
from aujax.evaluation import scores
from aujax.report.text import cells, tables


def test_rates_say_how_far_folds_are_apart(complete):
  table = tables.rates(report.load(complete))
  labels = [
    scores.read(complete / f"baseline/fold{k}/repeat0/scores.parquet").labels
    for k in range(3)
  ]
  rates = [(fold == 1).sum(0) / (fold >= 0).sum(0) for fold in labels]
  together = np.concatenate(labels)
  expected = (together == 1).sum(0) / (together >= 0).sum(0)
  column = [row[table.header.index("Coded")] for row in table.rows]
  assert [cell.text for cell in column] == list(map(cells.number, expected))
  assert [cell.note for cell in column] == [
    f"{cells.number(least)} to {cells.number(most)}"
    for least, most in zip(np.min(rates, 0), np.max(rates, 0), strict=True)
  ]


def test_one_fold_has_no_range(tmp_path, make):
  one = report.load(make(tmp_path, folds=1, repeats=1, frames=10))
  table = tables.rates(one)
  column = table.header.index("Coded")
  assert {row[column].note for row in table.rows} == {""}
