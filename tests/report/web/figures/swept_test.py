import numpy as np
import pytest

from aujax import report
from aujax.report.numbers import summary
from aujax.report.web import figures

KEY = "methods.robin_hood.beta"


def variants(values, **more):
  return {
    f"hood {v:g}": {"method": "robin_hood", "values": {KEY: v, **more}}
    for v in values
  }


@pytest.fixture(scope="module")
def swept(tmp_path_factory, make):
  planned = variants((0.1, 0.5, 0.2))
  return report.load(
    make(
      tmp_path_factory.mktemp("swept"),
      methods=("baseline", *planned),
      folds=2,
      repeats=2,
      frames=20,
      variants=planned,
    )
  )


def test_points_are_the_mean_f1_at_each_value(swept):
  validation, labels, truth = figures.sweep(swept)
  assert validation.title == "On validation subjects"
  assert labels.unit == "beta"
  assert [text for _, text in labels.x_ticks] == ["0.1", "0.2", "0.5"]
  assert [dot.x for dot in labels.dots] == [0, 25, 100]
  for plot, against in ((labels, "labels"), (truth, "truth")):
    for dot, value in zip(plot.dots, (0.1, 0.2, 0.5), strict=True):
      average = summary.grade(swept, f"hood {value:g}", against).average
      assert dot.title == (
        f"robin_hood, beta {value:g}: {100 * average.mean:.1f}"
        f" ± {100 * average.std:.1f}"
      )
    across = summary.grade(swept, "baseline", against).average.mean
    assert plot.levels[0].title == f"baseline: {100 * across:.1f}"


def test_validation_is_that_of_the_chosen_epoch(swept):
  plot = figures.sweep(swept)[0]
  means = []
  for repeat in range(2):
    trials = [swept.trials["hood 0.1", f, repeat] for f in range(2)]
    scores = [
      dict(t.history.validation)[t.settings["best_epoch"]] for t in trials
    ]
    means.append(np.mean(scores))
  assert plot.dots[0].title.startswith(
    f"robin_hood, beta 0.1: {100 * np.mean(means):.1f}"
  )


def test_lines_and_levels_differ_in_colour(swept):
  plot = figures.sweep(swept)[1]
  assert {c.series % 8 for c in plot.curves}.isdisjoint(
    {level.series % 8 for level in plot.levels}
  )


def test_what_was_varied_besides_makes_lines_of_its_own(tmp_path, make):
  planned = {}
  for rate in (1, 2):
    for name, variant in variants((0.1, 0.2, 0.3), rate=rate).items():
      planned[f"{name} rate {rate}"] = variant
  make(
    tmp_path,
    methods=tuple(planned),
    folds=1,
    repeats=1,
    frames=10,
    variants=planned,
  )
  plot = figures.sweep(report.load(tmp_path))[0]
  assert [curve.title for curve in plot.curves] == [
    "robin_hood, rate 1",
    "robin_hood, rate 2",
  ]
  assert len(plot.dots) == 6
  assert len({curve.series for curve in plot.curves}) == 2


@pytest.mark.parametrize("values", [("a", "b"), (True, False), (0.1, 0.1)])
def test_no_figure_unless_a_number_was_swept(values, tmp_path, make):
  planned = {
    f"m{i}": {"method": "m", "values": {KEY: value}}
    for i, value in enumerate(values)
  }
  make(
    tmp_path,
    methods=tuple(planned),
    folds=1,
    repeats=1,
    frames=10,
    variants=planned,
  )
  assert figures.sweep(report.load(tmp_path)) == []


def test_no_figure_without_variants(complete):
  assert figures.sweep(report.load(complete)) == []
