import numpy as np
import pytest

from aujax import action_units


@pytest.mark.parametrize(
  "text", ["AU04", "AU4", "au4", "AU 4", "'AU 4'", "4", "04", " AU_4 "]
)
def test_parse_reads_every_usual_spelling(text):
  assert action_units.parse(text) == 4


@pytest.mark.parametrize("text", ["", "AU", "SN001_au1", "AU4_score", "4.5"])
def test_parse_names_what_it_cannot_read(text):
  with pytest.raises(ValueError, match="Action Unit"):
    action_units.parse(text)


def test_columns_are_those_that_say_au_and_a_number():
  names = ["path", "AU04", "au_1", "AU 2", "'AU 12'", "AU05_r", "6", "AUTO"]
  expected = {4: "AU04", 1: "au_1", 2: "AU 2", 12: "'AU 12'"}
  assert action_units.columns(names, file="labels.csv") == expected


@pytest.mark.parametrize("names", [("AU4", "au_04"), ("AU04", "AU04")])
def test_two_columns_for_one_au_are_refused(names):
  with pytest.raises(ValueError, match="one column for AU 4 in labels.csv"):
    action_units.columns(names, file="labels.csv")


def test_name_and_parse_are_inverse():
  for au in action_units.DESCRIPTIONS:
    assert action_units.parse(action_units.name(au)) == au


def test_every_set_is_sorted_unique_and_described():
  for aus in (
    action_units.DISFA,
    action_units.DISFA_ALL,
    action_units.BP4D,
    action_units.EMOTIONET,
    action_units.SYNTHETIC,
  ):
    assert list(aus) == sorted(set(aus))
    assert set(aus) <= set(action_units.DESCRIPTIONS)
  assert set(action_units.DISFA) <= set(action_units.DISFA_ALL)
  assert set(action_units.SYNTHETIC) == {
    *action_units.DISFA_ALL,
    *action_units.BP4D,
    16,
  }


def test_project_reorders_drops_and_marks_the_rest_unknown():
  labels = np.array([[1, 0, -1], [0, 1, 1]], np.int8)
  out = action_units.project(labels, (1, 2, 4), (4, 26, 1))
  assert out.tolist() == [[-1, -1, 1], [1, -1, 0]]
  assert out.dtype == np.int8


def test_project_checks_the_columns():
  with pytest.raises(ValueError, match=r"\[N, 2\].*\[2, 3\]"):
    action_units.project(np.zeros((2, 3), np.int8), (1, 2), (1,))
