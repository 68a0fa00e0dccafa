"""What is chosen, and that the test fold has no say in it."""

import json

import jax
import numpy as np
import pytest

from aujax import evaluation, protocol
from aujax.models import folder
from aujax.protocol import store, trial
from tests.protocol import miniature

BETAS = (0.0, 0.5)
NAMES = ("robin_hood beta=0.0", "robin_hood beta=0.5")
CHOSEN = "robin_hood chosen"


def _quiet(_):
  pass


def _config(records):
  config = miniature.config(records)
  del config.methods.baseline
  config.save_every_steps = 1000
  config.folds = "2"
  config.num_epochs = 2
  config.inner_folds = 2
  config.threshold_rule = "f1"
  config.ensembles.both = {
    "members": (NAMES[1], CHOSEN),
    "weights": "validation",
  }
  return config


def _run(records, workdir):
  return protocol.crossvalidate(
    _config(records),
    workdir,
    sweep={"methods.robin_hood.beta": BETAS},
    say=_quiet,
  )


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
  root = tmp_path_factory.mktemp("choices")
  experiment = _run(miniature.write_records(root / "data"), root / "run")
  assert not experiment.failures
  return root, experiment


def _folder(root, name, fold=0):
  return protocol.Trial(name, fold, 0).directory(root / "run")


def test_inner_trials_never_see_the_test_fold(finished):
  root, experiment = finished
  inner = [t for t in experiment.trials if t.part is not None]
  assert len(experiment.trials) == 12 and len(inner) == 8
  for one in inner:
    folder = one.directory(root / "run")
    assert not (folder / "scores.parquet").exists()
    subjects = store.summary(folder)["subjects"]
    outer = store.summary(_folder(root, one.method, one.fold))["subjects"]
    assert subjects["test"] == []
    used = set(subjects["train"]) | set(subjects["validation"])
    assert used == set(outer["train"]) | set(outer["validation"])
  validated = [
    store.summary(t.directory(root / "run"))["subjects"]["validation"]
    for t in inner
    if (t.method, t.fold) == (NAMES[0], 0)
  ]
  assert not set(validated[0]) & set(validated[1])


@pytest.mark.parametrize("fold", [0, 1])
def test_the_best_mean_of_the_inner_folds_is_chosen(finished, fold):
  root, _ = finished
  means = {}
  for name in NAMES:
    parts = []
    for part in range(2):
      inner = protocol.Trial(name, fold, 0, part).directory(root / "run")
      validation = json.loads((inner / "trial.json").read_text())["validation"]
      parts.append(max(validation))
    means[name] = np.mean(parts)
  summary = store.summary(_folder(root, CHOSEN, fold))
  assert summary["choice"] == pytest.approx(means)
  assert summary["chosen"] == max(means, key=means.get)
  _, source = store.scores(_folder(root, summary["chosen"], fold))
  _, test = store.scores(_folder(root, CHOSEN, fold))
  np.testing.assert_array_equal(test.scores, source.scores)


def test_thresholds_are_the_best_of_the_validation_subjects(finished):
  root, _ = finished
  folder = _folder(root, NAMES[0])
  summary = store.summary(folder)
  validation, _ = store.scores(folder)
  assert sorted(set(validation.subject)) == summary["subjects"]["validation"]
  reached = evaluation.f1(
    evaluation.count(
      validation.scores,
      validation.labels,
      threshold=np.array(summary["threshold"]),
    )
  )
  _, best = evaluation.best_thresholds(validation.scores, validation.labels)
  np.testing.assert_allclose(reached, best)
  assert summary["validation"][summary["best_epoch"] - 1] == pytest.approx(
    np.nanmean(best)
  )


def test_an_ensemble_is_made_of_its_members(finished):
  root, _ = finished
  summary = store.summary(_folder(root, "both"))
  members = [store.scores(_folder(root, n)) for n in (NAMES[1], CHOSEN)]
  weights = evaluation.best_weights(
    np.stack([validation.scores for validation, _ in members]),
    members[0][0].labels,
  )
  assert summary["weights"] == pytest.approx(np.asarray(weights).tolist())
  expected = evaluation.combine(
    np.stack([test.scores for _, test in members]), weights=weights
  )
  _, test = store.scores(_folder(root, "both"))
  np.testing.assert_allclose(test.scores, expected, atol=1e-6)
  model = folder.load(_folder(root, "both") / "model")
  assert list(model.weights) == pytest.approx(np.asarray(weights).tolist())
  for member, name in zip(model.members, (NAMES[1], CHOSEN), strict=True):
    own = folder.read(_folder(root, name) / "model")
    jax.tree.map(np.testing.assert_array_equal, member.params, own.params)


def test_the_test_folds_labels_change_no_choice(finished, tmp_path):
  root, _ = finished
  _, before = store.scores(_folder(root, NAMES[0]))
  tested = sorted(set(before.subject))
  records = miniature.write_records(tmp_path / "data", flip_labels_of=tested)
  _run(records, tmp_path / "run")
  for name in (*NAMES, CHOSEN, "both"):
    one, other = (
      store.summary(_folder(folder, name)) for folder in (root, tmp_path)
    )
    for key in ("best_epoch", "validation", "chosen", "choice", "weights"):
      assert one.get(key) == other.get(key)
    assert one["threshold"] == other["threshold"]
    _, scores = store.scores(_folder(root, name))
    _, flipped = store.scores(_folder(tmp_path, name))
    np.testing.assert_array_equal(flipped.labels, 1 - scores.labels)
    np.testing.assert_array_equal(flipped.scores, scores.scores)


def test_finished_choices_are_kept(finished):
  root, _ = finished
  before = {p: p.stat().st_mtime_ns for p in root.rglob("trial.json")}
  assert len(before) == 12 + 2 * 2
  _run(root / "data" / "records", root / "run")
  assert before == {p: p.stat().st_mtime_ns for p in before}


def test_a_failing_trial_stops_no_other(tmp_path, monkeypatch):
  config = _config(miniature.write_records(tmp_path / "data"))
  config.update({"inner_folds": 0, "threshold_rule": "fixed", "num_epochs": 1})
  run, failed = trial.run, protocol.Trial(NAMES[0], 1, 0)

  def broken(one, *arguments):
    if one == failed:
      raise RuntimeError("out of\nmemory")
    run(one, *arguments)

  sweep = {"methods.robin_hood.beta": BETAS}
  with monkeypatch.context() as patch:
    patch.setattr(trial, "run", broken)
    experiment = protocol.crossvalidate(
      config, tmp_path / "run", sweep=sweep, say=_quiet
    )
  assert experiment.failures == {failed: "RuntimeError: out of memory"}
  note = failed.directory(tmp_path / "run") / "failure.txt"
  assert note.read_text() == "RuntimeError: out of memory\n"
  done = {p.parent for p in (tmp_path / "run").rglob("trial.json")}
  # Three of four trials; the choice and the ensemble of the other fold.
  assert len(done) == 3 + 1 + 1
  said = []
  experiment = protocol.crossvalidate(
    config, tmp_path / "run", sweep=sweep, say=said.append
  )
  assert said == [f"trial 4 of 4: {failed}"]
  assert not experiment.failures and not note.exists()


@pytest.mark.parametrize(
  "change, message",
  [
    ({"ensembles": {"e": {"members": ("robin_hood",)}}}, "2 members or more"),
    ({"ensembles": {"e": {"members": ("x", "robin_hood")}}}, "got 'x'"),
    (
      {"ensembles": {"e": {"members": ("a", "b"), "weight": 1}}},
      "members, how, weights",
    ),
    (
      {"ensembles": {"e": {"members": ("robin_hood",) * 2, "how": "sum"}}},
      "got 'sum'",
    ),
    ({"inner_folds": 1}, "inner_folds of 0"),
    ({"inner_folds": 7}, "3 subjects for 7 folds"),
    ({"threshold_rule": "best"}, "fixed, f1, mean, got 'best'"),
    ({"folds": "transfer"}, "test_records together"),
    ({"folds": "3 balancd"}, "3 balancd"),
  ],
)
def test_bad_input_is_one_sentence(tmp_path, change, message):
  config = _config(miniature.write_records(tmp_path / "data"))
  with config.unlocked():
    config.ensembles = {}
    config.update(change)
  with pytest.raises(ValueError, match=message) as caught:
    protocol.crossvalidate(config, tmp_path / "run", say=_quiet)
  assert "\n" not in str(caught.value)
  assert not (tmp_path / "run").exists()
