import re
import shutil

import numpy as np
import pytest

from aujax import evaluation, report
from aujax.report.web import document, figures, shown
from aujax.report.web.figures import shapes


def f1(results, method, fold, repeat, au):
  counts = results.trials[method, fold, repeat].counts["labels"]
  return evaluation.f1(counts)[au]


def test_improvements_are_paired_differences(complete):
  results = report.load(complete)
  panels = figures.improvements(results)
  assert [p.title for p in panels] == [
    "Against the coded labels",
    "Against the truth",
  ]
  folds = [
    np.mean(
      [
        f1(results, "robin_hood", f, r, 0) - f1(results, "baseline", f, r, 0)
        for r in range(2)
      ]
    )
    for f in range(3)
  ]
  (bar,) = panels[0].rows[0].marks
  assert bar.text == f"{100 * np.mean(folds):+.1f}"
  assert f"from {100 * min(folds):+.1f} to {100 * max(folds):+.1f}" in bar.title
  scale = (bar.at - panels[0].zero) / np.mean(folds)
  assert bar.low - panels[0].zero == pytest.approx(scale * min(folds), abs=0.02)
  assert bar.high - panels[0].zero == pytest.approx(
    scale * max(folds), abs=0.02
  )


def test_one_method_has_nothing_to_be_compared_with(tmp_path, make):
  make(tmp_path, methods=("only",), folds=2, repeats=1, frames=10)
  assert figures.improvements(report.load(tmp_path)) == []


def test_a_missing_fold_is_left_out_of_the_pairs(complete, tmp_path):
  shutil.copytree(complete, tmp_path / "run")
  shutil.rmtree(tmp_path / "run/robin_hood/fold1")
  results = report.load(tmp_path / "run")
  (bar,) = figures.improvements(results)[0].rows[0].marks
  gains = [
    np.mean(
      [
        f1(results, "robin_hood", f, r, 0) - f1(results, "baseline", f, r, 0)
        for r in range(2)
      ]
    )
    for f in (0, 2)
  ]
  assert bar.text == f"{100 * np.mean(gains):+.1f}"


def test_the_first_method_is_the_baseline_unless_one_is_called_so(
  tmp_path, make
):
  make(tmp_path, methods=("z", "a"), folds=1, repeats=1, frames=10)
  assert figures.baseline(report.load(tmp_path)) == "z"


def test_numbers_stand_beside_bars_that_all_folds_draw_to_the_left(complete):
  bar = shapes.Bar(1, 30.0, "-9.4", "", low=10.0, high=40.0)
  panel = shapes.Panel("", (shapes.Row("AU01", "", (bar,)),), (), zero=50.0)
  drawn = (
    document.environment("aujax.report.web")
    .from_string(
      '{% import "figures.html.jinja" as draw with context %}'
      '{{ draw.improvements(panels, "baseline") }}'
    )
    .render(panels=[panel], results=report.load(complete), shown=shown)
  )
  assert re.search(r'<text class="number" x="(.*?)%"', drawn)[1] == "50.0"
