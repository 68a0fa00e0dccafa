import os

import pytest

from aujax.models import folder
from aujax.prediction import scoring, writing
from tests.data import layout
from tests.prediction import making


@pytest.fixture(scope="module")
def root(tmp_path_factory):
  """Models, and a video in which someone comes."""
  root = tmp_path_factory.mktemp("writing")
  for kind in ("mtcnn", "none"):
    making.write_model(root / kind, alignment=kind)
  one, _ = making.moving(5)
  making.write_video(root / "a.avi", [*one, making.nobody(), *one])
  making.write_picture(root / "b.png", one[0])
  return root


def _write(root, kind, output, **options):
  ensemble = folder.load(root / kind)
  paths = [root / "a.avi", root / "b.png"]
  return writing.write(
    ensemble, paths, output, every=2, batch_size=4, **options
  )


@pytest.mark.parametrize("kind", ["mtcnn", "none"])
def test_goes_on_wherever_it_fails(root, tmp_path, monkeypatch, kind):
  whole, output = tmp_path / "whole.csv", tmp_path / "rows.csv"
  expected, _ = _write(root, kind, whole)
  assert expected.frames == 12
  score, calls, attempts = scoring.Scorer.__call__, [], 1

  def fails_at_its_second(self, faces):
    calls.append(len(faces))
    if len(calls) == 2:
      raise MemoryError
    return score(self, faces)

  monkeypatch.setattr(scoring.Scorer, "__call__", fails_at_its_second)
  while True:
    try:
      found, _ = _write(root, kind, output)
      break
    except MemoryError:
      attempts += 1
      calls.clear()
  assert attempts > 1
  assert found == expected
  assert output.read_bytes() == whole.read_bytes()


def test_what_it_depends_on_is_the_same(root, tmp_path, monkeypatch):
  monkeypatch.setattr(scoring.Scorer, "__call__", lambda *_: 1 / 0)
  output = tmp_path / "rows.csv"

  def message(kind="none", **options):
    with pytest.raises((ZeroDivisionError, FileExistsError)) as error:
      _write(root, kind, output, **options)
    return str(error.value)

  assert "division" in message()
  assert "division" in message()
  making.write_model(root / "other", alignment="none", seed=1)
  assert "begun with other model;" in message("other")
  assert "begun with other min_face;" in message(min_face=40.0)
  os.truncate(root / "b.png", os.path.getsize(root / "b.png") - 1)
  assert "begun with other inputs;" in message()
  assert "division" in message(overwrite=True)


def test_no_table_where_nothing_reads(root, tmp_path):
  layout.write_video(tmp_path / "a.avi", 0)
  with pytest.raises(ValueError, match="at least one frame in .*a.avi"):
    writing.write(
      folder.load(root / "none"), [tmp_path / "a.avi"], tmp_path / "rows.csv"
    )
  assert [path.name for path in tmp_path.iterdir()] == ["a.avi"]
