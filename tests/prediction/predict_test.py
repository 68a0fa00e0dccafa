import subprocess
import sys

import jax
import numpy as np
import pandas as pd
import pytest

import aujax
from aujax.models import folder
from aujax.prediction import rows
from tests.faces import pictures
from tests.prediction import making


@pytest.fixture(scope="module")
def model(tmp_path_factory):
  path = tmp_path_factory.mktemp("predict")
  return making.write_model(path / "model")


@pytest.fixture(scope="module")
def square(tmp_path_factory):
  path = tmp_path_factory.mktemp("predict")
  return folder.load(making.write_model(path / "model", alignment="none"))


def test_arrays_of_one_size(model):
  images = np.stack([pictures.frame(2)[0], making.nobody()])
  table = aujax.predict(model, images)
  assert list(table.columns) == rows.columns((1, 12))
  assert table.input.tolist() == ["0", "1"]
  assert table.face.tolist() == [0, pd.NA]
  assert table.AU12_score[0] >= 0 and np.isnan(table.AU12_score[1])
  assert table.AU12.tolist() == [int(table.AU12_score[0] >= 0.4), pd.NA]
  assert table.width[0] > 80 and table.confidence[0] > 0.8


def test_arrays_of_several_sizes_and_paths(square, tmp_path):
  picture = pictures.frame(2)[0]
  making.write_picture(tmp_path / "a.png", picture)
  making.write_video(tmp_path / "b.avi", [picture] * 3)
  table = aujax.predict(square, [picture[:50], tmp_path, str(tmp_path / "*g")])
  a, b = (str(tmp_path / name) for name in ("a.png", "b.avi"))
  assert table.input.tolist() == ["0", a, b, b, b, a]
  assert table.frame.tolist() == [0, 0, 0, 1, 2, 0]
  assert table.height.tolist() == [50.0] + [240.0] * 5
  assert table.confidence.isna().all()
  alone = aujax.predict(square, tmp_path / "a.png")
  expected = table[1:2].reset_index(drop=True)
  pd.testing.assert_frame_equal(alone, expected, atol=2e-6)


def test_nothing_gives_an_empty_table(square):
  for nothing in ([], np.zeros((0, 9, 9, 3), np.uint8)):
    table = aujax.predict(square, nothing)
    assert not len(table) and list(table.columns) == rows.columns((1, 12))
    assert table.dtypes["face"] == "Int64"


def test_a_second_call_compiles_nothing(square, caplog):
  images = np.zeros((3, 30, 30, 3), np.uint8)
  aujax.predict(square, images)
  with jax.log_compiles():
    aujax.predict(square, images + 1)
    assert not caplog.records
    aujax.predict(square, images, batch_size=2)
    assert caplog.records


@pytest.mark.parametrize(
  ("images", "message"),
  [
    (np.zeros((9, 9, 3), np.uint8), r"shape \[9, 3\] at place 0; give \[n"),
    (np.zeros((1, 9, 9, 3)), "got float64 of shape"),
    ([np.zeros((9, 9, 4), np.uint8)], r"got uint8 of shape \[9, 9, 4\]"),
  ],
)
def test_what_is_no_picture_is_one_sentence(square, images, message):
  with pytest.raises(ValueError, match=message):
    aujax.predict(square, images)


def test_a_file_that_does_not_read_is_one_sentence(square, tmp_path):
  (tmp_path / "a.mp4").write_text("no video")
  with pytest.raises(ValueError, match="video that OpenCV decodes in .*a.mp4"):
    aujax.predict(square, tmp_path)
  with pytest.raises(FileNotFoundError, match="nowhere.png"):
    aujax.predict(square, "nowhere.png")


def test_the_package_is_imported_without_what_predicting_needs():
  code = (
    "import sys, aujax; heavy = {'jax', 'cv2', 'pandas'};"
    "assert not heavy & set(sys.modules); aujax.predict;"
    "assert heavy <= set(sys.modules)"
  )
  subprocess.run([sys.executable, "-c", code], check=True)
  with pytest.raises(AttributeError, match="no attribute 'predicd'"):
    aujax.predicd  # noqa: B018
