import re

import numpy as np
import pytest

from aujax import evaluation, report
from aujax.report.numbers import summary
from aujax.report.text import cells
from aujax.report.web import evidence, figures, tested, videos
from aujax.report.web.figures import histograms


@pytest.fixture(scope="module")
def loaded(complete):
  results = report.load(complete)
  plan = videos.plan(results, results.methods)
  return results, evidence.read(results, results.methods, plan)


def test_what_is_tested_is_what_the_main_table_says(loaded):
  results, _ = loaded
  for against in results.targets:
    grade = summary.grade(results, "robin_hood", against)
    averages = tested.averages(results, against)["robin_hood"]
    assert averages["f1"].mean == grade.average.mean
    np.testing.assert_array_equal(averages["f1"].per_au, grade.average.per_au)


def test_curves_go_through_the_tested_numbers(loaded):
  results, evidences = loaded
  seen = figures.closely(results, evidences)
  assert [au.name for au in seen[:2]] == ["AU01", "AU02"]
  for i, au in enumerate(seen):
    assert (au.tested, au.threshold, au.varies) == ("0.5", 50, False)
    for view in au.views:
      average = summary.grade(results, "baseline", view.against).average
      points = dict(p.split(",") for p in view.curves.curves[0].points.split())
      at = 100 - float(points["50"])
      assert at == pytest.approx(100 * average.per_au[i], abs=0.06)


def test_histograms_are_shares_of_their_class(loaded):
  results, evidences = loaded
  view = figures.closely(results, evidences)[0].views[0]
  totals = {
    method: sum(
      evidences[method, f, r].bins["labels"][0]
      for f in range(3)
      for r in range(2)
    )
    for method in results.methods
  }
  shares = {m: t[:, 0:100].reshape(2, 50, 2).sum(2) for m, t in totals.items()}
  shares = {m: s / s.sum(1, keepdims=True) for m, s in shares.items()}
  tops = np.max([s.max(1) for s in shares.values()], axis=0)
  assert view.histograms.share_tops == tuple(map(cells.number, tops))
  up, down = view.histograms.rows[1].shares
  heights = levels(up)
  wanted = 50 - 50 * shares["robin_hood"][1] / tops[1]
  np.testing.assert_allclose(heights, wanted, atol=0.51)
  wanted = 50 + 50 * shares["robin_hood"][0] / tops[0]
  np.testing.assert_allclose(levels(down), wanted, atol=0.51)


def levels(path):
  """Heights of the 50 steps of a path."""
  heights, at, level = [], 0, 50
  for x, y in re.findall(r"H(\d+)(?:V(\d+))?", path):
    heights += [level] * ((int(x) - at) // 2)
    at, level = int(x), int(y or 50)
  return heights


def test_a_score_of_one_is_in_the_last_step(complete):
  bins = np.zeros((2, 101), int)
  bins[1, 100] = 3
  bins[0, 0] = 1
  drawn = histograms.histograms(report.load(complete), {"baseline": bins})
  (histogram,) = drawn.rows
  assert levels(histogram.shares[0]) == [50] * 49 + [0]
  assert levels(histogram.shares[1]) == [100] + [50] * 49
  assert (drawn.share_tops, drawn.count_top) == (("100.0", "100.0"), "3")


def test_reliability_adds_up_the_trials(loaded):
  results, evidences = loaded
  view = figures.closely(results, evidences)[3].views[1]
  keys = [("baseline", f, r) for f in range(3) for r in range(2)]
  scores = [results.trials[key].scores() for key in keys]
  whole = evaluation.reliability(
    np.concatenate([s.scores for s in scores]),
    np.concatenate([s.truth for s in scores]),
  )
  filled = whole.counts[:, 3] > 0
  dots = [dot for dot in view.reliability.dots if dot.series == 0]
  np.testing.assert_allclose(
    [dot.x for dot in dots], 100 * whole.confidence[filled, 3], atol=0.01
  )
  np.testing.assert_allclose(
    [100 - dot.y for dot in dots], 100 * whole.frequency[filled, 3], atol=0.01
  )
  errors = [
    evaluation.expected_calibration_error(s.scores, s.truth)[3] for s in scores
  ]
  assert view.errors[0] == ("baseline", cells.number(np.mean(errors)))
