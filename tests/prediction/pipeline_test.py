import dataclasses
import json

import numpy as np
import pytest

from aujax.models import folder
from aujax.prediction import cutting, inputs, parts, pipeline, rows, scoring
from tests.data import layout
from tests.faces import pictures
from tests.prediction import making


@pytest.fixture(scope="module")
def root(tmp_path_factory):
  """Two videos, of two faces and of one that leaves, and a picture."""
  root = tmp_path_factory.mktemp("inputs")
  two, _ = making.moving(10, seed=4, sizes=(130, 120))
  making.write_video(root / "a.avi", two)
  one, _ = making.moving(4)
  making.write_video(root / "b.avi", [*one, making.nobody(), *one])
  making.write_picture(root / "c.png", pictures.frame(2)[0])
  (root / "d.mp4").write_text("no video")
  making.write_model(root / "mtcnn")
  making.write_model(root / "none", alignment="none")
  return root


@pytest.fixture(scope="module", params=["mtcnn", "none"])
def tools(request, root):
  ensemble = folder.load(root / request.param)
  cut = cutting.create(ensemble, every=4)
  return cut, scoring.Scorer(ensemble, batch_size=5)


def _sources(root):
  return [parts.Source(str(path)) for path in inputs.expand([root])]


def _rows(steps):
  return [row for step in steps for row in step.rows]


def test_every_face_of_every_frame_has_a_row(root, tools):
  *_, last = steps = list(pipeline.run(_sources(root), *tools))
  found = _rows(steps)
  is_aligned = isinstance(tools[0], cutting.Aligned)
  faces = {"a.avi": [2] * 10, "b.avi": [1] * 4 + [0] + [1] * 4, "c.png": [1]}
  progress = last.progress
  assert progress.frames == 20
  assert progress.without_face == int(is_aligned)
  assert progress.failed.keys() == {str(root / "d.mp4")}
  for name, counts in faces.items():
    some = [row for row in found if row["input"] == str(root / name)]
    for frame, count in enumerate(counts if is_aligned else [1] * len(counts)):
      of_frame = [row for row in some if row["frame"] == frame]
      assert [row.get("face") for row in of_frame] == (
        list(range(count)) if count else [None]
      )
      assert all(r["timestamp"] == round(frame / 25, 6) for r in of_frame)
  names = set(rows.columns((1, 12)))
  if not is_aligned:
    names.remove("confidence")
  assert all(set(row) == names for row in found if "face" in row)


def test_scores_and_thresholds_are_the_models(root, tools):
  cut, scorer = tools
  (step,) = pipeline.run([_sources(root)[2]], cut, scorer)
  picture, _ = pictures.frame(2)
  (faces,), _ = cut([picture], is_video=False)
  (scores,) = scorer(faces.crops)
  (row,) = step.rows
  np.testing.assert_allclose(
    [row["AU01_score"], row["AU12_score"]], scores, atol=1e-6
  )
  present = (scores >= [0.5, 0.4]).tolist()
  assert [row["AU01"], row["AU12"]] == present
  box = [row[name] for name in ("x", "y", "width", "height")]
  np.testing.assert_allclose(box, faces.boxes[0], atol=0.006)


def test_goes_on_from_every_step_to_the_last_bit(root, tools):
  sources = _sources(root)
  steps = list(pipeline.run(sources, *tools))
  assert len(steps) > 3
  for number, step in enumerate(steps):
    said = json.loads(json.dumps(dataclasses.asdict(step.progress)))
    rest = pipeline.run(sources, *tools, progress=pipeline.Progress(**said))
    rest = list(rest)
    assert _rows(rest) == _rows(steps[number + 1 :])
    assert rest[-1].progress == steps[-1].progress


def test_rows_come_even_where_nobody_is(tmp_path, tools, monkeypatch):
  monkeypatch.setattr(pipeline, "_FRAMES", 8)
  making.write_video(tmp_path / "a.avi", [making.nobody()] * 20)
  steps = list(pipeline.run(_sources(tmp_path), *tools))
  assert len(steps) >= 3 and max(len(step.rows) for step in steps) <= 8


def test_few_shapes_are_scored(root, tools):
  cut, scorer = tools
  list(pipeline.run(_sources(root), cut, scorer))
  assert scorer._functions[0]._cache_size() <= 3  # 1, 4 and 5.


def test_only_what_does_not_read(tmp_path, tools):
  layout.write_video(tmp_path / "a.avi", 0)
  (step,) = pipeline.run(_sources(tmp_path), *tools)
  assert not step.rows and len(step.progress.failed) == 1


def test_no_input_at_all(tools):
  assert list(pipeline.run([], *tools)) == [
    pipeline.Step([], pipeline.Progress())
  ]
