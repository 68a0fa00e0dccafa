"""Tables sort and filter."""


def test_tables_sort(pages, visit):
  page = visit(pages["complete"][1])
  before = column(page, "aus-labels", 1)
  header = page.locator("#aus-labels thead th").nth(1)
  header.get_by_role("button").click()
  numbers = [float(text) for text in column(page, "aus-labels", 1)]
  assert numbers == sorted(numbers, reverse=True)
  assert header.get_attribute("aria-sort") == "descending"
  header.get_by_role("button").press("Enter")
  numbers = [float(text) for text in column(page, "aus-labels", 1)]
  assert numbers == sorted(numbers)
  names = page.locator("#aus-labels thead th").nth(0)
  names.get_by_role("button").click()
  assert header.get_attribute("aria-sort") is None
  assert column(page, "aus-labels", 0) == sorted(column(page, "aus-labels", 0))
  for _ in range(2):
    names.get_by_role("button").click()
  assert column(page, "aus-labels", 1) == before
  references = page.locator("#aus-labels tbody.references tr")
  assert references.first.inner_text().startswith("Mean")


def test_what_has_no_value_sorts_last(pages, visit):
  page = visit(pages["odd"][1])
  assert "-" in column(page, "aus-labels", 1)
  header = page.locator("#aus-labels thead th").nth(1)
  for _ in range(2):
    header.get_by_role("button").click()
    assert column(page, "aus-labels", 1)[-1] == "-"


def test_durations_sort_as_times(pages, visit):
  page = visit(pages["complete"][1])
  page.get_by_text("Every trial", exact=True).first.click()
  header = page.locator("#trials thead th").last
  header.get_by_role("button").click()
  assert column(page, "trials", 6) == ["47 s"] * 4 + ["44 s"] * 4 + ["41 s"] * 4


def test_tables_filter(pages, visit):
  page = visit(pages["complete"][1])
  page.get_by_text("Every trial", exact=True).first.click()
  box = page.get_by_label("Filter rows of Every trial")
  box.fill("hood 2")
  found = page.locator("#trials tbody tr:visible")
  assert 0 < found.count() < 12
  assert page.locator("#trials .found").inner_text() == f"{found.count()} of 12"
  for text in found.all_inner_texts():
    assert "hood" in text and "2" in text
  box.fill("no such row")
  assert found.count() == 0
  box.fill("")
  assert found.count() == 12


def column(page, key, number):
  """A column's values in the order of the rows that are shown."""
  rows = page.locator(f"#{key} tbody").first.locator("tr:visible")
  found = rows.evaluate_all(
    "(rows, n) => rows.map(r => r.cells[n].querySelector('.mean').textContent)",
    number,
  )
  return [text.replace("\xa0", " ") for text in found]
