import cv2
import numpy as np

from aujax import preparation
from aujax.data import records
from aujax.data import table as table_lib
from aujax.preparation import overview


def table_of(names):
  names = np.array(names)
  labels = np.array([[1, -1], [0, -1], [-1, -1], [1, 0]])[: len(names)]
  frames = np.arange(len(names))
  return table_lib.Table((1, 12), names, labels, names, names, frames)


def test_summary():
  assert overview.summary(table_of(["a", "b", "c", "d"])).splitlines() == [
    "4 frames of 4 subjects",
    "AU01  present  66.7%  unknown  25.0%",
    "AU12  present   0.0%  unknown  75.0%",
  ]


def test_forecast_counts_missing_files_and_estimates_the_size(tmp_path):
  noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)
  for name in ("a.png", "b.png"):
    cv2.imwrite(str(tmp_path / name), noise)
  table = table_of(["a.png", "gone.avi#0", "gone.avi#1", "b.png"])
  recipe = preparation.Recipe(size=64)
  lines = overview.forecast(table, tmp_path, recipe).splitlines()
  assert lines[0] == "3 files in 2 units of work"
  assert lines[1].startswith("missing: 1 of them, with 2 rows, the first")
  assert lines[1].endswith("gone.avi")
  table = table_of(["a.png", "b.png"])
  preparation.prepare(table, tmp_path, tmp_path / "r", recipe, workers=1)
  source = records.open_(tmp_path / "r").source
  said = overview.forecast(table, tmp_path, recipe).splitlines()[-1]
  megabytes = (len(source[0]) + len(source[1])) / 1e6
  assert said.startswith(f"about {megabytes:.2f} MB, by 2 of them")


def test_nothing_is_said_where_nothing_was_skipped(tmp_path):
  assert overview.skipped(tmp_path) == ""
