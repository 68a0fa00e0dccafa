import os
import pickle
import signal
import subprocess
import sys

import cv2
import numpy as np
import pytest
import tensorflow_datasets as tfds
from tensorflow_datasets.proto import tf_example_pb2

from aujax.data import disfa, images, records
from tests.data import layout

AUS = (1, 2, 12)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
  root = tmp_path_factory.mktemp("disfa")
  layout.write_disfa(root, ["SN001", "SN002", "SN003"], AUS, rows=8, truth=True)
  return root


@pytest.fixture
def table(root):
  return disfa.read(root, aus=AUS)


def test_reads_back_every_row_in_order(root, table, tmp_path):
  # Neither sorted nor complete: rows keep the table's order.
  table = table.select(np.array([20, 3, 4, 9, 0, 23, 23]))
  assert records.write(table, root, tmp_path / "r", size=32, num_shards=3)
  opened = records.open_(tmp_path / "r")
  assert opened.table.digest() == table.digest()
  assert opened.size == 32 and len(opened.source) == 7
  for row in range(7):
    picture = records.decode(opened.source[row])
    assert picture.shape == (32, 32, 3) and picture.dtype == np.uint8
    assert layout.painted_index(picture) == table.frame[row] - 1
    assert picture[16, 28, 1] > 150 and picture[16, 28, 0] < 60  # Green.


def test_lossless_pictures_are_exact(root, table, tmp_path):
  table = table.select(slice(3))
  records.write(table, root, tmp_path / "r", size=20, lossless=True)
  source = records.open_(tmp_path / "r").source
  expected = [images.square(p, 20) for p in images.read(root, table.image)]
  for row in range(3):
    np.testing.assert_array_equal(records.decode(source[row]), expected[row])


def test_colours_survive_jpeg(tmp_path):
  picture = np.full((32, 32, 3), (200, 90, 20), np.uint8)  # Blue first.
  cv2.imwrite(str(tmp_path / "a.png"), picture)
  name = np.array(["a"])
  table = records.table_lib.Table(
    (1,), np.array(["a.png"]), np.ones((1, 1)), name, name, np.array([1])
  )
  records.write(table, tmp_path, tmp_path / "r", size=32)
  decoded = records.decode(records.open_(tmp_path / "r").source[0])
  np.testing.assert_allclose(decoded, picture[..., ::-1], atol=3)


def test_tfds_reads_the_folder(root, table, tmp_path):
  records.write(table, root, tmp_path / "r", size=16)
  builder = tfds.builder_from_directory(str(tmp_path / "r"))
  example = builder.as_data_source("train")[11]
  assert example["image"].shape == (16, 16, 3)
  np.testing.assert_array_equal(example["labels"], table.labels[11])
  np.testing.assert_array_equal(example["truth"], table.truth[11])
  assert example["subject"] == b"SN002" and example["frame"] == 4
  assert "AU01, AU02, AU12" in builder.info.description


# One, two and three bytes for the picture's length.
@pytest.mark.parametrize("size", [1, 32, 144])
def test_pictures_are_those_of_the_examples(tmp_path, size):
  noise = np.random.default_rng(0).integers(0, 256, (size, size, 3), np.uint8)
  cv2.imwrite(str(tmp_path / "a.png"), noise)
  # Features around the picture that look like it.
  names = np.array(["image", "\n\x05image", "a" * 300])
  table = records.table_lib.Table(
    (1,), np.array(["a.png"] * 3), np.ones((3, 1)), names, names, np.arange(3)
  )
  records.write(table, tmp_path, tmp_path / "r", size=size, lossless=True)
  source = records.open_(tmp_path / "r").source
  for row in range(3):
    example = tf_example_pb2.Example.FromString(source._records[row])
    (expected,) = example.features.feature["image"].bytes_list.value
    assert source[row] == expected


def test_source_pickles(root, table, tmp_path):
  records.write(table, root, tmp_path / "r", size=16)
  opened = records.open_(tmp_path / "r")
  again = pickle.loads(pickle.dumps(opened))
  assert again.source[5] == opened.source[5]
  assert "r" in repr(again.source)


def test_number_of_shards(root, table, tmp_path):
  records.write(table, root, tmp_path / "r", size=16, num_shards=4)
  assert len(list((tmp_path / "r").glob("*array_record*"))) == 4


def test_same_request_keeps_and_another_is_refused(root, table, tmp_path):
  target = tmp_path / "r"
  assert records.write(table, root, target, size=16)
  before = (target / "records.json").stat().st_mtime_ns
  assert not records.write(table, root, target, size=16)
  assert (target / "records.json").stat().st_mtime_ns == before
  with pytest.raises(FileExistsError, match="size; .*--overwrite"):
    records.write(table, root, target, size=24)
  with pytest.raises(FileExistsError, match="encoding"):
    records.write(table, root, target, size=16, quality=80)
  with pytest.raises(FileExistsError, match="frames, table, files"):
    records.write(table.select(slice(2)), root, target, size=16)
  assert records.open_(target).size == 16
  assert records.write(table, root, target, size=24, overwrite=True)
  assert records.open_(target).size == 24
  assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_other_folders_are_never_replaced(root, table, tmp_path):
  (tmp_path / "photos").mkdir()
  (tmp_path / "photos" / "a.png").write_text("x")
  (tmp_path / "file").write_text("x")
  for name in ("photos", "file"):
    with pytest.raises(FileExistsError, match="other things"):
      records.write(table, root, tmp_path / name, size=16, overwrite=True)
  assert (tmp_path / "photos" / "a.png").exists()
  (tmp_path / "empty").mkdir()
  assert records.write(table, root, tmp_path / "empty", size=16)


def test_a_video_that_ends_early_leaves_the_old_records(tmp_path):
  layout.write_disfa(tmp_path, ["SN001"], AUS, rows=8)
  table = disfa.read(tmp_path, aus=AUS)
  records.write(table, tmp_path, tmp_path / "r", size=16)
  video = tmp_path / "Videos_LeftCamera" / "LeftVideoSN001_comp.avi"
  layout.write_video(video, 5)
  with pytest.raises(ValueError, match="expected 8 frames in .*SN001.*after 5"):
    records.write(table, tmp_path, tmp_path / "r", size=24, overwrite=True)
  assert records.open_(tmp_path / "r").size == 16
  assert not (tmp_path / ".r.incomplete").exists()
  video.unlink()
  with pytest.raises(FileNotFoundError, match="LeftVideoSN001_comp.avi"):
    records.write(table, tmp_path, tmp_path / "r2", size=16)
  assert not (tmp_path / "r2").exists()


KILLED = """
import os, signal, sys
from aujax.data import array_records, disfa, images, records
read = images.read
def read_until_killed(root, keys):
  for number, picture in enumerate(read(root, keys)):
    if number == 20:
      os.kill(os.getpid(), signal.SIGKILL)
    yield picture
images.read = read_until_killed
array_records._CHUNK = 4
table = disfa.read(sys.argv[1], aus=(1, 2, 12))
records.write(table, sys.argv[1], sys.argv[2], size=32, overwrite=True)
"""


def test_killed_while_writing(root, table, tmp_path):
  target = tmp_path / "r"
  records.write(table, root, target, size=16)
  command = [sys.executable, "-c", KILLED, str(root), str(target)]
  done = subprocess.run(command, cwd=os.getcwd(), check=False)
  assert done.returncode == -signal.SIGKILL
  assert (tmp_path / ".r.incomplete").exists()
  assert records.open_(target).size == 16
  assert records.write(table, root, target, size=32, overwrite=True)
  assert records.open_(target).size == 32
  assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_not_a_records_folder(root, table, tmp_path):
  with pytest.raises(FileNotFoundError, match="nowhere.*aujax-prepare"):
    records.open_(tmp_path / "nowhere")
  with pytest.raises(ValueError, match="without a readable records.json"):
    records.open_(tmp_path)
  (tmp_path / "records.json").write_text("{")
  with pytest.raises(ValueError, match="without a readable records.json"):
    records.open_(tmp_path)
  records.write(table, root, tmp_path / "r", size=16)
  half = table.select(slice(5))
  records.table_lib.write_parquet(half, tmp_path / "r" / "table.parquet")
  with pytest.raises(ValueError, match="24 frames.*5 rows and 24 pictures"):
    records.open_(tmp_path / "r")


def test_wrong_options_are_refused(root, table, tmp_path):
  for options in ({"size": 0}, {"quality": 101}, {"num_shards": -1}):
    with pytest.raises(ValueError, match="expected"):
      records.write(table, root, tmp_path / "r", **{"size": 16, **options})
  with pytest.raises(ValueError, match="at least one frame"):
    records.write(table.select(slice(0)), root, tmp_path / "r", size=16)
  with pytest.raises(ValueError, match="3 bytes"):
    records.decode(b"abc")
