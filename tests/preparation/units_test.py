import numpy as np

from aujax.data import table as table_lib
from aujax.preparation import units


def table_of(keys):
  keys = np.array(keys)
  frames = np.arange(len(keys))
  labels = np.zeros((len(keys), 0))
  return table_lib.Table((), keys, labels, keys, keys, frames)


def test_every_row_is_in_one_unit():
  keys = [f"{t}.png" for t in range(600)]
  keys += [f"{video}.avi#{t}" for t in (3, 0, 3) for video in "ab"]
  table = table_of(keys)
  table = table.select(np.random.default_rng(0).permutation(len(table)))
  found = units.split(table)
  assert sorted(len(unit.rows) for unit in found) == [3, 3, 88, 512]
  assert [unit.number for unit in found] == [0, 1, 2, 3]
  rows = np.concatenate([unit.rows for unit in found])
  assert sorted(rows) == list(range(len(table)))
  for unit in found:
    np.testing.assert_array_equal(unit.table.image, table.image[unit.rows])


def test_frames_of_a_video_rise():
  (unit,) = units.split(table_of(["a.avi#10", "a.avi#9", "a.avi#0"]))
  assert unit.table.image.tolist() == ["a.avi#0", "a.avi#9", "a.avi#10"]
  assert unit.files == "a.avi"
