"""The page fits, prints, reads without scripts and keeps to itself."""

import pytest

from tests import chromium


@pytest.mark.parametrize("width", [320, 400, 1280])
@pytest.mark.parametrize("script", [True, False], ids=["script", "none"])
@pytest.mark.parametrize("name", ["complete", "odd"])
def test_nothing_is_wider_than_the_window(name, script, width, pages, visit):
  page = visit(pages[name][1], width, java_script_enabled=script)
  for details in page.locator("details").all():
    details.evaluate("element => (element.open = true)") if script else None
  width_of = "document.documentElement.scrollWidth"
  if script:
    assert page.evaluate(width_of) <= width
  for part in page.locator("main > section, header, footer").all():
    box = part.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width


def test_it_reads_without_scripts(pages, visit):
  results, path = pages["complete"]
  page = visit(path, java_script_enabled=False)
  assert page.locator(".tool:visible").count() == 0
  assert page.locator("details.au").count() == len(results.aus)
  assert page.locator("details.au:visible").count() == len(results.aus)
  page.locator("details.au summary").nth(1).click()
  assert page.locator("details.au .measured:visible").count() == 4
  assert page.locator("#aus-labels").is_visible()


def test_it_prints(pages, visit, move):
  page = visit(pages["complete"][1])
  page.emulate_media(media="print")
  for hidden in (".slider input", ".controls", ".filter", "nav"):
    assert page.locator(f"{hidden}:visible").count() == 0
  # A threshold that was tried is printed beside its numbers.
  move(page.get_by_label("Threshold of AU01").first, 0.3)
  shown = page.locator('[data-au="0"] .slider output').first
  assert shown.is_visible() and shown.inner_text() == "0.30"
  assert page.locator("#trials table").is_visible()
  assert page.locator(".histogram:visible").count() == 2
  assert page.pdf().startswith(b"%PDF")


def test_it_leaves_nothing_behind(pages, visit, tmp_path):
  (tmp_path / "empty.html").write_text(
    "<!doctype html><link rel=icon href=data:,>"
  )
  names = "Object.getOwnPropertyNames(window).sort()"
  elements = {"data", "closely", "timeline"}
  before = set(visit(tmp_path / "empty.html").evaluate(names))
  after = set(visit(pages["complete"][1]).evaluate(names))
  assert after - before - elements == set()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out(scheme, pages, visit):
  """WCAG's 4.5 to 1 for running text, in both schemes."""
  page = visit(pages["complete"][1], color_scheme=scheme)
  read = """e => [
    getComputedStyle(e).color, getComputedStyle(document.body).backgroundColor
  ]"""
  for selector in ("body", ".subtitle", ".key", "figcaption p"):
    text, paper = page.locator(selector).first.evaluate(read)
    assert chromium.contrast(text, paper) >= 4.5
