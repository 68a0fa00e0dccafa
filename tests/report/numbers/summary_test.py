import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as reference

from aujax import evaluation, report
from aujax.report.numbers import pairs, summary
from aujax.report.text import words

AUS = ("AU01", "AU02", "AU04", "AU06", "AU09", "AU12", "AU25", "AU26")


def macro_by_scikit_learn(path, suffix=""):
  table = pd.read_parquet(path / "scores.parquet")
  values = []
  for au in AUS:
    rows = table[table[au + suffix] >= 0]
    values.append(
      reference.f1_score(rows[au + suffix], rows[au + "_score"] >= 0.5)
    )
  return np.mean(values)


@pytest.mark.parametrize(
  "against, suffix", [("labels", ""), ("truth", "_truth")]
)
def test_grade_by_scikit_learn(complete, against, suffix):
  trials = np.array(
    [
      [
        macro_by_scikit_learn(complete / f"baseline/fold{f}/repeat{r}", suffix)
        for f in range(3)
      ]
      for r in range(2)
    ]
  )
  grade = summary.grade(report.load(complete), "baseline", against)
  assert grade.average.mean == pytest.approx(trials.mean(), rel=1e-12)
  assert grade.average.std == pytest.approx(trials.mean(1).std(ddof=1))
  np.testing.assert_allclose(grade.average.per_fold, trials.mean(0))
  assert grade.folds == (0, 1, 2) and grade.num_repeats == 2


def test_pooled_by_scikit_learn(complete):
  values = []
  for repeat in range(2):
    frames = pd.concat(
      [
        pd.read_parquet(
          complete / f"baseline/fold{f}/repeat{repeat}/scores.parquet"
        )
        for f in range(3)
      ]
    )
    for au in AUS:
      known = frames[frames[au] >= 0]
      values.append(reference.f1_score(known[au], known[au + "_score"] >= 0.5))
  grade = summary.grade(report.load(complete), "baseline", "labels")
  assert grade.pooled == pytest.approx(np.mean(values), rel=1e-12)


def test_references(complete):
  results = report.load(complete)
  floors, coders = [], []
  for fold in range(3):
    table = pd.read_parquet(
      complete / f"baseline/fold{fold}/repeat0/scores.parquet"
    )
    rates = [(table[au] == 1).sum() / (table[au] >= 0).sum() for au in AUS]
    floors.append(np.mean([2 * f / (1 + f) for f in rates]))
    known = [table[table[au] >= 0] for au in AUS]
    coders.append(
      np.mean(
        [
          reference.f1_score(rows[au + "_truth"], rows[au])
          for au, rows in zip(AUS, known, strict=True)
        ]
      )
    )
  floor = summary.always_positive(results, "labels")
  np.testing.assert_allclose(floor.average.per_fold, floors, rtol=1e-12)
  assert np.isnan(floor.average.std)
  coder = summary.coder(results)
  np.testing.assert_allclose(coder.average.per_fold, coders, rtol=1e-12)


def test_kappa_by_scikit_learn():
  rng = np.random.default_rng(0)
  a, b = rng.integers(0, 2, (2, 200, 3))
  b[:150] = a[:150]
  counts = evaluation.count(a, b)
  expected = [reference.cohen_kappa_score(a[:, i], b[:, i]) for i in range(3)]
  np.testing.assert_allclose(summary.kappa(counts), expected, rtol=1e-12)
  constant = evaluation.count(np.zeros((5, 1)), np.zeros((5, 1)))
  assert np.isnan(summary.kappa(constant)).all()


def test_comparison_is_the_difference_of_grades(complete):
  results = report.load(complete)
  a = summary.grade(results, "robin_hood", "truth")
  b = summary.grade(results, "baseline", "truth")
  compared = pairs.compare(results, "robin_hood", "baseline", "truth")
  assert compared.mean == pytest.approx(a.average.mean - b.average.mean)
  np.testing.assert_allclose(
    list(compared.by_fold.values()), a.average.per_fold - b.average.per_fold
  )
  np.testing.assert_allclose(
    compared.per_au, a.average.per_au - b.average.per_au
  )
  assert len(compared.trials) == 6


def test_comparison_uses_only_what_both_have(tmp_path, complete):
  shutil.copytree(complete, tmp_path / "run")
  shutil.rmtree(tmp_path / "run/robin_hood/fold2")
  shutil.rmtree(tmp_path / "run/baseline/fold0/repeat1")
  results = report.load(tmp_path / "run")
  compared = pairs.compare(results, "baseline", "robin_hood", "labels")
  assert list(compared.by_fold) == [0, 1] and len(compared.trials) == 3
  partial = summary.grade(results, "robin_hood", "labels")
  assert partial.folds == (0, 1) and partial.num_repeats == 2
  assert np.isnan(partial.fold(2))
  assert summary.grade(results, "baseline", "labels").num_repeats == 1


def test_comparisons_of_many_methods(tmp_path, make):
  names = tuple(f"method{i}" for i in range(5))
  make(tmp_path, methods=names, folds=1, repeats=1, frames=10)
  found = pairs.comparisons(report.load(tmp_path), "labels")
  assert [c.reference for c in found] == ["method0"] * 4
  make(tmp_path / "three", methods=names[:3], folds=1, repeats=1, frames=10)
  found = pairs.comparisons(report.load(tmp_path / "three"), "labels")
  assert len(found) == 3


def compared(*differences):
  return pairs.Comparison(
    "new",
    "old",
    "labels",
    dict(enumerate(differences)),
    differences,
    differences,
  )


@pytest.mark.parametrize(
  ("differences", "expected"),
  [
    (
      (0.02, 0.04, -0.01),
      "new is ahead of old by 1.7 points of macro F1 "
      "against the coded labels: in 2 of 3 folds",
    ),
    (
      (-0.02, -0.04, 0.01),
      "old is ahead of new by 1.7 points of macro F1 "
      "against the coded labels: in 2 of 3 folds",
    ),
    ((0.0004, -0.0004), "new and old are equal to one decimal"),
  ],
)
def test_the_sentence_says_who_is_ahead(differences, expected):
  assert words.comparison(compared(*differences)).startswith(expected)
