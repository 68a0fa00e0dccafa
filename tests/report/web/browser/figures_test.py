"""Figures say what they hold."""

import numpy as np


def test_one_au_and_target_is_shown_at_a_time(pages, visit):
  page = visit(pages["complete"][1])
  assert page.locator("details.au:visible").count() == 1
  page.locator(".chips").get_by_text("AU12").click()
  assert page.locator("details.au:visible summary").inner_text() == (
    "AU12 Lip corner puller"
  )
  page.get_by_text("the truth", exact=True).click()
  views = page.locator(".view:visible")
  assert views.count() == 1
  assert views.get_attribute("data-against") == "truth"
  assert page.locator("#all-labels").is_hidden()
  assert view_paths(page) == ["shares", "shares"]
  page.get_by_text("frames, logarithmic").click()
  assert view_paths(page) == ["counts", "counts"]


def test_values_show_on_hover_and_by_keyboard(pages, visit):
  page = visit(pages["complete"][1])
  tip = page.locator(".tip")
  dots = page.locator(".dots circle")
  dots.first.hover()
  first = tip.inner_text()
  assert first.startswith("Fold 0, baseline: ")
  dots.first.focus()
  page.keyboard.press("ArrowRight")
  assert tip.inner_text().startswith("Fold 0, robin_hood: ")
  assert page.locator(".dots circle:focus").count() == 1
  box = tip.bounding_box()
  assert box["x"] >= 0 and box["x"] + box["width"] <= 1280
  page.mouse.move(0, 0)
  page.locator("h1").click()
  assert tip.is_hidden()


def test_histograms_say_what_they_hold(pages, visit):
  results, path = pages["complete"]
  page = visit(path)
  svg = page.locator(".histogram:visible").nth(1)
  box = svg.bounding_box()
  trials = [
    results.trials["robin_hood", f, r] for f in range(3) for r in (0, 1)
  ]
  for low in (0.0, 0.36, 0.98):
    svg.hover(position={"x": box["width"] * (low + 0.01), "y": 30})
    numbers = []
    for label in (1, 0):
      number = 0
      for trial in trials:
        scores = trial.scores()
        values = scores.scores[scores.labels[:, 0] == label, 0]
        high = 2 if low == 0.98 else np.float32(round(low + 0.02, 2))
        number += ((values >= np.float32(low)) & (values < high)).sum()
      numbers.append(f"{number:,}")
    assert page.locator(".tip").inner_text() == (
      f"robin_hood, scores {low:.2f} to {low + 0.02:.2f}: "
      f"{numbers[0]} frames with, {numbers[1]} without"
    )


def test_the_video_shows_what_is_detected(pages, visit, move):
  results, path = pages["complete"]
  page = visit(path)
  page.locator(".chips").get_by_text("AU25").click()
  name = page.locator("#timeline select option:checked").inner_text()
  scores = results.trials["baseline", 0, 0].scores()
  rows = scores.subject == name.removeprefix("Fold 0: ")
  values = scores.scores[rows, results.aus.index(25)]
  for threshold in (0.5, 0.08, 0.93):
    move(page.get_by_label("Threshold of AU25").first, threshold)
    found = values >= np.float32(threshold)
    runs = np.flatnonzero(np.diff(np.r_[False, found, False])).reshape(-1, 2)
    drawn = page.locator("#timeline .tracks .row:nth-child(3) rect.s0")
    spans = drawn.evaluate_all(
      "all => all.map(r => [+r.getAttribute('x'), "
      "+r.getAttribute('x') + +r.getAttribute('width')])"
    )
    assert spans == runs.tolist()
  page.locator(".tracks").focus()
  for _ in range(2):
    page.keyboard.press("ArrowRight")
  said = page.locator(".reading").inner_text()
  assert said.startswith("Frame 2 · coded ")
  assert f"baseline {int(100 * values[1] + 1e-4) / 100:.2f}" in said


def view_paths(page):
  """Which paths the first visible histogram shows."""
  return page.locator(".histogram:visible").first.evaluate(
    "svg => [...svg.querySelectorAll('path')].filter("
    "p => getComputedStyle(p).display !== 'none').map(p => p.classList[0])"
  )
