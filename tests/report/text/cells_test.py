import pytest

from aujax.report.text import cells

NAN = float("nan")


@pytest.mark.parametrize(
  ("values", "competing", "lowest", "expected"),
  [
    ((0.5, 0.7, 0.6), None, False, {1}),
    ((0.5, 0.7, 0.6), None, True, {0}),
    ((0.5001, 0.5004), None, False, {0, 1}),
    ((0.5, NAN), None, False, set()),
    ((0.5, 0.7, 0.6), (True, False, True), False, {2}),
    ((), None, False, set()),
  ],
)
def test_best_is_marked_as_printed(values, competing, lowest, expected):
  found = cells.marked(values, competing, lowest=lowest)
  assert {i for i, cell in enumerate(found) if cell.best} == expected
  assert [c.text for c in found] == [cells.number(v) for v in values]


def test_notes_go_with_their_numbers():
  found = cells.marked([0.5, 0.6], notes=["a", "b"])
  assert [(c.text, c.note) for c in found] == [("50.0", "a"), ("60.0", "b")]


def test_p_values_round_to_what_they_are():
  texts = [cells.p_value(p) for p in (1, 0.5, 0.0951, 0.094, 0.001, 0.00099)]
  assert texts == ["1.00", "0.50", "0.10", "0.094", "0.001", "< 0.001"]


def test_no_interval_is_no_text():
  assert cells.interval(None) == ""
