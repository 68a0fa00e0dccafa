import ml_collections
import numpy as np
import pytest

from aujax.data import folds, table
from aujax.protocol import splits

SUBJECTS = np.repeat([f"SN{n:03d}" for n in range(1, 10)], 4)
FOLD_OF = folds.assign(SUBJECTS, 3, seed=0)


@pytest.mark.parametrize("fold", [0, 1, 2])
def test_parts_cover_all_rows_and_share_no_subject(fold):
  parts = splits.split(SUBJECTS, FOLD_OF, fold, validation_share=0.2, seed=0)
  rows = [parts.train, parts.validation, parts.test]
  assert sorted(np.concatenate(rows)) == list(range(len(SUBJECTS)))
  subjects = [set(SUBJECTS[r]) for r in rows]
  assert [len(s) for s in subjects] == [5, 1, 3]
  assert len(set.union(*subjects)) == 9
  assert subjects[2] == {s for s, k in FOLD_OF.items() if k == fold}


def test_the_seed_moves_validation_and_never_the_test_fold():
  parts = [
    splits.split(SUBJECTS, FOLD_OF, 1, validation_share=0.4, seed=s)
    for s in range(5)
  ]
  assert len({tuple(p.validation) for p in parts}) > 1
  assert len({tuple(p.test) for p in parts}) == 1


def test_published_partitions_by_name():
  assert splits.folds_of("disfa", SUBJECTS, seed=0) == folds.published("disfa")


def test_balanced_folds_even_the_rates():
  rng = np.random.default_rng(0)
  subjects = np.repeat([f"s{i}" for i in range(12)], 50)
  rates = np.repeat(np.linspace(0.05, 0.6, 12), 50)
  labels = (rng.random(600) < rates).astype(np.int8)[:, None]

  def spread(folds):
    fold_of = splits.folds_of(folds, subjects, labels=labels, seed=0)
    of_row = np.array([fold_of[s] for s in subjects])
    means = [labels[of_row == k].mean() for k in range(3)]
    return max(means) - min(means)

  assert spread("3 balanced") < 0.02 < spread("3")


def test_inner_folds_share_out_what_a_fold_may_learn_from():
  outer = splits.split(SUBJECTS, FOLD_OF, 0, validation_share=0.2, seed=0)
  parts = splits.inner(outer, SUBJECTS, 6, seed=0)
  learnt = np.sort(np.concatenate([outer.train, outer.validation]))
  validated = np.sort(np.concatenate([part.validation for part in parts]))
  np.testing.assert_array_equal(validated, learnt)
  for part in parts:
    both = np.sort(np.concatenate([part.train, part.validation]))
    np.testing.assert_array_equal(both, learnt)
    assert not set(SUBJECTS[part.train]) & set(SUBJECTS[part.validation])
    assert not len(part.test)


def test_balanced_folds_say_how_near_to_the_best_they_are():
  config = ml_collections.ConfigDict({"folds": "2 balanced", "seed": 0})
  name = np.array(["a", "b", "c", "d"])
  frames = table.Table(
    aus=(12,),
    image=name,
    labels=np.array([[1], [0], [1], [1]]),
    subject=name,
    sequence=name,
    frame=np.ones(4, int),
  )
  # One fold has two positives of the fair one and a half, the other one.
  assert splits.balance(config, frames) == (
    "2 balanced folds: positives and frames are 33.3% off a fold's fair share, "
    "and 33.3% or more in any folds of these subjects"
  )
  config.folds = "2"
  assert splits.balance(config, frames) is None
