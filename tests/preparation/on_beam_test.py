import sys

import numpy as np
import pytest

from aujax import preparation
from aujax.data import disfa, records
from aujax.preparation import run
from tests.data import layout

BEAM = ["--runner=DirectRunner"]
AUS = (1, 2, 12)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
  root = tmp_path_factory.mktemp("disfa")
  layout.write_disfa(root, ["SN001", "SN002", "SN003"], AUS, rows=8, truth=True)
  video = root / "Videos_LeftCamera" / "LeftVideoSN002_comp.avi"
  layout.write_video(video, 5)
  return root


# Beam comes with an older protobuf, which warns of how TFDS reads.
@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_beam_writes_what_workers_do(root, tmp_path, monkeypatch):
  pytest.importorskip("apache_beam", reason="the extra beam is not installed")
  # So small that there are several files.
  monkeypatch.setattr(records, "SHARD", 8)
  table = disfa.read(root, aus=AUS)
  table = table.select(np.random.default_rng(0).permutation(len(table)))
  recipe = preparation.Recipe(size=16)
  for name, options in {"b": {"beam": BEAM}, "w": {"workers": 1}}.items():
    assert preparation.prepare(table, root, tmp_path / name, recipe, **options)
  by_beam, by_workers = (records.open_(tmp_path / name) for name in "bw")
  assert len(by_beam.table) == 21
  assert by_beam.table.digest() == by_workers.table.digest()
  assert by_beam.digest == by_workers.digest
  for row in range(21):
    assert by_beam.source[row] == by_workers.source[row]
  assert len(list((tmp_path / "b").glob("*array_record*"))) == 3
  skipped = [(tmp_path / name / run.SKIPPED).read_text() for name in "bw"]
  assert skipped[0] == skipped[1]


def test_without_beam_it_says_what_to_install(root, tmp_path, monkeypatch):
  monkeypatch.setitem(sys.modules, "apache_beam.options", None)
  table = disfa.read(root, aus=AUS)
  recipe = preparation.Recipe(size=16)
  with pytest.raises(ModuleNotFoundError, match=r"pip install 'aujax\[beam\]'"):
    preparation.prepare(table, root, tmp_path / "r", recipe, beam=BEAM)
  assert not list(tmp_path.iterdir())
