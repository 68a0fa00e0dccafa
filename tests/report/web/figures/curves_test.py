import json

import numpy as np
import pytest

from aujax import report
from aujax.report.web import figures


def log(folder, rows):
  text = "\n".join(
    json.dumps({"epoch": epoch, "step": epoch, "score": 0.5, "f1": f1})
    for epoch, f1 in rows
  )
  (folder / "metrics.jsonl").write_text(text)


@pytest.fixture
def run(tmp_path, make):
  make(tmp_path, methods=("a",), folds=2, repeats=1, frames=10, aus=(1, 2))
  log(tmp_path / "a/fold0/repeat0", [(1, {"AU01": 0.2}), (2, {"AU01": 0.4})])
  log(
    tmp_path / "a/fold1/repeat0",
    [(1, {"AU01": 0.4}), (2, {"AU01": 0.4, "AU02": None})],
  )
  return report.load(tmp_path)


def test_curves_of_an_au_are_means_over_trials(run):
  first, second = figures.au_plots(run)
  # The axis goes from 0 to 0.4: the mean of 0.2 and 0.4 is at a quarter.
  assert first.title == "AU01" and first.note == "Inner brow raiser"
  assert first.curves[0].points == "0,25 100,0"
  assert "40.0" in first.curves[0].title
  std = np.std([0.2, 0.4], ddof=1)
  lower = 100 - 100 * (0.3 - std) / 0.4
  assert first.bands[0].points.startswith(f"0,{lower:.1f} 100,0 ")
  assert second.curves == ()


def test_no_curves_where_none_were_recorded(complete, tmp_path, make):
  assert len(figures.au_plots(report.load(complete))) == 8
  make(tmp_path, methods=("a",), folds=1, repeats=1, frames=10)
  for path in tmp_path.rglob("metrics.jsonl"):
    path.unlink()
  results = report.load(tmp_path)
  assert figures.au_plots(results) == [] == figures.plots(results)
