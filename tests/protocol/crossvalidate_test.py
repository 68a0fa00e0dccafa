import itertools
import json

import jax
import numpy as np
import pytest

from aujax import protocol
from aujax.data import augment, normalization
from aujax.data import records as records_lib
from aujax.evaluation import scores as scores_lib
from aujax.models import folder
from aujax.protocol import assembly
from tests.protocol import miniature


@pytest.fixture(scope="module")
def records(tmp_path_factory):
  return miniature.write_records(tmp_path_factory.mktemp("data"))


def _quiet(_):
  pass


def _scores(workdir, trial):
  return scores_lib.read(trial.directory(workdir) / "scores.parquet")


@pytest.fixture(scope="module")
def finished(records, tmp_path_factory):
  workdir = tmp_path_factory.mktemp("finished")
  config = miniature.config(records)
  config.methods.robin_hood.beta = 0.0
  experiment = protocol.crossvalidate(config, workdir, say=_quiet)
  assert not experiment.failures
  return config, workdir, experiment.trials


def test_every_subject_is_tested_once_by_each_method(finished):
  _, workdir, trials = finished
  assert len(trials) == 6
  for method in ("baseline", "robin_hood"):
    tested = np.concatenate(
      [_scores(workdir, t).subject for t in trials if t.method == method]
    )
    names, counts = np.unique(tested, return_counts=True)
    assert tuple(names) == miniature.SUBJECTS
    assert (counts == miniature.FRAMES).all()


def test_no_subject_is_both_fitted_and_tested(finished):
  _, workdir, trials = finished
  for trial in trials:
    summary = json.loads((trial.directory(workdir) / "trial.json").read_text())
    uses = [set(subjects) for subjects in summary["subjects"].values()]
    assert all(uses) and set.union(*uses) == set(miniature.SUBJECTS)
    assert sum(map(len, uses)) == len(miniature.SUBJECTS)
    assert set(_scores(workdir, trial).subject) == uses[2]


def test_methods_differ_in_the_method_alone(finished):
  # Robin Hood with beta 0 is the baseline: all else being shared, to the bit.
  _, workdir, trials = finished
  for fold in range(3):
    one, other = (
      _scores(workdir, protocol.Trial(method, fold, 0))
      for method in ("baseline", "robin_hood")
    )
    np.testing.assert_array_equal(one.scores, other.scores)


def test_a_trials_model_can_be_handed_on(finished):
  config, workdir, trials = finished
  trained = folder.read(trials[0].directory(workdir) / "model")
  said, expected = trained.description, _scores(workdir, trials[0])
  assert (said.aus, said.thresholds) == (miniature.AUS, (0.5, 0.5))
  data = records_lib.open_(config.records)
  rows = np.flatnonzero(np.isin(data.table.subject, expected.subject))
  images = np.stack([data.picture(row) for row in rows.tolist()])
  assert images.shape[1] == said.stored_size
  images = normalization.center_crop(images, size=said.image_size)
  logits, _ = jax.jit(trained.model.apply)(
    trained.params, trained.batch_stats, normalization.normalize(images)
  )
  np.testing.assert_allclose(jax.nn.sigmoid(logits), expected.scores, atol=1e-6)


def test_finished_trials_are_kept(finished):
  config, workdir, trials = finished
  before = {p: p.stat().st_mtime_ns for p in workdir.rglob("trial.json")}
  said = []
  experiment = protocol.crossvalidate(config, workdir, say=said.append)
  assert experiment.trials == trials
  assert said == ["all 6 trials were complete"]
  assert before == {p: p.stat().st_mtime_ns for p in before}


def test_another_config_in_the_same_folder_is_refused(finished):
  config, workdir, _ = finished
  other = config.copy_and_resolve_references()
  other.batch_size = 4
  with pytest.raises(ValueError, match="another --workdir"):
    protocol.crossvalidate(other, workdir, say=_quiet)


def test_the_test_folds_labels_choose_nothing(records, finished, tmp_path):
  config, workdir, _ = finished
  trial = protocol.Trial("baseline", 0, 0)
  before = _scores(workdir, trial)
  tested = sorted(set(before.subject))
  other = config.copy_and_resolve_references()
  other.records = str(
    miniature.write_records(tmp_path / "data", flip_labels_of=tested)
  )
  protocol.train(trial, other, tmp_path / "run")
  after = _scores(tmp_path / "run", trial)
  np.testing.assert_array_equal(after.labels, 1 - before.labels)
  np.testing.assert_array_equal(after.scores, before.scores)
  chosen = [
    json.loads((trial.directory(folder) / "trial.json").read_text())
    for folder in (workdir, tmp_path / "run")
  ]
  assert chosen[0]["best_epoch"] == chosen[1]["best_epoch"]


def test_an_interrupted_trial_goes_on_to_the_same_bits(
  finished, tmp_path, monkeypatch
):
  config, workdir, _ = finished
  trial = protocol.Trial("baseline", 1, 0)
  calls, predict = [], assembly.Assembly.predict

  def interrupted(self, *arguments):
    calls.append(1)
    if len(calls) == 2:
      raise KeyboardInterrupt
    return predict(self, *arguments)

  monkeypatch.setattr(assembly.Assembly, "predict", interrupted)
  with pytest.raises(KeyboardInterrupt):
    protocol.train(trial, config, tmp_path)
  assert not list(tmp_path.rglob("trial.json"))
  protocol.train(trial, config, tmp_path)
  np.testing.assert_array_equal(
    _scores(tmp_path, trial).scores, _scores(workdir, trial).scores
  )
  lines = [
    (trial.directory(folder) / "metrics.jsonl").read_text().splitlines()
    for folder in (tmp_path, workdir)
  ]
  assert [_timeless(line) for line in lines[0]] == [
    _timeless(line) for line in lines[1]
  ]


@pytest.mark.parametrize(
  "change",
  [
    {
      "balance": "groups",
      "groups.variance_weight": 0.0,
      "sampler": "stratified",
    },
    {"resample": "ml_ros", "sampler": "momu"},
  ],
  ids=["groups, stratified", "ml_ros, momu"],
)
def test_a_sampled_trial_goes_on_to_the_same_bits(
  records, tmp_path, monkeypatch, change
):
  config = miniature.config(records)
  config.update_from_flattened_dict(change)
  # An epoch of two batches, saved after each; the last has empty slots.
  config.update({"batch_size": 24, "num_epochs": 2, "save_every_steps": 1})
  config.augment.update(augment.SLIGHT)
  trial = protocol.Trial("baseline", 0, 0)
  protocol.train(trial, config, tmp_path / "unbroken")

  class _Killed(Exception):
    pass

  batches = assembly.Assembly.batches

  def broken(self, plan, *, start_step=0):
    yield from itertools.islice(batches(self, plan, start_step=start_step), 1)
    raise _Killed

  with monkeypatch.context() as patch:
    patch.setattr(assembly.Assembly, "batches", broken)
    with pytest.raises(_Killed):
      protocol.train(trial, config, tmp_path / "broken")
  protocol.train(trial, config, tmp_path / "broken")
  one, other = (_scores(tmp_path / n, trial) for n in ("unbroken", "broken"))
  np.testing.assert_array_equal(one.scores, other.scores)
  summary = json.loads(
    (trial.directory(tmp_path / "broken") / "trial.json").read_text()
  )
  assert summary["frames"]["held"] > summary["frames"]["train"]


def _timeless(line):
  return {k: v for k, v in json.loads(line).items() if k != "seconds"}


@pytest.mark.parametrize(
  "change, message",
  [
    ({"model.name": "attention_cn"}, "attention_cnn"),
    ({"model.features": ()}, "features"),
    ({"optimizer.name": "sgd"}, "adamw_cosine"),
    ({"folds": "7"}, "6 subjects for 7 folds"),
    ({"folds": "disfa"}, "SN001"),
    ({"folds": "disfaa"}, "bp4d"),
    ({"image_size": 32}, "32 pixels.*got 16"),
    ({"aus": (1, 4)}, r"none for \[4\]"),
    ({"records": "/nowhere"}, "/nowhere"),
    ({"methods": {"robin_hud": {}}}, "robin_hood.*'robin_hud'"),
    ({"methods": {"robin_hood": {"gamma": 1}}}, "'beta'.*'gamma'"),
    ({"methods.robin_hood.beta": 2.0}, r"beta in \[0, 1\], got 2"),
    ({"batch_size": 0}, "batch_size of 1 or more, got 0"),
    ({"sampler": "momo"}, "random, stratified, momu, got 'momo'"),
    ({"augment.contrast": 2.0}, "strength.*at most 1, got 2"),
    ({"num_epochs": 0}, "num_epochs of 1 or more, got 0"),
  ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(
  records, tmp_path, change, message
):
  config = miniature.config(records)
  with config.unlocked():
    config.update_from_flattened_dict(change)
    if "methods" in change:
      config.methods = change["methods"]
  with pytest.raises((ValueError, OSError), match=message) as caught:
    protocol.crossvalidate(config, tmp_path / "run", say=_quiet)
  assert "\n" not in str(caught.value)
  assert not (tmp_path / "run").exists()


def test_unknown_fold_and_method_of_a_single_trial(records, tmp_path):
  config = miniature.config(records)
  with pytest.raises(ValueError, match="from 0 to 2, got 5"):
    protocol.train(protocol.Trial("baseline", 5, 0), config, tmp_path)
  with pytest.raises(ValueError, match="config's methods.*'focal'"):
    protocol.train(protocol.Trial("focal", 0, 0), config, tmp_path)
