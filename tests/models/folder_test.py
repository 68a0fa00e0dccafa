import dataclasses
import json
import shutil

import jax
import numpy as np
import pytest

from aujax import models
from aujax.models import folder

NETWORKS = {
  "attention_cnn": {"features": (4, 8), "hidden": 8},
  "au_transformer": {"backbone": "resnet50", "width": 8, "num_heads": 2},
}
DESCRIPTION = folder.Description(
  network="attention_cnn",
  options=NETWORKS["attention_cnn"],
  aus=(1, 12, 25),
  alignment="mtcnn",
  margin=0.1,
  stored_size=40,
  image_size=32,
  standardize=True,
  thresholds=(0.5, 0.25, 0.125),
  threshold_rule="f1",
  base_rates=(0.1, 0.2, 0.3),
  training={"dataset": "faces", "validation": 0.5},
)


def _create(name, seed=0):
  model = models.create(name, num_outputs=3, **NETWORKS[name])
  shapes = jax.eval_shape(model.init, jax.random.key(0))
  rng = np.random.default_rng(seed)
  variables = jax.tree.map(
    lambda leaf: rng.normal(size=leaf.shape).astype(leaf.dtype), shapes
  )
  return model, variables


@pytest.fixture
def written(tmp_path):
  _, variables = _create("attention_cnn")
  folder.write(tmp_path / "model", DESCRIPTION, *variables)
  return tmp_path / "model"


@pytest.mark.parametrize("name", NETWORKS)
def test_reads_back_the_same_bits(name, tmp_path):
  model, variables = _create(name)
  options = NETWORKS[name]
  description = dataclasses.replace(DESCRIPTION, network=name, options=options)
  folder.write(tmp_path / "model", description, *variables)
  trained = folder.read(tmp_path / "model")
  read = trained.params, trained.batch_stats
  assert jax.tree.structure(read) == jax.tree.structure(variables)
  jax.tree.map(np.testing.assert_array_equal, read, variables)
  assert trained.model.name == name
  assert trained.model.num_outputs == model.num_outputs


def test_the_description_survives(written):
  expected = dataclasses.asdict(DESCRIPTION)
  expected["options"] = {"features": [4, 8], "hidden": 8}
  assert dataclasses.asdict(folder.read(written).description) == expected


def test_a_model_is_replaced_and_what_was_broken_off_removed(written):
  incomplete = written.with_name(".model.incomplete")
  incomplete.mkdir()
  (incomplete / "rest").touch()
  _, variables = _create("attention_cnn", seed=1)
  folder.write(written, DESCRIPTION, *variables)
  read = folder.read(written)
  jax.tree.map(np.testing.assert_array_equal, read.params, variables[0])
  assert [path.name for path in written.parent.iterdir()] == ["model"]


def test_no_such_folder(tmp_path):
  with pytest.raises(FileNotFoundError, match=r"aujax-train .* write one"):
    folder.read(tmp_path / "nowhere")


def test_weights_missing(written):
  (written / "params.safetensors").unlink()
  with pytest.raises(FileNotFoundError, match="expected weights in"):
    folder.read(written)


def test_weights_cut_short(written):
  path = written / "params.safetensors"
  path.write_bytes(path.read_bytes()[:-4])
  with pytest.raises(ValueError, match="do not read"):
    folder.read(written)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": 1}'])
def test_description_broken(written, text):
  (written / "model.json").write_text(text)
  with pytest.raises(ValueError, match="expected a model's description"):
    folder.read(written)


def _rewrite(directory, **values):
  path = directory / "model.json"
  path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_another_format(written):
  _rewrite(written, format=2)
  with pytest.raises(ValueError, match="of format 1 .* got format 2"):
    folder.read(written)


@pytest.mark.parametrize(
  ("changes", "name"),
  [
    ({"aus": [1, 12]}, "params.head.bias"),
    ({"options": {"features": [4, 8, 8], "hidden": 8}}, "batch_stats."),
  ],
)
def test_weights_of_another_network(written, changes, name):
  _rewrite(written, **changes)
  with pytest.raises(ValueError, match=f"got {name}.* of two models"):
    folder.read(written)


def test_unknown_network(written):
  _rewrite(written, network="nothing")
  with pytest.raises(ValueError, match="expected the name of a network"):
    folder.read(written)


def test_an_ensemble_holds_copies_of_its_members(written, tmp_path):
  folder.write_ensemble(
    tmp_path / "both",
    [written, written],
    how="logits",
    weights=[1.0, 3.0],
    thresholds=[0.5, 0.25, 0.75],
    threshold_rule="mean",
  )
  shutil.rmtree(written)
  ensemble = folder.load(tmp_path / "both")
  assert len(ensemble.members) == 2 and ensemble.aus == (1, 12, 25)
  assert (ensemble.how, ensemble.weights) == ("logits", (1.0, 3.0))
  assert ensemble.thresholds == (0.5, 0.25, 0.75)
  assert ensemble.threshold_rule == "mean"


def test_one_model_is_an_ensemble_of_one(written):
  ensemble = folder.load(written)
  assert len(ensemble.members) == 1 and ensemble.weights is None
  assert ensemble.thresholds == DESCRIPTION.thresholds
  assert (ensemble.how, ensemble.threshold_rule) == ("probabilities", "f1")


def test_any_folder_of_models_is_an_ensemble(tmp_path):
  for fold, threshold in enumerate((0.25, 0.75)):
    description = dataclasses.replace(
      DESCRIPTION, thresholds=(threshold, 0.5, 0.5)
    )
    _, variables = _create("attention_cnn", seed=fold)
    folder.write(tmp_path / f"fold{fold}" / "model", description, *variables)
  ensemble = folder.load(tmp_path)
  assert len(ensemble.members) == 2
  assert ensemble.thresholds == (0.5, 0.5, 0.5)
  first = folder.read(tmp_path / "fold0" / "model")
  jax.tree.map(
    np.testing.assert_array_equal, ensemble.members[0].params, first.params
  )


def test_members_of_other_aus_are_refused(written):
  _, variables = _create("attention_cnn")
  other = dataclasses.replace(DESCRIPTION, aus=(2, 4, 6))
  folder.write(written.with_name("other"), other, *variables)
  with pytest.raises(ValueError, match="models of one AU set"):
    folder.load(written.parent)


def test_a_folder_without_models(tmp_path):
  with pytest.raises(FileNotFoundError, match="expected a model folder"):
    folder.load(tmp_path)
