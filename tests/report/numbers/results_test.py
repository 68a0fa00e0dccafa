import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

from aujax import report
from aujax.report.numbers import results as results_lib
from aujax.report.text import tables


def edit(path, **changes):
  path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.fixture
def small(tmp_path, make):
  """2 methods x 2 folds x 2 repeats of few frames."""
  return make(tmp_path, folds=2, repeats=2, frames=20)


def test_reads_every_trial(complete):
  results = report.load(complete)
  assert results.methods == ("baseline", "robin_hood")
  assert results.folds == (0, 1, 2) and results.repeats == (0, 1)
  assert len(results.trials) == 12 and not results.missing
  assert results.targets == ("labels", "truth")
  assert results.dataset == "Synthetic faces, DISFA preset"
  trial = results.trials["robin_hood", 1, 0]
  assert trial.num_frames == 9 * 120 and len(trial.subjects) == 9
  assert len(trial.history.loss) == 240 and len(trial.history.validation) == 12


def test_counts_from_the_scores_and_nothing_else(small):
  path = small / "baseline" / "fold0" / "repeat0"
  edit(path / "trial.json", macro_f1=0.99, f1=[0.99] * 8, threshold=0.3)
  counts = report.load(small).trials["baseline", 0, 0].counts
  table = pq.read_table(path / "scores.parquet").to_pandas()
  for target, suffix in (("labels", ""), ("truth", "_truth")):
    known = table[f"AU12{suffix}"] >= 0
    present = table[f"AU12{suffix}"] == 1
    found = table["AU12_score"] >= np.float32(0.3)
    assert counts[target].tp[5] == (known & present & found).sum()
    assert counts[target].fp[5] == (known & ~present & found).sum()


def test_thresholds_per_au(small):
  path = small / "baseline" / "fold0" / "repeat0"
  before = report.load(small).trials["baseline", 0, 0]
  edit(path / "trial.json", threshold=[0.5] * 7 + [0.0])
  after = report.load(small).trials["baseline", 0, 0]
  assert after.threshold == (0.5,) * 7 + (0.0,)
  assert after.counts["labels"].tp[:7].tolist() == (
    before.counts["labels"].tp[:7].tolist()
  )
  assert after.counts["labels"].fn[7] == 0
  edit(path / "trial.json", threshold=[0.5, 0.5])
  with pytest.raises(ValueError, match="one for each of 8 AUs"):
    report.load(small)


def test_names_what_is_missing(small):
  (small / "robin_hood/fold1/repeat0/scores.parquet").unlink()
  shutil.rmtree(small / "robin_hood/fold1/repeat1")
  (small / "baseline/fold0/repeat1/trial.json").unlink()
  edit(small / "experiment.json", methods=["robin_hood", "baseline", "focal"])
  results = report.load(small)
  assert results.methods == ("robin_hood", "baseline", "focal")
  assert results.missing == (
    "robin_hood fold 1",
    "baseline fold 0 repeat 1",
    "focal",
  )
  assert len(results.trials) == 5


def test_without_experiment_json(small):
  (small / "experiment.json").unlink()
  shutil.rmtree(small / "baseline/fold1")
  results = report.load(small)
  assert results.methods == ("baseline", "robin_hood")
  assert results.missing == ("baseline fold 1",)
  assert results.dataset == "synthetic"


def test_without_truth_and_without_metrics(tmp_path, make):
  make(tmp_path, folds=2, repeats=1, frames=10, truth=False)
  for path in tmp_path.rglob("metrics.jsonl"):
    path.unlink()
  results = report.load(tmp_path)
  assert results.targets == ("labels",)
  assert results.any_trial.history.loss == ()


def test_validation_scores_without_a_log(small):
  path = small / "baseline/fold0/repeat0"
  (path / "metrics.jsonl").unlink()
  edit(path / "trial.json", validation=[0.1, 0.3, 0.2], best_epoch=2)
  trial = report.load(small).trials["baseline", 0, 0]
  assert trial.history.validation == ((1, 0.1), (2, 0.3), (3, 0.2))
  assert trial.apart("validation") and "SN001" not in trial.apart("train")
  row = tables.trials(report.load(small)).rows[0]
  assert [cell.text for cell in row[:5]] == ["baseline", "0", "0", "2", "30.0"]


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_an_empty_folder(tmp_path, name):
  with pytest.raises(FileNotFoundError, match="expected finished trials"):
    report.load(tmp_path / name)


@pytest.mark.parametrize(
  ("content", "message"),
  [
    ("{", "expected JSON in .*trial.json"),
    ("[1]", "expected a JSON object in .*trial.json"),
    ('{"method": "baseline"}', "expected 'fold' in .*trial.json"),
  ],
)
def test_a_broken_trial_file(small, content, message):
  (small / "baseline/fold0/repeat0/trial.json").write_text(content)
  with pytest.raises(ValueError, match=message):
    report.load(small)


def test_trials_of_different_aus(small, tmp_path_factory, make):
  other = make(
    tmp_path_factory.mktemp("other"), folds=1, repeats=1, frames=10, aus=(1, 2)
  )
  target = small / "baseline/fold0/repeat0"
  shutil.rmtree(target)
  shutil.copytree(other / "baseline/fold0/repeat0", target)
  with pytest.raises(ValueError, match=r"in every trial, got \[1"):
    report.load(small)


def test_the_order_of_frames_does_not_make_another_test(small):
  path = small / "robin_hood/fold0/repeat0/scores.parquet"
  digest = report.load(small).trials["robin_hood", 0, 0].digest
  table = pq.read_table(path)
  pq.write_table(table.take(np.arange(len(table))[::-1]), path)
  trials = report.load(small).trials
  assert trials["robin_hood", 0, 0].digest == digest
  assert trials["baseline", 0, 1].digest == digest
  pq.write_table(table.slice(1), path)
  assert report.load(small).trials["robin_hood", 0, 0].digest != digest


def test_folders_that_are_no_trials_are_left_alone(small):
  (small / "records/fold0/repeat_old").mkdir(parents=True)
  assert results_lib.load(small).methods == ("baseline", "robin_hood")


def fail(workdir, name, text):
  path = workdir / name / "failure.txt"
  path.parent.mkdir(parents=True, exist_ok=True)
  path.write_text(text)


def test_failed_trials_are_named_with_their_error(small):
  for repeat in (0, 1):
    shutil.rmtree(small / f"baseline/fold1/repeat{repeat}")
    fail(small, f"baseline/fold1/repeat{repeat}", "loss is\nnan\n")
  (small / "robin_hood/fold0/repeat1/trial.json").unlink()
  fail(small, "robin_hood/fold0/repeat1", "no memory")
  # One that was tried again, and went well.
  fail(small, "robin_hood/fold0/repeat0", "old")
  fail(small, "robin_hood/fold0/part1/repeat0", "inner\n")
  fail(small, "focal/fold0/repeat0", "")
  results = report.load(small)
  assert results.missing == (
    "baseline fold 1 (failed: loss is nan)",
    "robin_hood fold 0 repeat 1 (failed: no memory)",
    "focal fold 0 repeat 0 (failed: no reason given)",
    "focal fold 0 repeat 1",
    "focal fold 1",
    "robin_hood fold 0 inner fold 1 repeat 0 (failed: inner)",
  )
  assert set(results.failures) == {
    ("baseline", 1, 0),
    ("baseline", 1, 1),
    ("robin_hood", 0, 1),
    ("focal", 0, 0),
  }


def test_nothing_but_failures(tmp_path):
  for fold in (0, 1):
    fail(tmp_path, f"baseline/fold{fold}/repeat0", "loss is nan")
  with pytest.raises(FileNotFoundError) as error:
    report.load(tmp_path)
  assert str(error.value).endswith(
    "found none; 2 failed, the first, baseline fold 0 repeat 0, with: loss is "
    "nan"
  )
