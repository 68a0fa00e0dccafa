"""Training on one dataset and testing on another."""

import numpy as np
import pytest

from aujax import protocol
from aujax.data import records as records_lib
from aujax.protocol import store
from tests.protocol import miniature


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
  return [
    miniature.write_records(tmp_path_factory.mktemp(name), seed=seed)
    for seed, name in enumerate(("one", "other"))
  ]


def _config(datasets):
  config = miniature.config(datasets[0])
  config.test_records = str(datasets[1])
  config.test_names_differ = True
  config.folds = "transfer"
  config.num_epochs = 1
  return config


def test_one_dataset_trains_and_the_other_tests(datasets, tmp_path):
  config = _config(datasets)
  experiment = protocol.crossvalidate(config, tmp_path, say=lambda _: None)
  assert len(experiment.trials) == 2 and not experiment.failures
  folder = protocol.Trial("baseline", 0, 0).directory(tmp_path)
  validation, test = store.scores(folder)
  table = records_lib.open_(datasets[1]).table
  np.testing.assert_array_equal(test.labels, table.labels)
  subjects = store.summary(folder)["subjects"]
  assert subjects["test"] == list(miniature.SUBJECTS)
  assert sorted(subjects["train"] + subjects["validation"]) == list(
    miniature.SUBJECTS
  )
  assert set(validation.subject) == set(subjects["validation"])
  # The other dataset's pictures were scored, not those that trained.
  config.test_records = str(datasets[0])
  protocol.crossvalidate(config, tmp_path / "own", say=lambda _: None)
  _, again = store.scores(
    protocol.Trial("baseline", 0, 0).directory(tmp_path / "own")
  )
  assert np.abs(again.scores - test.scores).max() > 0.01


@pytest.mark.parametrize(
  "change, message",
  [
    ({"test_names_differ": False}, "got a and 5 more in both"),
    ({"folds": "3"}, "test_records together with config.folds 'transfer'"),
    ({"test_records": "/nowhere"}, "/nowhere"),
    ({"aus": (1, 2)}, r"none for \[2\]"),
  ],
)
def test_datasets_that_do_not_fit(datasets, tmp_path, change, message):
  config = _config(datasets)
  config.update(change)
  with pytest.raises((ValueError, OSError), match=message) as caught:
    protocol.crossvalidate(config, tmp_path / "run", say=lambda _: None)
  assert "\n" not in str(caught.value)
  assert not (tmp_path / "run").exists()
