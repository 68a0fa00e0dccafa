import json
import shutil

import numpy as np
import pytest

from aujax import evaluation, report
from aujax.report import page
from aujax.report.numbers import intervals, pairs, summary
from aujax.report.text import cells, overview, sweeps


@pytest.fixture(scope="module")
def results(complete):
  return report.load(complete)


def column(table, header):
  return [row[table.header.index(header)] for row in table.rows]


def test_the_page_opens_with_both_targets(results, tmp_path, make):
  keys = [table.key for table in overview.leading(results)]
  assert keys == ["headline", "overview-labels", "overview-truth"]
  one = report.load(make(tmp_path, folds=1, repeats=1, frames=10, truth=False))
  assert [t.key for t in overview.leading(one)] == ["overview-labels"]


@pytest.mark.parametrize("against", ["labels", "truth"])
def test_measures_are_means_over_aus_folds_and_repeats(results, against):
  table = overview.measures(results, against)
  trials = [
    [results.trials["robin_hood", f, r] for f in range(3)] for r in range(2)
  ]

  def shown(function):
    means = [np.mean([function(t) for t in row]) for row in trials]
    return cells.number(np.mean(means))

  expected = {
    "AWC": shown(lambda t: evaluation.awc(t.counts[against])),
    "AUC": shown(lambda t: t.measures[against].roc_auc.mean()),
    "F1-event": shown(lambda t: t.measures[against].event_f1.mean()),
    "ECE": shown(lambda t: t.measures[against].calibration_error.mean()),
  }
  for header, text in expected.items():
    assert column(table, header)[1].text == text
  interval = intervals.of_mean(results, "robin_hood", against)
  assert column(table, "Mean F1")[1].note == cells.interval(interval)
  grade = summary.grade(results, "robin_hood", against)
  assert interval.low < grade.average.mean < interval.high
  assert interval.value == pytest.approx(grade.average.mean)


def test_less_is_better_for_the_calibration_error(results):
  entries = column(overview.measures(results, "labels"), "ECE")
  values = [float(entry.text) for entry in entries]
  assert [entry.best for entry in entries] == [v == min(values) for v in values]


def test_references_are_graded_alike(results):
  always, coder = overview.measures(results, "truth").references
  assert [c.text for c in always[:1]] == ["always positive"]
  # One score for all frames ranks nothing, and is certain of what is rare.
  assert always[3].text == "50.0"
  rates = [
    summary.rates(results.fold(f).counts["truth"]).mean() for f in range(3)
  ]
  assert always[5].text == cells.number(1 - np.mean(rates))
  assert coder[0].text == "the coded labels"
  for fold in range(3):
    counts = results.fold(fold).coder
    # With one threshold the ROC curve has one corner.
    sensitivity = counts.tp / counts.positives
    specificity = counts.tn / (counts.annotated - counts.positives)
    rates[fold] = ((sensitivity + specificity) / 2).mean()
  assert coder[3].text == cells.number(np.mean(rates))


def test_differences_have_intervals_and_p_values(tmp_path, make):
  names = ("baseline", "one", "robin_hood")
  make(tmp_path, methods=names, folds=2, repeats=2, frames=40)
  results = report.load(tmp_path)
  table = overview.differences(results)
  assert table.header[:4] == ("Method", "Against the coded labels", "95 %", "p")
  assert len(table.header) == 7 and len(table.rows) == 3
  compared = pairs.compare(results, "robin_hood", "baseline", "labels")
  row = table.rows[1]
  assert row[0].note == "minus baseline" and row[0].text == "robin_hood"
  ends = compared.interval
  assert ends.value == pytest.approx(compared.mean)
  assert row[2].text == cells.interval(ends, sign=True)
  # Two folds, so two ways to swap them that differ.
  assert compared.paired.smallest_p_value == 0.5
  assert row[3].text in ("0.50", "1.00")
  assert "cannot be below 0.50" in page.text(results)


def test_training_subjects_widen_the_test(results):
  ratio = intervals._test_ratio(results, ["baseline"], [(0, 0), (1, 0), (2, 0)])
  # Of 18 other subjects the first repeat sets 2 aside.
  assert ratio == pytest.approx(9 / 16)


def test_what_cannot_be_said_is_not(complete, tmp_path, make):
  make(tmp_path / "one", folds=1, repeats=1, frames=10)
  one = report.load(tmp_path / "one")
  compared = pairs.compare(one, "robin_hood", "baseline", "labels")
  assert compared.paired is None
  assert "they are no test" in page.text(one)
  assert overview.differences(one).rows[0][3].text == "-"
  shutil.copytree(complete, tmp_path / "run")
  shutil.rmtree(tmp_path / "run/robin_hood/fold0")
  shutil.copy(
    tmp_path / "run/robin_hood/fold1/repeat0/scores.parquet",
    tmp_path / "run/robin_hood/fold2/repeat0",
  )
  gaps = report.load(tmp_path / "run")
  assert pairs.compare(gaps, "robin_hood", "baseline", "labels").paired
  # Its repeats were tested on different subjects: none to draw.
  assert summary.grade(gaps, "robin_hood", "labels").interval is None
  assert summary.grade(gaps, "baseline", "labels").interval is not None
  assert intervals.grid(gaps, "robin_hood", "baseline") == ((1, 2), (0, 1))


def test_a_gap_leaves_the_interval_out_and_not_the_trials(complete, tmp_path):
  shutil.copytree(complete, tmp_path / "run")
  shutil.rmtree(tmp_path / "run/robin_hood/fold2/repeat1")
  results = report.load(tmp_path / "run")
  compared = pairs.compare(results, "robin_hood", "baseline", "truth")
  assert len(compared.trials) == 5 and compared.interval is None
  assert compared.paired.mean == pytest.approx(compared.mean)
  np.testing.assert_allclose(
    compared.paired.per_fold, list(compared.by_fold.values())
  )
  assert "interval over test subjects" not in page.text(results)


@pytest.fixture(scope="module")
def swept(tmp_path_factory, make):
  names = ("baseline", "robin_hood beta=0.25", "robin_hood beta=0.5")
  folder = make(
    tmp_path_factory.mktemp("swept"), methods=names, folds=2, frames=20
  )
  path = folder / "experiment.json"
  variants = {
    "baseline": {"method": "baseline", "values": {}},
    **{
      name: {
        "method": "robin_hood",
        "values": {"methods.robin_hood.beta": float(name.split("=")[1])},
      }
      for name in names[1:]
    },
  }
  experiment = json.loads(path.read_text())
  path.write_text(json.dumps({**experiment, "variants": variants}))
  return folder


def test_a_sweep_is_a_table_by_value(swept):
  results = report.load(swept)
  table = sweeps.table(results)
  assert table.header == (
    "Method",
    "beta",
    "Against the coded labels",
    "Against the truth",
  )
  assert [[c.text for c in row[:2]] for row in table.rows] == [
    ["baseline", "-"],
    ["robin_hood", "0.25"],
    ["robin_hood", "0.5"],
  ]
  grade = summary.grade(results, "robin_hood beta=0.5", "truth")
  mean, std = grade.average.mean, grade.average.std
  assert table.rows[2][3].text == f"{cells.number(mean)} +- {cells.number(std)}"
  assert table.num_text == 2
  assert "sweep" in [t.key for t in page.all_tables(results)]


def test_a_variant_without_a_trial_is_left_out(swept, tmp_path):
  shutil.copytree(swept, tmp_path / "run")
  shutil.rmtree(tmp_path / "run/robin_hood beta=0.5")
  results = report.load(tmp_path / "run")
  assert len(sweeps.table(results).rows) == 2
  assert results.missing == ("robin_hood beta=0.5",)


def test_what_was_chosen_stands_apart(swept, tmp_path):
  shutil.copytree(swept, tmp_path / "run")
  source = tmp_path / "run/robin_hood beta=0.5"
  shutil.copytree(source, tmp_path / "run/robin_hood chosen")
  for path in tmp_path.glob("run/robin_hood chosen/*/*/trial.json"):
    settings = json.loads(path.read_text())
    settings |= {"method": "robin_hood chosen", "chosen": source.name}
    path.write_text(json.dumps(settings))
  table = sweeps.table(report.load(tmp_path / "run"))
  (row,) = table.references
  assert [c.text for c in row[:2]] == ["robin_hood chosen", "-"]
  assert row[2].text == table.rows[2][2].text and not row[2].best


def test_no_sweep_no_table(results):
  assert sweeps.table(results) is None and results.variants == {}
