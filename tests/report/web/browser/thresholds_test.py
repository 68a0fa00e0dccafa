"""What the sliders show is what evaluation counts."""

import functools

import numpy as np
import pytest

from aujax import evaluation
from aujax.report.text import cells

METRICS = {
  "precision": evaluation.precision,
  "recall": evaluation.recall,
  "f1": evaluation.f1,
}


@pytest.mark.parametrize("name", ["complete", "odd"])
def test_thresholds_count_as_evaluation_does(name, pages, visit, move):
  results, path = pages[name]
  page = visit(path)
  num_aus = len(results.aus)
  check(page, results, [None] * num_aus)
  every = page.locator(".slider.all input").first
  for value in (0.0, 0.01, 0.29, 0.3, 0.5, 0.57, 0.58, 0.99, 1.0):
    move(every, value)
    check(page, results, [value] * num_aus)
  one = page.locator('[data-au="3"] .slider input').first
  move(one, 0.07)
  check(page, results, [1.0] * 3 + [0.07] + [1.0] * (num_aus - 4))
  page.get_by_text("All thresholds as tested").click()
  move(one, 0.07)
  check(page, results, [None] * 3 + [0.07] + [None] * (num_aus - 4))


def test_the_slider_works_by_keyboard_and_moves_the_lines(pages, visit):
  results, path = pages["complete"]
  page = visit(path)
  slider = page.get_by_label("Threshold of AU01").first
  slider.focus()
  page.keyboard.press("ArrowRight")
  assert slider.get_attribute("aria-valuetext") == "0.51"
  view = page.locator('[data-au="0"] .view').first
  assert view.locator("line.at").first.get_attribute("x1") == "51%"
  assert view.locator("rect.veil").first.get_attribute("width") == "51%"
  check(page, results, [0.51] + [None] * (len(results.aus) - 1))


def test_thresholds_that_differ_between_trials_have_no_line(pages, visit, move):
  page = visit(pages["odd"][1])
  slider = page.locator('[data-au="0"] .slider').first
  assert slider.locator("output").inner_text() == "as tested, 0.41 to 0.47"
  lines = page.locator('[data-au="0"] line.at')
  read = "lines => [...new Set(lines.map(l => getComputedStyle(l).display))]"
  assert lines.evaluate_all(read) == ["none"]
  move(slider.locator("input"), 0.3)
  assert lines.evaluate_all(read) == ["inline"]


def check(page, results, thresholds):
  """Compares every number of the section with evaluation's."""
  for against in results.targets:
    averages = expected(results, against, thresholds)
    for (method, metric), average in averages.items():
      row = f'[data-against="{against}"] tr[data-method="{method}"]'
      found = page.locator(f'#closely {row} [data-metric="{metric}"]')
      shown = found.evaluate_all("all => all.map(e => [e.value, e.innerHTML])")
      wanted = [average.mean, *average.per_au]
      assert [text for _, text in shown] == list(map(cells.number, wanted))
      values = [float(value or "nan") for value, _ in shown]
      np.testing.assert_allclose(values, wanted, rtol=0, atol=1e-12)
      spread = page.locator(
        f"#all-{against} tr[data-method={method}] [data-metric={metric}] + *"
      )
      assert spread.inner_html() == f" ± {cells.number(average.std)}"


def expected(results, against, thresholds):
  """Fold averages by method and metric; None is a trial's own threshold."""
  found = {}
  for method in results.methods:
    done = [
      [results.trials.get((method, f, r)) for f in results.folds]
      for r in results.repeats
    ]
    rows = [row for row in done if all(row)]
    counts = [[_count(t, against, thresholds) for t in row] for row in rows]
    for name, metric in METRICS.items():
      values = np.array([[metric(c) for c in row] for row in counts])
      found[method, name] = evaluation.fold_average(values)
  return found


@functools.cache
def _scores(trial):
  return trial.scores()


def _count(trial, against, thresholds):
  scores = _scores(trial)
  own = np.broadcast_to(trial.threshold, len(scores.aus))
  wanted = [o if t is None else t for o, t in zip(own, thresholds, strict=True)]
  target = scores.target(against)
  return evaluation.count(scores.scores, target, threshold=np.array(wanted))
