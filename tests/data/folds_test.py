import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from aujax.data import folds

SUBJECTS = st.lists(st.sampled_from("abcdefghijkl"), min_size=1, max_size=80)


@pytest.mark.parametrize(
  "dataset, sizes", [("disfa", [9, 9, 9]), ("bp4d", [14, 14, 13])]
)
def test_published_sizes(dataset, sizes):
  partition = folds.published(dataset)
  assert np.bincount(list(partition.values())).tolist() == sizes


def test_published_members():
  # JAANet's DISFA_part1_path.txt and BP4D_part3_path.txt.
  disfa = folds.published("disfa")
  assert [name for name, fold in disfa.items() if fold == 0] == [
    f"SN{n:03d}" for n in (1, 2, 9, 10, 16, 26, 27, 30, 32)
  ]
  numbers = {*range(1, 14), 16, 17, 18, 21, *range(23, 33)}
  assert set(disfa) == {f"SN{n:03d}" for n in numbers}
  bp4d = folds.published("bp4d")
  names = {f"F{n:03d}" for n in range(1, 24)}
  assert set(bp4d) == names | {f"M{n:03d}" for n in range(1, 19)}
  assert {bp4d[name] for name in ("F004", "F019", "M003", "M015")} == {2}
  with pytest.raises(ValueError, match="bp4d.*disfa.*'gft'"):
    folds.published("gft")


def test_published_folds_are_not_shared_between_calls():
  folds.published("disfa").clear()
  assert len(folds.published("disfa")) == 27


@hypothesis.given(SUBJECTS, st.integers(2, 5), st.integers(0, 99))
def test_assign_deals_every_subject_evenly(subjects, num_folds, seed):
  names = set(subjects)
  if len(names) < num_folds:
    with pytest.raises(ValueError, match=f"{len(names)} subjects for"):
      folds.assign(subjects, num_folds, seed=seed)
    return
  assigned = folds.assign(subjects, num_folds, seed=seed)
  assert set(assigned) == names
  assert set(assigned.values()) == set(range(num_folds))
  frames = np.bincount(folds.of_rows(subjects, assigned), minlength=num_folds)
  # The last subject dealt went to the lightest fold.
  assert np.ptp(frames) <= max(subjects.count(name) for name in names)


def test_assign_depends_on_the_seed():
  subjects = [f"S{n}" for n in range(20)]
  first = folds.assign(subjects, 4, seed=0)
  assert first == folds.assign(subjects[::-1], 4, seed=0)
  assert first != folds.assign(subjects, 4, seed=1)
  assert np.bincount(list(first.values())).tolist() == [5, 5, 5, 5]
  with pytest.raises(ValueError, match="2 folds or more"):
    folds.assign(subjects, 1, seed=0)


def test_of_rows_wants_exactly_the_subjects_of_the_folds():
  partition = folds.published("disfa")
  names = sorted(partition)
  rows = folds.of_rows(names * 2, partition)
  assert rows.tolist() == [partition[name] for name in names] * 2
  with pytest.raises(ValueError, match="27 subjects.*SN032 in the folds"):
    folds.of_rows(names[:-1], partition)
  with pytest.raises(ValueError, match="XY001 with frames"):
    folds.of_rows([*names, "XY001"], partition)
  with pytest.raises(ValueError, match="SN005 and 21 more in the folds"):
    folds.of_rows([names[5], "XY001"], {n: partition[n] for n in names})


@hypothesis.given(SUBJECTS, st.floats(0.01, 0.99), st.integers(0, 99))
def test_validation_subjects_do_not_train(subjects, fraction, seed):
  subjects = np.array(subjects)
  total = len(set(subjects))
  wanted = max(1, round(fraction * total))
  if wanted >= total:
    with pytest.raises(ValueError, match=f"{wanted} of {total}"):
      folds.split_validation(subjects, fraction=fraction, seed=seed)
    return
  held_out = folds.split_validation(subjects, fraction=fraction, seed=seed)
  validation = set(subjects[held_out])
  assert len(validation) == wanted
  assert validation.isdisjoint(subjects[~held_out])
  again = folds.split_validation(subjects, num=wanted, seed=seed)
  np.testing.assert_array_equal(held_out, again)


def test_validation_needs_a_sensible_share():
  for options in ({"fraction": 0.0}, {"fraction": 1.0}, {"num": 0}, {"num": 2}):
    with pytest.raises(ValueError, match="expected"):
      folds.split_validation(["a", "b"], seed=0, **options)
