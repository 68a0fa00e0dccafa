import json

import numpy as np
import pytest

from aujax import report
from aujax.report.web import shown


def variants(number):
  return {
    f"hood {i}": {"method": "hood", "values": {"beta": i / 10}}
    for i in range(number)
  }


@pytest.fixture
def swept(tmp_path, make):
  """baseline and ten variants, the fourth the best on validation."""
  planned = variants(10)
  make(
    tmp_path,
    methods=("baseline", *planned),
    folds=2,
    repeats=1,
    frames=4,
    truth=False,
    variants=planned,
  )
  for path in tmp_path.glob("hood 3/*/*/metrics.jsonl"):
    path.write_text(json.dumps({"epoch": 9, "step": 1, "score": 0.9}))
  return report.load(tmp_path)


def test_few_methods_are_all_shown(complete):
  results = report.load(complete)
  assert shown.methods(results) == ("baseline", "robin_hood")
  assert [shown.series(results, m) for m in results.methods] == [0, 1]
  assert shown.sentence(results, results.methods) == ""


def test_of_a_swept_value_the_best_on_validation_is_shown(swept):
  names = shown.methods(swept)
  assert names == ("baseline", "hood 3")
  assert shown.series(swept, "hood 3") == 1
  assert shown.series(swept, "hood 4") == shown.COLOURS
  sentence = shown.sentence(swept, names)
  assert sentence.startswith("Shown of 11 methods: baseline, hood 3, of each")


def test_what_was_chosen_of_a_swept_value_stands_for_it(tmp_path, make):
  planned = variants(9)
  names = ("baseline", *planned, "hood chosen")
  make(
    tmp_path,
    methods=names,
    folds=1,
    repeats=1,
    frames=4,
    truth=False,
    variants=planned,
  )
  path = tmp_path / "hood chosen/fold0/repeat0/trial.json"
  settings = json.loads(path.read_text())
  settings["chosen"] = "hood 2"
  path.write_text(json.dumps(settings))
  results = report.load(tmp_path)
  assert shown.methods(results) == ("baseline", "hood chosen")


def test_too_many_plain_methods_are_cut(tmp_path, make):
  names = tuple(f"m{i}" for i in range(9))
  make(tmp_path, methods=names, folds=1, repeats=1, frames=4, truth=False)
  results = report.load(tmp_path)
  assert shown.methods(results) == names[:8]
  assert shown.methods(results, 6) == names[:6]
  assert shown.sentence(results, names[:6]) == (
    "Shown of 9 methods: m0, m1, m2, m3, m4, m5."
  )


def test_validation_is_the_mean_over_folds_then_repeats(complete):
  results = report.load(complete)
  means = [
    np.mean(
      [
        dict(t.history.validation)[t.settings["best_epoch"]]
        for t in (results.trials["baseline", f, r] for f in range(3))
      ]
    )
    for r in range(2)
  ]
  mean, std = shown.validation(results)["baseline"]
  assert mean == pytest.approx(np.mean(means))
  assert std == pytest.approx(np.std(means, ddof=1))
