import importlib.util
import os
import pathlib
import pickle

import joblib
import numpy as np
import pytest

from aujax.faces import weights

NUMBERS = {"pnet": 6_632, "rnet": 100_178, "onet": 389_040}


def test_every_number_of_the_published_networks_is_there():
  loaded = weights.load()
  assert set(loaded) == set(NUMBERS)
  for name, layers in loaded.items():
    arrays = [a for layer in layers.values() for a in layer.values()]
    assert sum(a.size for a in arrays) == NUMBERS[name]
    assert all(a.dtype == np.float32 for a in arrays)


def test_layers_have_the_arrays_that_joblib_reads():
  package = pathlib.Path(importlib.util.find_spec("mtcnn").origin).parent
  arrays = joblib.load(package / "assets" / "weights" / "onet.lz4")
  onet = weights.load()["onet"]
  first = [onet["conv1"][part] for part in ("kernel", "bias", "slope")]
  last = [onet["face"][part] for part in ("kernel", "bias")]
  for mine, theirs in zip(
    [*first, *last], [*arrays[:3], *arrays[-2:]], strict=True
  ):
    np.testing.assert_array_equal(mine, theirs.reshape(mine.shape))


def test_nothing_in_the_files_can_run():
  class Call:
    def __reduce__(self):
      return os.system, ("echo it ran",)

  with pytest.raises(pickle.UnpicklingError, match="nothing but arrays, got"):
    weights.read_arrays(pickle.dumps([Call()]))


def test_without_the_package_one_sentence_says_what_to_install(monkeypatch):
  monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
  with pytest.raises(
    ModuleNotFoundError, match=r'pip install "aujax\[faces\]"'
  ):
    weights.load()


def test_other_arrays_are_not_taken(monkeypatch):
  monkeypatch.setattr(weights, "read_arrays", lambda data: [np.zeros(3)])
  with pytest.raises(ValueError, match=r"pnet.lz4, got \[3\]; install mtcnn"):
    weights.load()
