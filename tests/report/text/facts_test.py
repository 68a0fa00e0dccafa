import json
import shutil

import numpy as np
import pytest

from aujax import report
from aujax.evaluation import scores as scores_lib
from aujax.report import page
from aujax.report.numbers import systems
from aujax.report.text import facts, words


@pytest.fixture
def small(tmp_path, make):
  return make(tmp_path / "run", folds=2, repeats=2, frames=20)


def edit(path, **changes):
  path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_what_was_measured_on_what(complete):
  found = dict(facts.rows(report.load(complete)))
  assert found["AUs"].startswith("AU01, AU02") and "AU26" in found["AUs"]
  assert found["Threshold"] == "0.5 for all AUs"
  assert found["Folds"] == "3, by subject" and found["Repeats"] == "2"
  assert found["Subjects"] == "27" and found["Frames"] == "3,240"
  assert found["Epoch"] == "best macro F1 on the validation subjects"
  labels = np.concatenate(
    [
      report.load(complete).trials["baseline", f, 0].scores().labels
      for f in range(3)
    ]
  )
  assert found["Unknown labels"] == f"{100 * (labels < 0).mean():.1f} %"
  rates = [(c == 1).sum() / (c >= 0).sum() for c in labels.T]
  assert f"{100 * min(rates):.1f} % (AU" in found["Base rates"]
  assert f"mean {100 * np.mean(rates):.1f} %" in found["Base rates"]


@pytest.mark.parametrize(
  ("changes", "expected"),
  [
    ({"threshold": 0.25}, "0.25 for all AUs"),
    ({"threshold": [0.25] * 8}, "0.25 for all AUs"),
    (
      {"threshold": [0.25] * 7 + [0.5]},
      "AU01 0.25, AU02 0.25, AU04 0.25, AU06 0.25, AU09 0.25, AU12 0.25, "
      "AU25 0.25, AU26 0.5",
    ),
    (
      {"threshold": [0.2] * 7 + [0.625], "threshold_rule": "f1"},
      "a threshold chosen per AU on the validation subjects for the best F1, "
      "0.20 to 0.62",
    ),
    (
      {"threshold": [0.2] * 8, "threshold_rule": "mean"},
      "a threshold chosen per AU on the validation subjects for the best mean "
      "of accuracy and F1, 0.20 to 0.20",
    ),
  ],
)
def test_the_rule_of_the_threshold(small, changes, expected):
  for path in small.rglob("trial.json"):
    edit(path, **changes)
  results = report.load(small)
  assert facts.thresholds(results) == expected
  assert words.threshold(results).endswith(f"is at least {expected}.")


def test_rules_that_differ_name_their_methods(small):
  for path in small.glob("robin_hood/*/*/trial.json"):
    edit(path, threshold=[0.2] * 8, threshold_rule="f1")
  text = facts.thresholds(report.load(small))
  assert text.startswith("0.5 for all AUs (baseline); a threshold chosen per")
  assert text.endswith("(robin_hood)")


def test_thresholds_that_differ_without_a_rule(small):
  edit(small / "baseline/fold0/repeat0/trial.json", threshold=0.25)
  text = facts.thresholds(report.load(small))
  assert text == "what trial.json records, 0.25 to 0.50"


def test_ensembles_name_their_members(small):
  shutil.copytree(small / "baseline", small / "both")
  for path in small.glob("both/*/*/trial.json"):
    edit(
      path, method="both", members=["baseline", "robin_hood"], weights=[1, 2]
    )
  shown = page.markdown(report.load(small))
  assert (
    "both combines the scores of baseline and robin_hood, with weights that "
    "were chosen on the validation subjects."
  ) in shown


def test_a_fold_without_a_present_frame_has_a_word(small):
  for path in small.glob("*/fold1/*/scores.parquet"):
    scores = scores_lib.read(path)
    scores.labels[:, 3] = np.minimum(scores.labels[:, 3], 0)
    scores.labels[:, 5] = -1
    scores_lib.write(path, scores)
  results = report.load(small)
  assert facts.notes(results)[0] == (
    "Never present, by the coded labels: AU06, AU12 in fold 1. Such an AU "
    "has no AUC there, and no F1 unless it is detected; it is shown as - "
    "and left out of means."
  )
  for shown in (page.markdown(results), page.latex(results)):
    assert "nan" not in shown


def test_one_class_everywhere_is_a_dash(tmp_path):
  rows = "".join(f"{s},{i},0,0.5\n" for s in "ab" for i in range(3))
  path = tmp_path / "none.csv"
  path.write_text("subject,frame,AU01,AU01_score\n" + rows)
  results = systems.load([path])
  shown = page.text(results)
  line = next(x for x in shown.splitlines() if x.startswith("none  "))
  # F1 0, as all is detected; accuracy 0; no AUC.
  assert line.split()[1:4] == ["0.0", "0.0", "-"]
  assert facts.notes(results)[0].startswith(
    "Never present, by the coded labels: AU01. Such an AU has no AUC"
  )
  assert "As fold 0 has no other AU, a mean over folds may not exist" in shown
  assert "nan" not in page.markdown(results) + page.latex(results)


def test_folds_that_share_subjects_are_not_by_subject(tmp_path):
  path = tmp_path / "some.csv"
  rows = "".join(
    f"{s},{i},{i % 2},0.5,{i % 2}\n" for s in "ab" for i in range(4)
  )
  path.write_text("subject,frame,AU01,AU01_score,fold\n" + rows)
  assert dict(facts.rows(systems.load([path])))["Folds"] == "2"


def test_another_system_is_not_said_to_have_been_validated(tmp_path):
  path = tmp_path / "some.csv"
  path.write_text("subject,frame,AU01,AU01_score\na,1,0,0.5\na,2,1,0.7\n")
  results = systems.load([path])
  assert "Epoch" not in dict(facts.rows(results))
  assert "nothing is known" in words.epochs(results)
  # One subject: nothing to draw.
  assert not any("interval" in note for note in facts.notes(results))


def test_what_was_chosen_says_on_what(small):
  shutil.copytree(small / "baseline", small / "robin_hood chosen")
  for path in small.glob("robin_hood chosen/*/*/trial.json"):
    best = "robin_hood" if "fold0" in str(path) else "baseline"
    edit(path, method="robin_hood chosen", chosen=best)
  results = report.load(small)
  assert facts.choices(results) == [
    "robin_hood chosen is, in each fold and repeat, the variant with the best "
    "macro F1 on the validation subjects: robin_hood in 2 of 4, baseline in 2 "
    "of 4."
  ]
  # Its trials were not trained again.
  assert words.effort(results).startswith("8 trials took")
  edit(small / "experiment.json", config={"inner_folds": 6})
  assert "on 6 inner folds" in facts.choices(report.load(small))[0]
