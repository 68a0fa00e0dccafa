import io
import json

import numpy as np
import pandas as pd
import pytest

from aujax import evaluation, report
from aujax.report.numbers import longform, summary


@pytest.fixture(scope="module")
def results(complete):
  return report.load(complete)


@pytest.fixture(scope="module")
def table(results):
  return pd.read_parquet(io.BytesIO(longform.encode(results)))


def test_one_row_per_number(table):
  assert list(table.columns) == [
    "method",
    "base_method",
    "fold",
    "repeat",
    "au",
    "against",
    "metric",
    "value",
  ]
  keys = ["method", "fold", "repeat", "au", "against", "metric"]
  assert not table.duplicated(keys).any()
  # Twelve trials, two targets: 8 AUs and the mean of 8 metrics, 4 counts of
  # each AU and 3 measures of all.
  assert len(table) == 12 * 2 * (9 * 8 + 8 * 4 + 3)


def test_the_mean_f1_can_be_made_of_it(results, table):
  rows = table[(table.metric == "f1") & (table.au == "macro")]
  means = rows.groupby(["method", "against"]).value.mean()
  for method in results.methods:
    for against in results.targets:
      grade = summary.grade(results, method, against)
      assert means[method, against] == pytest.approx(grade.average.mean)


def test_values_are_those_of_the_trial(results, table):
  trial = results.trials["baseline", 2, 1]
  rows = table[
    (table.method == "baseline")
    & (table.fold == 2)
    & (table.repeat == 1)
    & (table.against == "truth")
  ].set_index(["metric", "au"])
  counts = trial.counts["truth"]
  assert rows.value["tp", "AU12"] == counts.tp[5]
  assert rows.value["recall", "AU12"] == evaluation.recall(counts)[5]
  assert rows.value["awc", "macro"] == evaluation.awc(counts)
  area = trial.measures["truth"].roc_auc
  assert rows.value["roc_auc", "AU26"] == area[7]
  assert rows.value["roc_auc", "macro"] == pytest.approx(np.mean(area))


def test_swept_settings_are_columns(tmp_path, make):
  names = ("a lr=0.1", "a lr=0.2", "b")
  make(tmp_path, methods=names, folds=1, repeats=1, frames=10)
  path = tmp_path / "experiment.json"
  variants = {
    "a lr=0.1": {"method": "a", "values": {"optimizer.lr": 0.1, "x.on": True}},
    "a lr=0.2": {"method": "a", "values": {"optimizer.lr": 0.2, "x.on": "no"}},
    "b": {"method": "b", "values": {}},
  }
  path.write_text(
    json.dumps({**json.loads(path.read_text()), "variants": variants})
  )
  table = longform.frame(report.load(tmp_path))
  found = table.groupby("method", sort=False)[["base_method", "lr", "on"]]
  first = found.first()
  assert first.base_method.tolist() == ["a", "a", "b"]
  assert first.lr.tolist()[:2] == [0.1, 0.2] and np.isnan(first.lr["b"])
  assert first.on.tolist()[:2] == ["True", "no"] and pd.isna(first.on["b"])
  assert len(longform.encode(report.load(tmp_path)))
