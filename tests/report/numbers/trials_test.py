import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as reference

from aujax import report
from aujax.evaluation import scores as scores_lib
from aujax.report.numbers import trials

AUS = ("AU01", "AU02", "AU04", "AU06", "AU09", "AU12", "AU25", "AU26")
SETTINGS = {"method": "m", "fold": 0, "repeat": 0, "threshold": 0.5}


@pytest.fixture(scope="module")
def trial(complete):
  return report.load(complete).trials["baseline", 1, 0]


@pytest.fixture(scope="module")
def table(complete):
  return pd.read_parquet(complete / "baseline/fold1/repeat0/scores.parquet")


@pytest.mark.parametrize(
  ("against", "suffix"), [("labels", ""), ("truth", "_truth")]
)
def test_measures_by_scikit_learn(trial, table, against, suffix):
  measures = trial.measures[against]
  for i, au in enumerate(AUS):
    rows = table[table[au + suffix] >= 0]
    known = rows[au + suffix], rows[au + "_score"]
    area = reference.roc_auc_score(*known)
    assert measures.roc_auc[i] == pytest.approx(area, rel=1e-9)
    area = reference.average_precision_score(*known)
    assert measures.average_precision[i] == pytest.approx(area, rel=1e-9)
    # Ten bins that end at tenths, a score on a border in the lower one.
    bins = np.ceil(known[1].to_numpy(np.float64) * 10).clip(1)
    error = sum(
      abs((known[0] - known[1].astype(float))[bins == b].sum())
      for b in range(1, 11)
    )
    expected = error / len(rows)
    assert measures.calibration_error[i] == pytest.approx(expected, abs=1e-6)


def test_subjects_add_up_to_the_trial(trial, table):
  for against in ("labels", "truth"):
    counts = trial.by_subject[against]
    assert counts.tp.shape == (9, 8)
    assert counts.tp.sum(0).tolist() == trial.counts[against].tp.tolist()
  assert trial.subjects == tuple(sorted(set(table.subject)))
  rows = table[(table.subject == trial.subjects[3]) & (table.AU12 == 1)]
  found = (rows.AU12_score >= 0.5).sum()
  assert trial.by_subject["labels"].tp[3, 5] == found
  assert trial.by_subject["labels"].fn[3, 5] == len(rows) - found


def test_scores_can_be_read_again(trial, table):
  scores = trial.scores()
  assert scores.aus == trial.aus and len(scores) == trial.num_frames
  np.testing.assert_array_equal(scores.scores[:, 5], table.AU12_score)


def example(frames=40):
  rng = np.random.default_rng(0)
  labels = np.repeat(rng.integers(0, 2, (frames // 5, 2)), 5, axis=0)
  return scores_lib.Scores(
    aus=(1, 4),
    subject=np.repeat(["b", "a"], frames // 2),
    sequence=np.repeat(["v", "v"], frames // 2),
    frame=np.arange(frames),
    labels=labels.astype(np.int8),
    scores=(0.7 * labels + 0.3 * rng.random(labels.shape)).astype(np.float32),
  )


def reduced(scores, path, **options):
  return trials.reduce(
    scores, settings={**SETTINGS, **options.pop("settings", {})}, path=path
  )


def test_the_order_of_rows_changes_nothing(tmp_path):
  one = example()
  two = one.select(np.random.default_rng(1).permutation(40))
  first, second = (reduced(x, tmp_path) for x in (one, two))
  assert first.digest == second.digest
  for field in ("roc_auc", "event_f1", "calibration_error"):
    a, b = (getattr(t.measures["labels"], field) for t in (first, second))
    np.testing.assert_allclose(a, b, rtol=1e-12)


def test_events_end_where_a_video_does(tmp_path):
  # Videos of one name of two subjects, which follow each other.
  labels = np.ones((4, 1), np.int8)
  scores = dataclasses.replace(
    example().select(np.arange(18, 22)).project((1,)),
    labels=labels,
    scores=np.float32([[1], [1], [0], [0]]),
  )
  # One event of two is found, so F1 is 2/3 up to any overlap; were both one
  # event, half of it would be covered.
  measures = reduced(scores, tmp_path).measures["labels"]
  assert measures.event_f1[0] == pytest.approx(2 / 3, abs=0.01)


def test_a_threshold_decides_events_and_counts(tmp_path):
  low, high = (
    reduced(example(), tmp_path, settings={"threshold": [t, 0.5]})
    for t in (0.5, 0.95)
  )
  assert low.threshold == (0.5, 0.5)
  events = [t.measures["labels"].event_f1 for t in (low, high)]
  assert events[0][0] > events[1][0] and events[0][1] == events[1][1]
  assert low.counts["labels"].tp[0] > high.counts["labels"].tp[0]


def test_one_class_has_no_area_but_counts(tmp_path):
  scores = dataclasses.replace(example(), labels=np.zeros((40, 2), np.int8))
  trial = reduced(scores, tmp_path)
  assert np.isnan(trial.measures["labels"].roc_auc).all()
  assert trial.counts["labels"].positives.tolist() == [0, 0]


def test_what_trial_json_says_of_thresholds_and_members(tmp_path):
  plain = reduced(example(), tmp_path)
  assert plain.threshold_rule == "fixed" and plain.members == ()
  told = reduced(
    example(),
    tmp_path,
    settings={"threshold_rule": "f1", "members": ["a", "b"]},
  )
  assert told.threshold_rule == "f1" and told.members == ("a", "b")
