import dataclasses

import jax
import numpy as np
import pytest

from aujax import evaluation, models
from aujax.data import images, normalization
from aujax.models import folder
from aujax.prediction import scoring

OPTIONS = {"features": (4, 8), "hidden": 8}


def _member(seed, *, stored_size=20, standardize=True, thresholds=(0.5, 0.4)):
  model = models.create("attention_cnn", num_outputs=2, **OPTIONS)
  description = folder.Description(
    network="attention_cnn",
    options=OPTIONS,
    aus=(1, 12),
    alignment="none",
    margin=0.0,
    stored_size=stored_size,
    image_size=16,
    standardize=standardize,
    thresholds=thresholds,
    threshold_rule="fixed",
    base_rates=(0.1, 0.2),
    training={},
  )
  variables = jax.jit(model.init)(jax.random.key(seed))
  return folder.Trained(description, model, *variables)


def _ensemble(*members, how="probabilities", weights=None):
  return folder.Ensemble(members, how, weights, (0.5, 0.5), "fixed")


def _alone(member, faces):
  said = member.description
  faces = np.stack([images.square(face, said.stored_size) for face in faces])
  cut = normalization.center_crop(faces, size=said.image_size)
  normalize = (
    normalization.standardize if said.standardize else normalization.normalize
  )
  apply = jax.jit(member.model.apply)
  logits, _ = apply(member.params, member.batch_stats, normalize(cut))
  return np.asarray(jax.nn.sigmoid(logits))


@pytest.fixture(scope="module")
def faces():
  return np.random.default_rng(0).integers(0, 256, (5, 20, 20, 3), np.uint8)


@pytest.mark.parametrize("standardize", [True, False])
def test_a_single_model(faces, standardize):
  member = _member(0, standardize=standardize)
  scorer = scoring.Scorer(_ensemble(member), batch_size=2)
  assert scorer.size == 20
  found = scorer(faces)
  np.testing.assert_allclose(found, _alone(member, faces), atol=1e-6)
  assert found.dtype == np.float32


@pytest.mark.parametrize("how", ["probabilities", "logits", "vote"])
def test_members_are_combined_as_evaluation_does(faces, how):
  members = _member(0), _member(1, thresholds=(0.3, 0.6)), _member(2)
  weights = (1.0, 2.0, 0.5)
  scorer = scoring.Scorer(_ensemble(*members, how=how, weights=weights))
  expected = evaluation.combine(
    np.stack([_alone(member, faces) for member in members]),
    how=how,
    weights=np.array(weights),
    threshold=np.array([m.description.thresholds for m in members]),
  )
  np.testing.assert_allclose(scorer(faces), expected, atol=1e-6)


def test_members_that_differ_in_weights_alone_are_compiled_once(faces):
  members = [_member(seed) for seed in range(3)]
  members.append(_member(3, standardize=False))
  scorer = scoring.Scorer(_ensemble(*members))
  scorer(faces)
  assert len({id(function) for function in scorer._functions}) == 2
  assert all(f._cache_size() == 1 for f in scorer._functions)


def test_members_of_other_sizes_get_resized_faces():
  faces = np.random.default_rng(1).integers(0, 256, (2, 32, 32, 3), np.uint8)
  members = _member(0), _member(1, stored_size=32)
  scorer = scoring.Scorer(_ensemble(*members))
  assert scorer.size == 32
  expected = np.mean([_alone(member, faces) for member in members], axis=0)
  np.testing.assert_allclose(scorer(faces), expected, atol=1e-6)


def test_no_face_at_all():
  scorer = scoring.Scorer(_ensemble(_member(0)))
  assert scorer(np.zeros((0, 20, 20, 3), np.uint8)).shape == (0, 2)


def test_thresholds_are_not_read_but_for_votes(faces):
  member = _member(0)
  other = dataclasses.replace(
    member,
    description=dataclasses.replace(member.description, thresholds=(0.9, 0.9)),
  )
  one, two = (scoring.Scorer(_ensemble(m))(faces) for m in (member, other))
  np.testing.assert_array_equal(one, two)
